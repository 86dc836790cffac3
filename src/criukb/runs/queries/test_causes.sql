-- Failures of each test by cause; those that no entry knows have none.
SELECT
  test,
  flavor,
  cause,
  COUNT(*) AS failures,
  COUNT(DISTINCT run_id) AS runs
FROM results
WHERE outcome IN ('fail', 'timeout', 'aborted')
  AND ((started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL))
  AND NOT list_contains($without_runs, run_id)
GROUP BY test, flavor, cause
ORDER BY test, flavor, failures DESC, cause
