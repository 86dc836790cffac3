-- The outcomes of each test in the order of a job's runs, as streaks: a test changes where one streak follows another.
-- Only tests that failed; several results of one run count once, failed when one of them failed. until_first and
-- since_last count the job's runs up to the first and after the last failure of the test in any job.
WITH judged AS (
  SELECT
    job,
    variant,
    test,
    flavor,
    run_id,
    started_at,
    CASE WHEN outcome = 'pass' THEN 0 ELSE 1 END AS failed
  FROM results
  WHERE outcome IN ('pass', 'fail', 'timeout', 'aborted')
    AND started_at >= $since
    AND started_at < $until
    AND NOT list_contains($without_runs, run_id)
    AND NOT (outcome <> 'pass' AND list_contains($without_causes, COALESCE(cause, '')))
),
failing AS (
  SELECT DISTINCT
    job,
    variant,
    test,
    flavor
  FROM judged
  WHERE failed = 1
),
by_run AS (
  SELECT
    j.job,
    j.variant,
    j.test,
    j.flavor,
    j.run_id,
    j.started_at,
    MAX(j.failed) AS failed
  FROM judged AS j
  INNER JOIN failing AS f
    ON j.job = f.job
    AND j.test = f.test
    AND j.variant IS NOT DISTINCT FROM f.variant
    AND j.flavor IS NOT DISTINCT FROM f.flavor
  GROUP BY j.job, j.variant, j.test, j.flavor, j.run_id, j.started_at
),
placed AS (
  SELECT
    job,
    variant,
    test,
    flavor,
    failed,
    started_at,
    ROW_NUMBER() OVER (PARTITION BY job, variant, test, flavor ORDER BY started_at, run_id) AS place,
    ROW_NUMBER() OVER (PARTITION BY job, variant, test, flavor, failed ORDER BY started_at, run_id) AS own_place,
    COUNT(*) OVER (PARTITION BY job, variant, test, flavor) AS total,
    CASE
      WHEN started_at <= MIN(CASE WHEN failed = 1 THEN started_at END) OVER (PARTITION BY test, flavor) THEN 1 ELSE 0
    END AS is_before,
    CASE
      WHEN started_at > MAX(CASE WHEN failed = 1 THEN started_at END) OVER (PARTITION BY test, flavor) THEN 1 ELSE 0
    END AS is_since
  FROM by_run
),
streaks AS (
  SELECT
    job,
    variant,
    test,
    flavor,
    failed,
    COUNT(*) AS length,
    SUM(is_before) AS before,
    SUM(is_since) AS since,
    MAX(CASE WHEN place = total THEN 1 ELSE 0 END) AS is_last,
    MIN(started_at) AS first_at,
    MAX(started_at) AS last_at
  FROM placed
  GROUP BY job, variant, test, flavor, failed, place - own_place
)
SELECT
  job,
  variant,
  test,
  flavor,
  CAST(SUM(length) AS BIGINT) AS runs,
  CAST(SUM(length * failed) AS BIGINT) AS n_failed,
  COUNT(*) - 1 AS flips,
  CAST(SUM(before) AS BIGINT) AS until_first,
  CAST(SUM(since) AS BIGINT) AS since_last,
  MAX(length * failed * is_last) AS current_failed,
  MAX(length * (1 - failed) * is_last) AS current_passed,
  MAX(length * failed) AS longest_failed,
  MAX(length * (1 - failed)) AS longest_passed,
  MIN(CASE WHEN failed = 1 THEN first_at END) AS first_failed_at,
  MAX(CASE WHEN failed = 1 THEN last_at END) AS last_failed_at
FROM streaks
GROUP BY job, variant, test, flavor
ORDER BY test, flavor, job, variant
