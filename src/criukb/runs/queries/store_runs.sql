-- What the store holds: one row per run.
SELECT
  run_id,
  MIN(job) AS job,
  MIN(started_at) AS started_at,
  MIN(criu_version) AS criu_version,
  MIN(kernel) AS kernel,
  MIN(source) AS source,
  MAX(CASE WHEN synthetic THEN 1 ELSE 0 END) AS synthetic,
  COUNT(*) AS results,
  COUNT(CASE WHEN outcome IN ('fail', 'timeout', 'aborted') THEN 1 END) AS failures
FROM results
WHERE (started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL)
GROUP BY run_id
ORDER BY started_at, job, run_id
