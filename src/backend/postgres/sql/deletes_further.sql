-- Foreign keys of other tables that do more than refuse when rows of this one are deleted.
SELECT pg_catalog.concat(
  '`', n.nspname, '.', t.relname, '` by `', c.conname, '` (ON DELETE ',
  CASE c.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' ELSE 'SET DEFAULT' END,
  ')'
)
FROM pg_catalog.pg_constraint AS c
JOIN pg_catalog.pg_class AS t ON t.oid = c.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
WHERE c.contype = 'f'
  AND c.confrelid = pg_catalog.to_regclass(?)
  AND c.conrelid <> c.confrelid
  AND c.confdeltype IN ('c', 'n', 'd')
  -- Those of partitions are their table's again.
  AND c.conparentid = 0
ORDER BY n.nspname, t.relname, c.conname
