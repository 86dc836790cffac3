-- Tests that failed, by the groups of two and more runs of equal configuration and commit that judged them: how many
-- there are, and how many hold passes and failures. Runs without a commit are left out: they may differ in their code.
WITH runs AS (
  SELECT
    run_id,
    commit,
    ROW_NUMBER() OVER (ORDER BY run_id) AS number,
    DENSE_RANK() OVER (ORDER BY job, criu_version, kernel, arch, distro, variant, commit) AS configuration
  FROM (
    SELECT DISTINCT
      run_id,
      job,
      criu_version,
      kernel,
      arch,
      distro,
      variant,
      commit
    FROM results
    WHERE commit IS NOT NULL
      AND ((started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL))
      AND NOT list_contains($without_runs, run_id)
  ) AS facts
),
failing AS (
  SELECT DISTINCT
    test,
    flavor
  FROM results
  WHERE outcome IN ('fail', 'timeout', 'aborted')
    AND ((started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL))
    AND NOT list_contains($without_causes, COALESCE(cause, ''))
),
by_run AS (
  SELECT
    c.configuration,
    MAX(c.commit) AS commit,
    r.invocation,
    r.options,
    r.test,
    r.flavor,
    MAX(CASE WHEN r.outcome = 'pass' THEN 0 ELSE 1 END) AS failed
  FROM results AS r
  INNER JOIN runs AS c
    ON r.run_id = c.run_id
  INNER JOIN failing AS f
    ON r.test = f.test
    AND r.flavor IS NOT DISTINCT FROM f.flavor
  WHERE r.outcome IN ('pass', 'fail', 'timeout', 'aborted')
    AND NOT (r.outcome <> 'pass' AND list_contains($without_causes, COALESCE(r.cause, '')))
  GROUP BY c.configuration, c.number, r.invocation, r.options, r.test, r.flavor
)
SELECT
  test,
  flavor,
  COUNT(*) AS n_groups,
  COUNT(CASE WHEN n_pass > 0 AND n_failed > 0 THEN 1 END) AS n_flaky,
  CAST(SUM(n_pass + n_failed) AS BIGINT) AS n_runs,
  CAST(SUM(n_failed) AS BIGINT) AS n_failed,
  MAX(CASE WHEN n_pass > 0 AND n_failed > 0 THEN commit END) AS example_commit
FROM (
  SELECT
    test,
    flavor,
    MAX(commit) AS commit,
    COUNT(CASE WHEN failed = 0 THEN 1 END) AS n_pass,
    COUNT(CASE WHEN failed = 1 THEN 1 END) AS n_failed
  FROM by_run
  GROUP BY configuration, invocation, options, test, flavor
) AS configurations
WHERE n_pass + n_failed > 1
GROUP BY test, flavor
ORDER BY n_flaky DESC, test, flavor
