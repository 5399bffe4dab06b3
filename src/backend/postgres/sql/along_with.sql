-- The foreign keys of other tables that take rows or values along with those of a table: all of them
-- where it is truncated, and where rows are deleted those that do more than refuse. A row a column.
SELECT
  n.nspname::text,
  t.relname::text,
  a.attname::text,
  c.oid::text,
  c.confdeltype = 'c'
FROM pg_catalog.pg_constraint AS c
JOIN pg_catalog.pg_class AS t ON t.oid = c.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
CROSS JOIN LATERAL pg_catalog.generate_subscripts(c.conkey, 1) AS place
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[place]
WHERE c.contype = 'f'
  AND c.confrelid = pg_catalog.to_regclass(?)
  AND c.conrelid <> c.confrelid
  AND (? OR c.confdeltype IN ('c', 'n', 'd'))
  -- Those of partitions are their table's again.
  AND (c.conparentid = 0 OR NOT t.relispartition)
ORDER BY n.nspname, t.relname, c.oid, place
