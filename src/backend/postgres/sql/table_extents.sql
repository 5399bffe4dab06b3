-- How much there is in each table with its partitions, by the files that are there now: the planner's
-- guess, which scales what it once counted, and where it never did, divides by the width of a row.
-- <https://www.postgresql.org/docs/current/row-estimation-examples.html>
WITH RECURSIVE part AS (
  SELECT c.oid AS whole, c.oid AS part
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'm', 'I')
    AND n.nspname NOT LIKE 'pg\_%'
    AND n.nspname <> 'information_schema'
    AND c.relname NOT LIKE '\_\_diesel%'
  UNION ALL
  SELECT above.whole, i.inhrelid
  FROM part AS above
  JOIN pg_catalog.pg_class AS c ON c.oid = above.part AND c.relkind = 'p'
  JOIN pg_catalog.pg_inherits AS i ON i.inhparent = c.oid
),
page AS (
  SELECT pg_catalog.current_setting('block_size')::pg_catalog.int8 AS bytes
),
filled AS (
  SELECT
    part.whole,
    CASE WHEN c.relkind IN ('r', 'm') THEN coalesce(pg_catalog.pg_relation_size(c.oid), 0) / page.bytes ELSE 0 END AS pages,
    CASE
      WHEN c.reltuples > 0 AND c.relpages > 0 THEN c.reltuples / c.relpages
      -- What the header of a page and that of a row take, and a usual value without a fixed length.
      ELSE (page.bytes - 24) / (28 + (
        SELECT coalesce(sum(CASE WHEN a.attlen > 0 THEN a.attlen ELSE 32 END), 0)
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      ))
    END AS rows_a_page,
    CASE WHEN c.relkind IN ('r', 'm') THEN coalesce(pg_catalog.pg_total_relation_size(c.oid), 0) ELSE 0 END AS bytes
  FROM part
  JOIN pg_catalog.pg_class AS c ON c.oid = part.part
  CROSS JOIN page
)
SELECT
  CASE WHEN n.nspname = ? THEN c.relname::text ELSE pg_catalog.format('%s.%s', n.nspname, c.relname) END,
  (c.relkind IN ('p', 'I'))::pg_catalog.int4::pg_catalog.int8,
  sum(filled.pages * filled.rows_a_page)::pg_catalog.int8,
  sum(filled.bytes)::pg_catalog.int8
FROM filled
JOIN pg_catalog.pg_class AS c ON c.oid = filled.whole
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
GROUP BY c.oid, c.relname, c.relkind, n.nspname
ORDER BY 1
