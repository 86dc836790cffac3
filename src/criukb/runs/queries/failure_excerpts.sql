-- Every different log excerpt of a failure, for asking which of CRIU's calls were seen.
SELECT DISTINCT log_excerpt AS excerpt
FROM results
WHERE outcome IN ('fail', 'timeout', 'aborted')
  AND log_excerpt IS NOT NULL
  AND ((started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL))
ORDER BY excerpt
