-- Failures that no entry knows, by their masked message, with what is needed to join such groups afterwards.
SELECT
  unknown_key,
  COUNT(*) AS failures,
  ARRAY_SORT(ARRAY_AGG(DISTINCT test)) AS tests,
  ARRAY_SORT(ARRAY_AGG(DISTINCT run_id)) AS runs,
  MIN(started_at) AS first_seen,
  MAX(started_at) AS last_seen,
  MIN(phase) AS phase,
  MIN(log_excerpt) AS excerpt
FROM results
WHERE outcome IN ('fail', 'timeout', 'aborted')
  AND verdict = 'unknown'
  AND unknown_key IS NOT NULL
  AND ((started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL))
GROUP BY unknown_key
ORDER BY unknown_key
