-- The outcomes of each test in the order of a job's runs, as streaks: a test changes where one streak follows another.
-- Only tests that failed; several results of one run count once, failed when one of them failed. until_first and
-- since_last count the job's runs up to the first and after the last failure of the test in any job.
-- Runs and cases get numbers first: to order millions of results by numbers is several times as fast as by texts.
WITH runs AS (
  SELECT
    run_id,
    job,
    variant,
    started_at,
    ROW_NUMBER() OVER (ORDER BY started_at, run_id) AS number
  FROM (
    SELECT DISTINCT
      run_id,
      job,
      variant,
      started_at
    FROM results
    WHERE started_at >= $since
      AND started_at < $until
      AND NOT list_contains($without_runs, run_id)
  ) AS facts
),
cases AS (
  SELECT
    job,
    variant,
    test,
    flavor,
    first_failure,
    last_failure,
    ROW_NUMBER() OVER (ORDER BY job, variant, test, flavor) AS number
  FROM (
    SELECT
      job,
      variant,
      test,
      flavor,
      MIN(MIN(started_at)) OVER (PARTITION BY test, flavor) AS first_failure,
      MAX(MAX(started_at)) OVER (PARTITION BY test, flavor) AS last_failure
    FROM results
    WHERE outcome IN ('fail', 'timeout', 'aborted')
      AND started_at >= $since
      AND started_at < $until
      AND NOT list_contains($without_runs, run_id)
      AND NOT list_contains($without_causes, COALESCE(cause, ''))
    GROUP BY job, variant, test, flavor
  ) AS failing
),
by_run AS (
  SELECT
    c.number AS case_number,
    u.number AS run_number,
    MAX(CASE WHEN r.outcome = 'pass' THEN 0 ELSE 1 END) AS failed,
    MAX(CASE WHEN u.started_at <= c.first_failure THEN 1 ELSE 0 END) AS is_before,
    MAX(CASE WHEN u.started_at > c.last_failure THEN 1 ELSE 0 END) AS is_since
  FROM results AS r
  INNER JOIN runs AS u
    ON r.run_id = u.run_id
  INNER JOIN cases AS c
    ON r.job = c.job
    AND r.test = c.test
    AND r.variant IS NOT DISTINCT FROM c.variant
    AND r.flavor IS NOT DISTINCT FROM c.flavor
  WHERE r.outcome IN ('pass', 'fail', 'timeout', 'aborted')
    AND NOT (r.outcome <> 'pass' AND list_contains($without_causes, COALESCE(r.cause, '')))
  GROUP BY c.number, u.number
),
placed AS (
  SELECT
    case_number,
    run_number,
    failed,
    is_before,
    is_since,
    ROW_NUMBER() OVER (PARTITION BY case_number ORDER BY run_number) AS place,
    ROW_NUMBER() OVER (PARTITION BY case_number, failed ORDER BY run_number) AS own_place
  FROM by_run
),
islands AS (
  SELECT
    case_number,
    failed,
    COUNT(*) AS length,
    SUM(is_before) AS before,
    SUM(is_since) AS since,
    MAX(place) AS last_place,
    MIN(run_number) AS first_run,
    MAX(run_number) AS last_run
  FROM placed
  GROUP BY case_number, failed, place - own_place
),
streaks AS (
  SELECT
    i.case_number,
    i.failed,
    i.length,
    i.before,
    i.since,
    CASE WHEN i.last_place = MAX(i.last_place) OVER (PARTITION BY i.case_number) THEN 1 ELSE 0 END AS is_last,
    f.started_at AS first_at,
    l.started_at AS last_at
  FROM islands AS i
  INNER JOIN runs AS f
    ON i.first_run = f.number
  INNER JOIN runs AS l
    ON i.last_run = l.number
)
SELECT
  c.job,
  c.variant,
  c.test,
  c.flavor,
  CAST(SUM(s.length) AS BIGINT) AS runs,
  CAST(SUM(s.length * s.failed) AS BIGINT) AS n_failed,
  COUNT(*) - 1 AS flips,
  CAST(SUM(s.before) AS BIGINT) AS until_first,
  CAST(SUM(s.since) AS BIGINT) AS since_last,
  MAX(s.length * s.failed * s.is_last) AS current_failed,
  MAX(s.length * (1 - s.failed) * s.is_last) AS current_passed,
  MAX(s.length * s.failed) AS longest_failed,
  MAX(s.length * (1 - s.failed)) AS longest_passed,
  MIN(CASE WHEN s.failed = 1 THEN s.first_at END) AS first_failed_at,
  MAX(CASE WHEN s.failed = 1 THEN s.last_at END) AS last_failed_at
FROM streaks AS s
INNER JOIN cases AS c
  ON s.case_number = c.number
GROUP BY c.job, c.variant, c.test, c.flavor
ORDER BY c.test, c.flavor, c.job, c.variant
