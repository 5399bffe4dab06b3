-- What a linter asks of the database that no migration may tell, each as the statement that would
-- make it: the checks that all rows are known to pass, by what tables are divided, and into what, what
-- domains ask of values, and the indexes that are whole.
WITH names AS (
  SELECT
    n.oid,
    CASE WHEN n.nspname = ? THEN '' ELSE pg_catalog.quote_ident(n.nspname) || '.' END AS before
  FROM pg_catalog.pg_namespace AS n
  WHERE n.nspname NOT LIKE 'pg\_%'
    AND n.nspname <> 'information_schema'
),
relations AS (
  SELECT c.oid, n.before || pg_catalog.quote_ident(c.relname) AS name
  FROM pg_catalog.pg_class AS c
  JOIN names AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f')
)
SELECT pg_catalog.format(
  'ALTER TABLE %s ADD CONSTRAINT %I %s',
  r.name, k.conname, pg_catalog.pg_get_constraintdef(k.oid)
)
FROM pg_catalog.pg_constraint AS k
JOIN relations AS r ON r.oid = k.conrelid
WHERE k.contype = 'c' AND k.convalidated
UNION ALL
SELECT pg_catalog.format(
  'CREATE TABLE %s () PARTITION BY %s', r.name, pg_catalog.pg_get_partkeydef(r.oid)
)
FROM pg_catalog.pg_partitioned_table AS p
JOIN relations AS r ON r.oid = p.partrelid
UNION ALL
SELECT pg_catalog.format('ALTER TABLE %s ATTACH PARTITION %s DEFAULT', r.name, d.name)
FROM pg_catalog.pg_partitioned_table AS p
JOIN relations AS r ON r.oid = p.partrelid
JOIN relations AS d ON d.oid = p.partdefid
UNION ALL
SELECT pg_catalog.format(
  'CREATE DOMAIN %s%I AS %s%s%s',
  n.before,
  t.typname,
  pg_catalog.format_type(t.typbasetype, t.typtypmod),
  CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END,
  (
    SELECT pg_catalog.string_agg(
      pg_catalog.format(' CONSTRAINT %I %s', k.conname, pg_catalog.pg_get_constraintdef(k.oid)), ''
    )
    FROM pg_catalog.pg_constraint AS k
    WHERE k.contypid = t.oid AND k.contype = 'c'
  )
)
FROM pg_catalog.pg_type AS t
JOIN names AS n ON n.oid = t.typnamespace
WHERE t.typtype = 'd'
UNION ALL
SELECT pg_catalog.pg_get_indexdef(i.indexrelid)
FROM pg_catalog.pg_index AS i
JOIN relations AS r ON r.oid = i.indrelid
WHERE i.indisvalid
ORDER BY 1
