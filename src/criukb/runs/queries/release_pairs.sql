-- Tests that two groups of runs judged, counted by where they failed at least once.
WITH judged AS (
  SELECT
    test,
    flavor,
    list_contains($old, run_id) AS is_old,
    CASE WHEN outcome = 'pass' THEN 0 ELSE 1 END AS failed
  FROM results
  WHERE (list_contains($old, run_id) OR list_contains($new, run_id))
    AND outcome IN ('pass', 'fail', 'timeout', 'aborted')
    AND ((started_at >= $since AND started_at < $until) OR ($undated AND started_at IS NULL))
),
verdicts AS (
  SELECT
    test,
    flavor,
    is_old,
    MAX(failed) AS failed
  FROM judged
  GROUP BY test, flavor, is_old
)
SELECT
  a.failed AS failed_old,
  b.failed AS failed_new,
  COUNT(*) AS tests
FROM verdicts AS a
INNER JOIN verdicts AS b
  ON a.test = b.test
  AND a.flavor IS NOT DISTINCT FROM b.flavor
WHERE a.is_old
  AND NOT b.is_old
GROUP BY a.failed, b.failed
ORDER BY failed_old, failed_new
