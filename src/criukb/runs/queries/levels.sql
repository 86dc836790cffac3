-- Judged results by flavor, kernel, CRIU version, architecture and job: the levels of each factor.
WITH parts AS (
  SELECT
    run_id,
    flavor,
    kernel,
    criu_version,
    arch,
    job,
    COUNT(*) AS n_ran,
    COUNT(CASE WHEN outcome <> 'pass' THEN 1 END) AS n_failed,
    COUNT(CASE WHEN verdict = 'known' THEN 1 END) AS n_known
  FROM results
  WHERE outcome IN ('pass', 'fail', 'timeout', 'aborted')
    AND ((started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL))
  GROUP BY run_id, flavor, kernel, criu_version, arch, job
),
marked AS (
  SELECT 'flavor' AS factor, flavor AS level, run_id, n_ran, n_failed, n_known FROM parts
  UNION ALL
  SELECT 'kernel' AS factor, kernel AS level, run_id, n_ran, n_failed, n_known FROM parts
  UNION ALL
  SELECT 'criu_version' AS factor, criu_version AS level, run_id, n_ran, n_failed, n_known FROM parts
  UNION ALL
  SELECT 'arch' AS factor, arch AS level, run_id, n_ran, n_failed, n_known FROM parts
  UNION ALL
  SELECT 'job' AS factor, job AS level, run_id, n_ran, n_failed, n_known FROM parts
)
SELECT
  factor,
  level,
  COUNT(DISTINCT run_id) AS runs,
  CAST(SUM(n_ran) AS BIGINT) AS n_ran,
  CAST(SUM(n_failed) AS BIGINT) AS n_failed,
  CAST(SUM(n_known) AS BIGINT) AS n_known
FROM marked
GROUP BY factor, level
ORDER BY factor, level
