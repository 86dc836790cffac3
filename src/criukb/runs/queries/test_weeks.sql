-- Judged results of each week, for the tests that failed at least once; first attempts only.
SELECT
  test,
  flavor,
  week,
  n_failed,
  n_ran
FROM (
  SELECT
    *,
    MAX(n_failed) OVER (PARTITION BY test, flavor) AS worst
  FROM (
    SELECT
      test,
      flavor,
      DATE_TRUNC('week', started_at) AS week,
      COUNT(CASE WHEN outcome <> 'pass' THEN 1 END) AS n_failed,
      COUNT(*) AS n_ran
    FROM results
    WHERE outcome IN ('pass', 'fail', 'timeout', 'aborted')
      AND started_at >= $since
      AND started_at < $until
      AND COALESCE(attempt, 1) = 1
      AND NOT list_contains($without_runs, run_id)
      AND NOT (outcome <> 'pass' AND list_contains($without_causes, COALESCE(cause, '')))
    GROUP BY test, flavor, DATE_TRUNC('week', started_at)
  ) AS weekly
) AS marked
WHERE worst > 0
ORDER BY test, flavor, week
