-- Judged results of each test without the runs and the causes that say nothing about it.
SELECT
  test,
  flavor,
  COUNT(CASE WHEN outcome <> 'pass' THEN 1 END) AS n_failed,
  COUNT(*) AS n_ran
FROM results
WHERE outcome IN ('pass', 'fail', 'timeout', 'aborted')
  AND ((started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL))
  AND NOT list_contains($without_runs, run_id)
  AND NOT (outcome <> 'pass' AND list_contains($without_causes, COALESCE(cause, '')))
GROUP BY test, flavor
ORDER BY n_failed DESC, test, flavor
