-- Runs and time of each attempt; a run without a number is a first attempt. Milliseconds are whole: sums stay equal.
SELECT
  COALESCE(attempt, 1) AS attempt,
  COUNT(DISTINCT run_id) AS runs,
  COUNT(CASE WHEN outcome IN ('pass', 'fail', 'timeout', 'aborted') THEN 1 END) AS n_ran,
  COUNT(CASE WHEN outcome IN ('fail', 'timeout', 'aborted') THEN 1 END) AS n_failed,
  COUNT(duration_s) AS n_timed,
  CAST(SUM(CAST(FLOOR(duration_s * 1000) AS BIGINT)) AS BIGINT) AS milliseconds
FROM results
WHERE (started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL)
GROUP BY COALESCE(attempt, 1)
ORDER BY attempt
