-- Results of each test and flavor over the window. Only results that ran (pass or failed) make a rate.
SELECT
  test,
  flavor,
  COUNT(DISTINCT run_id) AS runs,
  COUNT(CASE WHEN outcome = 'pass' THEN 1 END) AS n_pass,
  COUNT(CASE WHEN outcome IN ('fail', 'timeout', 'aborted') THEN 1 END) AS n_failed,
  COUNT(CASE WHEN outcome = 'skip' THEN 1 END) AS n_skip,
  COUNT(CASE WHEN outcome = 'not-run' THEN 1 END) AS n_not_run,
  COUNT(CASE WHEN verdict = 'known' THEN 1 END) AS n_known,
  COUNT(CASE WHEN verdict = 'unknown' THEN 1 END) AS n_unknown
FROM results
WHERE (started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL)
GROUP BY test, flavor
ORDER BY n_failed DESC, test, flavor
