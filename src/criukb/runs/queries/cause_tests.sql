-- The tests that failed with one of some causes.
SELECT DISTINCT test
FROM results
WHERE outcome IN ('fail', 'timeout', 'aborted')
  AND list_contains($causes, cause)
  AND ((started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL))
ORDER BY test
