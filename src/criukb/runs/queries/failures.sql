-- Every failed result with its verdict, for tables and excerpts.
SELECT
  run_id,
  job,
  started_at,
  criu_version,
  invocation,
  test,
  flavor,
  outcome,
  phase,
  step,
  cause,
  chain,
  verdict,
  unknown_key,
  first_line,
  log_excerpt
FROM results
WHERE outcome IN ('fail', 'timeout', 'aborted')
  AND ((started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL))
ORDER BY started_at, run_id, first_line, test
