-- Results of each ISO week (its Monday, UTC) by outcome; first attempts only, since a retry follows a failure.
-- By run first: counting different runs among all results would cost most of the time.
SELECT
  DATE_TRUNC('week', started_at) AS week,
  COUNT(*) AS runs,
  COUNT(DISTINCT job) AS jobs,
  CAST(SUM(n_pass) AS BIGINT) AS n_pass,
  CAST(SUM(n_failed) AS BIGINT) AS n_failed,
  CAST(SUM(n_skip) AS BIGINT) AS n_skip,
  CAST(SUM(n_not_run) AS BIGINT) AS n_not_run,
  CAST(SUM(n_known) AS BIGINT) AS n_known,
  CAST(SUM(n_unknown) AS BIGINT) AS n_unknown
FROM (
  SELECT
    run_id,
    MIN(started_at) AS started_at,
    MIN(job) AS job,
    COUNT(CASE WHEN outcome = 'pass' THEN 1 END) AS n_pass,
    COUNT(CASE WHEN outcome IN ('fail', 'timeout', 'aborted') THEN 1 END) AS n_failed,
    COUNT(CASE WHEN outcome = 'skip' THEN 1 END) AS n_skip,
    COUNT(CASE WHEN outcome = 'not-run' THEN 1 END) AS n_not_run,
    COUNT(CASE WHEN verdict = 'known' THEN 1 END) AS n_known,
    COUNT(CASE WHEN verdict = 'unknown' THEN 1 END) AS n_unknown
  FROM results
  WHERE started_at >= $since
    AND started_at < $until
    AND COALESCE(attempt, 1) = 1
  GROUP BY run_id
) AS by_run
GROUP BY DATE_TRUNC('week', started_at)
ORDER BY week
