-- Tests that passed in one run and failed in another of equal configuration and commit, with how many such groups of
-- two and more runs could have shown it. Runs without a commit are left out: they may differ in their code.
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
    commit,
    COUNT(CASE WHEN failed = 0 THEN 1 END) AS n_pass,
    COUNT(CASE WHEN failed = 1 THEN 1 END) AS n_failed
  FROM (
    SELECT
      job,
      criu_version,
      kernel,
      arch,
      distro,
      variant,
      commit,
      invocation,
      options,
      test,
      flavor,
      run_id,
      MAX(CASE WHEN outcome = 'pass' THEN 0 ELSE 1 END) AS failed
    FROM results
    WHERE outcome IN ('pass', 'fail', 'timeout', 'aborted')
      AND commit IS NOT NULL
      AND ((started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL))
      AND NOT list_contains($without_runs, run_id)
      AND NOT (outcome <> 'pass' AND list_contains($without_causes, COALESCE(cause, '')))
    GROUP BY
      job, criu_version, kernel, arch, distro, variant, commit, invocation, options, test, flavor, run_id
  ) AS by_run
  GROUP BY job, criu_version, kernel, arch, distro, variant, commit, invocation, options, test, flavor
) AS configurations
WHERE n_pass + n_failed > 1
GROUP BY test, flavor
ORDER BY n_flaky DESC, test, flavor
