-- Each test with the number of its failures; 0 for one that never failed, even for one that never ran.
SELECT
  test,
  flavor,
  COUNT(CASE WHEN outcome IN ('fail', 'timeout', 'aborted') THEN 1 END) AS n_failed
FROM results
WHERE (started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL)
GROUP BY test, flavor
ORDER BY test, flavor
