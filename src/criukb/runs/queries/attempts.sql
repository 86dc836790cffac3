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
judged AS (
  SELECT
    run_id,
    invocation,
    test,
    flavor,
    MAX(CASE WHEN outcome = 'pass' THEN 0 ELSE 1 END) AS failed
  FROM results
  WHERE outcome IN ('pass', 'fail', 'timeout', 'aborted')
    AND attempt <= 2
    AND started_at >= $since
    AND started_at < $until
  GROUP BY run_id, invocation, test, flavor
)
SELECT
  a.test,
  a.flavor,
  COUNT(CASE WHEN a.failed = 1 AND b.failed = 1 THEN 1 END) AS both_failed,
  COUNT(CASE WHEN a.failed = 1 AND b.failed = 0 THEN 1 END) AS first_only,
  COUNT(CASE WHEN a.failed = 0 AND b.failed = 1 THEN 1 END) AS second_only,
  COUNT(CASE WHEN a.failed = 0 AND b.failed = 0 THEN 1 END) AS none
FROM pairs AS p
INNER JOIN judged AS a
  ON p.first_run = a.run_id
INNER JOIN judged AS b
  ON p.second_run = b.run_id
  AND a.invocation = b.invocation
  AND a.test = b.test
  AND a.flavor IS NOT DISTINCT FROM b.flavor
WHERE p.place = 1
GROUP BY a.test, a.flavor
ORDER BY a.test, a.flavor
