-- One failure of each group of unknown ones.
SELECT
  unknown_key,
  test,
  flavor,
  step,
  log_excerpt AS excerpt
FROM (
  SELECT
    unknown_key,
    test,
    flavor,
    step,
    log_excerpt,
    ROW_NUMBER() OVER (PARTITION BY unknown_key ORDER BY run_id, test, flavor) AS place
  FROM results
  WHERE outcome IN ('fail', 'timeout', 'aborted')
    AND cause IS NULL
    AND ((started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL))
) AS placed
WHERE place = 1
ORDER BY unknown_key
