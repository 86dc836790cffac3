-- Passed and failed per CRIU version, test and flavor, within one environment: what a contrast of versions compares.
SELECT
  kernel,
  arch,
  variant,
  criu_version,
  test,
  flavor,
  COUNT(CASE WHEN outcome = 'pass' THEN 1 END) AS n_pass,
  COUNT(CASE WHEN outcome IN ('fail', 'timeout', 'aborted') THEN 1 END) AS n_failed,
  MIN(cause) AS cause
FROM results
WHERE flavor IS NOT NULL
  AND criu_version IS NOT NULL
  AND outcome IN ('pass', 'fail', 'timeout', 'aborted')
  AND ((started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL))
GROUP BY kernel, arch, variant, criu_version, test, flavor
ORDER BY kernel, arch, variant, test, flavor, criu_version
