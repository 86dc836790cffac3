-- Results of each run, by outcome; failures are fail, timeout and aborted.
SELECT
  run_id,
  MIN(job) AS job,
  MIN(started_at) AS started_at,
  MIN(criu_version) AS criu_version,
  MIN(kernel) AS kernel,
  MIN(arch) AS arch,
  MIN(distro) AS distro,
  MIN(variant) AS variant,
  MIN(commit) AS commit,
  MIN(attempt) AS attempt,
  COUNT(duration_s) AS timed,
  COUNT(CASE WHEN synthetic THEN 1 END) AS n_synthetic,
  COUNT(CASE WHEN outcome = 'pass' THEN 1 END) AS n_pass,
  COUNT(CASE WHEN outcome = 'fail' THEN 1 END) AS n_fail,
  COUNT(CASE WHEN outcome = 'timeout' THEN 1 END) AS n_timeout,
  COUNT(CASE WHEN outcome = 'aborted' THEN 1 END) AS n_aborted,
  COUNT(CASE WHEN outcome = 'skip' THEN 1 END) AS n_skip,
  COUNT(CASE WHEN outcome = 'not-run' THEN 1 END) AS n_not_run,
  COUNT(CASE WHEN verdict = 'known' THEN 1 END) AS n_known,
  COUNT(CASE WHEN verdict = 'unknown' THEN 1 END) AS n_unknown
FROM results
WHERE (started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL)
GROUP BY run_id
ORDER BY started_at, job, run_id
