-- Skipped tests by reason.
SELECT
  COALESCE(skip_reason, '') AS reason,
  COUNT(*) AS skips
FROM results
WHERE outcome = 'skip'
  AND ((started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL))
GROUP BY COALESCE(skip_reason, '')
ORDER BY skips DESC, reason
