-- Durations of passes before and from $split on, of each test within a job: at most the latest 50 on each side.
SELECT
  job,
  variant,
  test,
  flavor,
  is_recent,
  ARRAY_SORT(ARRAY_AGG(duration_s)) AS seconds
FROM (
  SELECT
    job,
    variant,
    test,
    flavor,
    started_at >= $split AS is_recent,
    duration_s,
    ROW_NUMBER() OVER (
      PARTITION BY job, variant, test, flavor, started_at >= $split
      ORDER BY started_at DESC, run_id, invocation, duration_s
    ) AS place
  FROM results
  WHERE outcome = 'pass'
    AND duration_s IS NOT NULL
    AND started_at >= $since
    AND started_at < $until
) AS placed
WHERE place <= 50
GROUP BY job, variant, test, flavor, is_recent
ORDER BY job, variant, test, flavor, is_recent
