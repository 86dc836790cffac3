-- Tests that failed, by the groups of two and more runs of equal configuration and commit that judged them: how many
-- there are, and how many hold passes and failures. Runs without a commit are left out: they may differ in their code.
-- Parts of runs and cases get numbers first: to group millions of results by numbers is several times as fast.
WITH parts AS (
  SELECT
    run_id,
    invocation,
    options,
    commit,
    ROW_NUMBER() OVER (ORDER BY run_id, invocation, options) AS number,
    DENSE_RANK() OVER (
      ORDER BY job, criu_version, kernel, arch, distro, variant, commit, invocation, options
    ) AS configuration
  FROM (
    SELECT DISTINCT
      run_id,
      job,
      criu_version,
      kernel,
      arch,
      distro,
      variant,
      commit,
      invocation,
      options
    FROM results
    WHERE commit IS NOT NULL
      AND ((started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL))
      AND NOT list_contains($without_runs, run_id)
  ) AS facts
),
commits AS (
  SELECT
    configuration,
    MAX(commit) AS commit
  FROM parts
  GROUP BY configuration
),
cases AS (
  SELECT
    test,
    flavor,
    ROW_NUMBER() OVER (ORDER BY test, flavor) AS number
  FROM (
    SELECT DISTINCT
      test,
      flavor
    FROM results
    WHERE outcome IN ('fail', 'timeout', 'aborted')
      AND ((started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL))
      AND NOT list_contains($without_causes, COALESCE(cause, ''))
  ) AS failing
),
by_run AS (
  SELECT
    p.configuration,
    c.number AS case_number,
    MAX(CASE WHEN r.outcome = 'pass' THEN 0 ELSE 1 END) AS failed
  FROM results AS r
  INNER JOIN parts AS p
    ON r.run_id = p.run_id
    AND r.invocation = p.invocation
    AND r.options IS NOT DISTINCT FROM p.options
  INNER JOIN cases AS c
    ON r.test = c.test
    AND r.flavor IS NOT DISTINCT FROM c.flavor
  WHERE r.outcome IN ('pass', 'fail', 'timeout', 'aborted')
    AND NOT (r.outcome <> 'pass' AND list_contains($without_causes, COALESCE(r.cause, '')))
  GROUP BY p.configuration, p.number, c.number
),
judged AS (
  SELECT
    configuration,
    case_number,
    COUNT(CASE WHEN failed = 0 THEN 1 END) AS n_pass,
    COUNT(CASE WHEN failed = 1 THEN 1 END) AS n_failed
  FROM by_run
  GROUP BY configuration, case_number
)
SELECT
  c.test,
  c.flavor,
  COUNT(*) AS n_groups,
  COUNT(CASE WHEN j.n_pass > 0 AND j.n_failed > 0 THEN 1 END) AS n_flaky,
  CAST(SUM(j.n_pass + j.n_failed) AS BIGINT) AS n_runs,
  CAST(SUM(j.n_failed) AS BIGINT) AS n_failed,
  MAX(CASE WHEN j.n_pass > 0 AND j.n_failed > 0 THEN m.commit END) AS example_commit
FROM judged AS j
INNER JOIN cases AS c
  ON j.case_number = c.number
INNER JOIN commits AS m
  ON j.configuration = m.configuration
WHERE j.n_pass + j.n_failed > 1
GROUP BY c.test, c.flavor
ORDER BY n_flaky DESC, c.test, c.flavor
