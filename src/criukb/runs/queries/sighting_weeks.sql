-- Failures of each cause and of each group of unknown failures by ISO week (its Monday, UTC).
SELECT
  CASE WHEN cause IS NULL THEN 'unknown' ELSE 'entry' END AS kind,
  COALESCE(cause, unknown_key, '') AS name,
  DATE_TRUNC('week', started_at) AS week,
  COUNT(*) AS failures,
  COUNT(DISTINCT run_id) AS runs
FROM results
WHERE outcome IN ('fail', 'timeout', 'aborted')
  AND started_at >= $since
  AND started_at < $until
GROUP BY
  CASE WHEN cause IS NULL THEN 'unknown' ELSE 'entry' END,
  COALESCE(cause, unknown_key, ''),
  DATE_TRUNC('week', started_at)
ORDER BY kind, name, week
