-- Skipped tests by reason.
SELECT
  skip_reason,
  COUNT(DISTINCT test) AS tests,
  COUNT(*) AS skips
FROM results
WHERE outcome = 'skip'
  AND ((started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL))
GROUP BY skip_reason
ORDER BY tests DESC, skip_reason
