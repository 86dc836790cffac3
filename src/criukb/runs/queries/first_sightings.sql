-- When each cause and each group of unknown failures was first seen.
SELECT
  CASE WHEN cause IS NULL THEN 'unknown' ELSE 'entry' END AS kind,
  COALESCE(cause, unknown_key, '') AS name,
  MIN(started_at) AS first_seen
FROM results
WHERE outcome IN ('fail', 'timeout', 'aborted')
  AND started_at >= $since
  AND started_at < $until
GROUP BY CASE WHEN cause IS NULL THEN 'unknown' ELSE 'entry' END, COALESCE(cause, unknown_key, '')
ORDER BY kind, name
