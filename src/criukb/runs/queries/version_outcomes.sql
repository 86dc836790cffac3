-- Results by CRIU version, each with its number of runs.
SELECT
  criu_version,
  COUNT(DISTINCT run_id) AS runs,
  COUNT(*) AS results,
  COUNT(CASE WHEN outcome = 'pass' THEN 1 END) AS n_pass,
  COUNT(CASE WHEN outcome = 'fail' THEN 1 END) AS n_fail,
  COUNT(CASE WHEN outcome = 'timeout' THEN 1 END) AS n_timeout,
  COUNT(CASE WHEN outcome = 'aborted' THEN 1 END) AS n_aborted,
  COUNT(CASE WHEN outcome = 'skip' THEN 1 END) AS n_skip,
  COUNT(CASE WHEN outcome = 'not-run' THEN 1 END) AS n_not_run,
  COUNT(CASE WHEN verdict = 'known' THEN 1 END) AS n_known,
  COUNT(CASE WHEN verdict = 'unknown' THEN 1 END) AS n_unknown
FROM results
WHERE (started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL)
GROUP BY criu_version
ORDER BY criu_version
