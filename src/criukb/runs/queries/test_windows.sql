-- Judged results of each test before and from $split on, from the jobs that judged it in both; first attempts only.
SELECT
  test,
  flavor,
  CAST(SUM(before_failed) AS BIGINT) AS before_failed,
  CAST(SUM(before_ran) AS BIGINT) AS before_ran,
  CAST(SUM(after_failed) AS BIGINT) AS after_failed,
  CAST(SUM(after_ran) AS BIGINT) AS after_ran
FROM (
  SELECT
    job,
    variant,
    test,
    flavor,
    COUNT(CASE WHEN started_at < $split AND outcome <> 'pass' THEN 1 END) AS before_failed,
    COUNT(CASE WHEN started_at < $split THEN 1 END) AS before_ran,
    COUNT(CASE WHEN started_at >= $split AND outcome <> 'pass' THEN 1 END) AS after_failed,
    COUNT(CASE WHEN started_at >= $split THEN 1 END) AS after_ran
  FROM results
  WHERE outcome IN ('pass', 'fail', 'timeout', 'aborted')
    AND started_at >= $since
    AND started_at < $until
    AND COALESCE(attempt, 1) = 1
    AND NOT list_contains($without_runs, run_id)
    AND NOT (outcome <> 'pass' AND list_contains($without_causes, COALESCE(cause, '')))
  GROUP BY job, variant, test, flavor
) AS by_job
WHERE before_ran > 0
  AND after_ran > 0
GROUP BY test, flavor
ORDER BY test, flavor
