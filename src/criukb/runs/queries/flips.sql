-- Tests that both passed and failed in runs of equal configuration: candidates for flakes.
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
  COUNT(CASE WHEN outcome = 'pass' THEN 1 END) AS n_pass,
  COUNT(CASE WHEN outcome IN ('fail', 'timeout', 'aborted') THEN 1 END) AS n_failed,
  MIN(cause) AS cause,
  MIN(unknown_key) AS unknown_key
FROM results
WHERE flavor IS NOT NULL
  AND outcome IN ('pass', 'fail', 'timeout', 'aborted')
  AND ((started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL))
GROUP BY job, criu_version, kernel, arch, distro, variant, commit, invocation, options, test, flavor
HAVING COUNT(CASE WHEN outcome = 'pass' THEN 1 END) > 0
  AND COUNT(CASE WHEN outcome IN ('fail', 'timeout', 'aborted') THEN 1 END) > 0
ORDER BY n_failed DESC, job, test, flavor, invocation
