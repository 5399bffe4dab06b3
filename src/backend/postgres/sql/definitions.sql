-- What a linter asks of the database that no migration may tell, each as the statement that would
-- make it: the checks that all rows are known to pass, and by what tables are divided.
WITH relations AS (
  SELECT
    c.oid,
    CASE
      WHEN n.nspname = ? THEN pg_catalog.quote_ident(c.relname)
      ELSE pg_catalog.format('%I.%I', n.nspname, c.relname)
    END AS name
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p')
    AND n.nspname NOT LIKE 'pg\_%'
    AND n.nspname <> 'information_schema'
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
ORDER BY 1
