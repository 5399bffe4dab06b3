-- The tables that inherit from a table at first hand, and are dropped with it by `CASCADE`; a partition
-- is a part of its table. A row a table.
SELECT n.nspname::text, c.relname::text
FROM pg_catalog.pg_inherits AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE i.inhparent = pg_catalog.to_regclass(?)
  AND c.relkind = 'r'
  AND NOT c.relispartition
ORDER BY n.nspname, c.relname
