-- Each test in a second attempt against the last first attempt before it, of equal configuration and commit.
WITH runs AS (
  SELECT
    run_id,
    MIN(job) AS job,
    MIN(criu_version) AS criu_version,
    MIN(kernel) AS kernel,
    MIN(arch) AS arch,
    MIN(distro) AS distro,
    MIN(variant) AS variant,
    MIN(commit) AS commit,
    MIN(attempt) AS attempt,
    MIN(started_at) AS started_at
  FROM results
  WHERE attempt <= 2
    AND commit IS NOT NULL
    AND started_at >= $since
    AND started_at < $until
  GROUP BY run_id
),
pairs AS (
  SELECT
    a.run_id AS first_run,
    b.run_id AS second_run,
    ROW_NUMBER() OVER (PARTITION BY b.run_id ORDER BY a.started_at DESC, a.run_id DESC) AS place
  FROM runs AS a
  INNER JOIN runs AS b
    ON a.job = b.job
    AND a.commit = b.commit
    AND a.criu_version IS NOT DISTINCT FROM b.criu_version
    AND a.kernel IS NOT DISTINCT FROM b.kernel
    AND a.arch IS NOT DISTINCT FROM b.arch
    AND a.distro IS NOT DISTINCT FROM b.distro
    AND a.variant IS NOT DISTINCT FROM b.variant
  WHERE a.attempt = 1
    AND b.attempt = 2
    AND a.started_at <= b.started_at
),
members AS (
  SELECT first_run AS run_id, second_run AS pair, 0 AS is_second FROM pairs WHERE place = 1
  UNION ALL
  SELECT second_run AS run_id, second_run AS pair, 1 AS is_second FROM pairs WHERE place = 1
),
numbered AS (
  SELECT
    run_id,
    is_second,
    DENSE_RANK() OVER (ORDER BY pair) AS pair
  FROM members
),
judged AS (
  SELECT
    r.test,
    r.flavor,
    MAX(CASE WHEN m.is_second = 0 THEN CASE WHEN r.outcome = 'pass' THEN 0 ELSE 1 END END) AS first_failed,
    MAX(CASE WHEN m.is_second = 1 THEN CASE WHEN r.outcome = 'pass' THEN 0 ELSE 1 END END) AS second_failed
  FROM results AS r
  INNER JOIN numbered AS m
    ON r.run_id = m.run_id
  WHERE r.outcome IN ('pass', 'fail', 'timeout', 'aborted')
  GROUP BY m.pair, r.invocation, r.test, r.flavor
)
SELECT
  test,
  flavor,
  COUNT(CASE WHEN first_failed = 1 AND second_failed = 1 THEN 1 END) AS both_failed,
  COUNT(CASE WHEN first_failed = 1 AND second_failed = 0 THEN 1 END) AS first_only,
  COUNT(CASE WHEN first_failed = 0 AND second_failed = 1 THEN 1 END) AS second_only,
  COUNT(CASE WHEN first_failed = 0 AND second_failed = 0 THEN 1 END) AS none
FROM judged
WHERE first_failed IS NOT NULL
  AND second_failed IS NOT NULL
GROUP BY test, flavor
ORDER BY test, flavor
