-- Failures by cause; unknown failures by their masked message.
SELECT
  cause,
  unknown_key,
  COUNT(*) AS failures,
  COUNT(DISTINCT run_id) AS runs,
  COUNT(DISTINCT test) AS tests,
  MIN(test) AS example_test
FROM results
WHERE outcome IN ('fail', 'timeout', 'aborted')
  AND ((started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL))
GROUP BY cause, unknown_key
ORDER BY failures DESC, cause, unknown_key
