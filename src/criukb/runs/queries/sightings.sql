-- Each cause and each group of unknown failures over time. A run had the chance to show one when it belongs to a job
-- that showed it and judged one of its witnesses, the five tests that showed it in most runs. Places number these runs.
WITH seen AS (
  SELECT
    CASE WHEN cause IS NULL THEN 'unknown' ELSE 'entry' END AS kind,
    COALESCE(cause, unknown_key, '') AS name,
    run_id,
    job,
    started_at,
    test,
    flavor,
    COUNT(*) AS failures
  FROM results
  WHERE outcome IN ('fail', 'timeout', 'aborted')
    AND started_at >= $since
    AND started_at < $until
  GROUP BY
    CASE WHEN cause IS NULL THEN 'unknown' ELSE 'entry' END,
    COALESCE(cause, unknown_key, ''),
    run_id,
    job,
    started_at,
    test,
    flavor
),
ranked AS (
  SELECT
    kind,
    name,
    test,
    flavor,
    ROW_NUMBER() OVER (PARTITION BY kind, name ORDER BY runs DESC, test, flavor) AS place
  FROM (
    SELECT
      kind,
      name,
      test,
      flavor,
      COUNT(*) AS runs
    FROM seen
    GROUP BY kind, name, test, flavor
  ) AS counted
),
jobs AS (
  SELECT DISTINCT
    kind,
    name,
    job
  FROM seen
),
witnesses AS (
  SELECT
    r.kind,
    r.name,
    r.test,
    r.flavor,
    j.job
  FROM ranked AS r
  INNER JOIN jobs AS j
    ON r.kind = j.kind
    AND r.name = j.name
  WHERE r.place <= 5
),
timeline AS (
  SELECT
    kind,
    name,
    run_id,
    started_at,
    MAX(is_seen) AS is_seen
  FROM (
    SELECT
      w.kind,
      w.name,
      r.run_id,
      r.started_at,
      0 AS is_seen
    FROM results AS r
    INNER JOIN witnesses AS w
      ON r.test = w.test
      AND r.job = w.job
      AND r.flavor IS NOT DISTINCT FROM w.flavor
    WHERE r.outcome IN ('pass', 'fail', 'timeout', 'aborted')
      AND r.started_at >= $since
      AND r.started_at < $until
    UNION ALL
    SELECT
      kind,
      name,
      run_id,
      started_at,
      1 AS is_seen
    FROM seen
  ) AS chances
  GROUP BY kind, name, run_id, started_at
),
numbered AS (
  SELECT
    kind,
    name,
    is_seen,
    started_at,
    ROW_NUMBER() OVER (PARTITION BY kind, name ORDER BY started_at, run_id) AS place,
    ROW_NUMBER() OVER (PARTITION BY kind, name, is_seen ORDER BY started_at, run_id) AS nth
  FROM timeline
),
sighted AS (
  SELECT
    kind,
    name,
    place,
    nth,
    started_at,
    LAG(place) OVER (PARTITION BY kind, name ORDER BY place) AS previous
  FROM numbered
  WHERE is_seen = 1
),
gaps AS (
  SELECT
    kind,
    name,
    started_at,
    previous,
    nth,
    place - previous - 1 AS clean,
    ROW_NUMBER() OVER (PARTITION BY kind, name ORDER BY place - previous DESC, place DESC) AS nth_longest
  FROM sighted
  WHERE previous IS NOT NULL
    AND nth > 3
),
totals AS (
  SELECT
    kind,
    name,
    COUNT(*) AS chances,
    COUNT(CASE WHEN started_at >= $split THEN 1 END) AS recent_chances,
    COUNT(CASE WHEN is_seen = 1 THEN 1 END) AS seen_runs,
    COUNT(CASE WHEN is_seen = 1 AND started_at >= $split THEN 1 END) AS recent_runs,
    MIN(CASE WHEN is_seen = 1 THEN place END) AS first_place,
    MAX(CASE WHEN is_seen = 1 THEN place END) AS last_place,
    MIN(CASE WHEN is_seen = 1 THEN started_at END) AS first_seen,
    MAX(CASE WHEN is_seen = 1 THEN started_at END) AS last_seen
  FROM numbered
  GROUP BY kind, name
),
volumes AS (
  SELECT
    kind,
    name,
    CAST(SUM(failures) AS BIGINT) AS failures,
    COUNT(DISTINCT test) AS tests,
    COUNT(DISTINCT job) AS jobs,
    MIN(test) AS example_test
  FROM seen
  GROUP BY kind, name
)
SELECT
  t.kind,
  t.name,
  v.failures,
  v.tests,
  v.jobs,
  v.example_test,
  t.chances,
  t.recent_chances,
  t.seen_runs,
  t.recent_runs,
  t.first_place,
  t.last_place,
  t.first_seen,
  t.last_seen,
  g.clean AS gap_clean,
  g.previous AS gap_place,
  g.nth - 1 AS gap_seen,
  g.started_at AS returned_at
FROM totals AS t
INNER JOIN volumes AS v
  ON t.kind = v.kind
  AND t.name = v.name
LEFT JOIN gaps AS g
  ON t.kind = g.kind
  AND t.name = g.name
  AND g.nth_longest = 1
ORDER BY v.failures DESC, t.kind, t.name
