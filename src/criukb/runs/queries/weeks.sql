-- Results of each ISO week (its Monday, UTC) by outcome; first attempts only, since a retry follows a failure.
SELECT
  DATE_TRUNC('week', started_at) AS week,
  COUNT(DISTINCT run_id) AS runs,
  COUNT(DISTINCT job) AS jobs,
  COUNT(CASE WHEN outcome = 'pass' THEN 1 END) AS n_pass,
  COUNT(CASE WHEN outcome IN ('fail', 'timeout', 'aborted') THEN 1 END) AS n_failed,
  COUNT(CASE WHEN outcome = 'skip' THEN 1 END) AS n_skip,
  COUNT(CASE WHEN outcome = 'not-run' THEN 1 END) AS n_not_run,
  COUNT(CASE WHEN verdict = 'known' THEN 1 END) AS n_known,
  COUNT(CASE WHEN verdict = 'unknown' THEN 1 END) AS n_unknown
FROM results
WHERE started_at >= $since
  AND started_at < $until
  AND COALESCE(attempt, 1) = 1
GROUP BY DATE_TRUNC('week', started_at)
ORDER BY week
