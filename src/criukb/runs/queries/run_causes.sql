-- Failures of each run by cause; those that no entry knows have none.
SELECT
  run_id,
  cause,
  COUNT(*) AS failures
FROM results
WHERE outcome IN ('fail', 'timeout', 'aborted')
  AND ((started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL))
GROUP BY run_id, cause
ORDER BY run_id, cause
