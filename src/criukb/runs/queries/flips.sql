-- Results of tests that both passed and failed in several runs of equal configuration: candidates for flakes.
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
  outcome
FROM (
  SELECT
    *,
    MIN(run_id) OVER same AS first_run,
    MAX(run_id) OVER same AS last_run,
    COUNT(CASE WHEN outcome = 'pass' THEN 1 END) OVER same AS n_pass,
    COUNT(CASE WHEN outcome <> 'pass' THEN 1 END) OVER same AS n_failed
  FROM results
  WHERE outcome IN ('pass', 'fail', 'timeout', 'aborted')
    AND ((started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL))
  WINDOW same AS (
    PARTITION BY job, criu_version, kernel, arch, distro, variant, commit, invocation, options, test, flavor
  )
) AS judged
WHERE n_pass > 0
  AND n_failed > 0
  AND first_run <> last_run
ORDER BY
  job, criu_version, kernel, arch, distro, variant, commit, test, flavor, invocation, options, started_at, run_id
