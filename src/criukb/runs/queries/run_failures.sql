-- The tests that failed in each of the last 1,000 runs, out of the 200 tests that failed in most of them, and how many
-- runs there were.
WITH recent AS (
  SELECT run_id
  FROM (
    SELECT
      run_id,
      ROW_NUMBER() OVER (ORDER BY MAX(started_at) DESC, run_id) AS place
    FROM results
    WHERE outcome IN ('pass', 'fail', 'timeout', 'aborted')
      AND started_at >= $since
      AND started_at < $until
      AND NOT list_contains($without_runs, run_id)
    GROUP BY run_id
  ) AS placed
  WHERE place <= 1000
),
total AS (
  SELECT COUNT(*) AS runs FROM recent
),
failures AS (
  SELECT DISTINCT
    r.run_id,
    r.test
  FROM results AS r
  INNER JOIN recent AS c
    ON r.run_id = c.run_id
  WHERE r.outcome IN ('fail', 'timeout', 'aborted')
    AND NOT list_contains($without_causes, COALESCE(r.cause, ''))
),
common AS (
  SELECT test
  FROM (
    SELECT
      test,
      COUNT(*) AS runs,
      ROW_NUMBER() OVER (ORDER BY COUNT(*) DESC, test) AS place
    FROM failures
    GROUP BY test
  ) AS placed
  WHERE place <= 200
    AND runs > 1
)
SELECT
  f.run_id,
  ARRAY_SORT(ARRAY_AGG(f.test)) AS tests,
  MIN(t.runs) AS runs
FROM failures AS f
INNER JOIN common AS c
  ON f.test = c.test
CROSS JOIN total AS t
GROUP BY f.run_id
ORDER BY f.run_id
