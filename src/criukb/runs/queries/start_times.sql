-- The days on which runs started, and the number of runs without a start time.
SELECT
  started_at,
  COUNT(DISTINCT run_id) AS runs
FROM results
GROUP BY started_at
ORDER BY started_at
