-- How many rows the planner believes to be in a table, with its partitions, or how many values of a
-- column are not null; nothing where it was never analyzed.
SELECT CASE
  WHEN min(c.reltuples) < 0 THEN NULL
  ELSE (sum(c.reltuples) * (1 - coalesce((
    SELECT s.null_frac
    FROM pg_catalog.pg_stats AS s
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = s.schemaname
    JOIN pg_catalog.pg_class AS whole ON whole.relnamespace = n.oid AND whole.relname = s.tablename
    WHERE whole.oid = pg_catalog.to_regclass(?) AND s.attname = ?
    LIMIT 1
  ), 0)))::pg_catalog.int8
END
FROM pg_catalog.pg_class AS c
WHERE c.relkind <> 'p' AND (
  c.oid = pg_catalog.to_regclass(?)
  OR c.oid IN (SELECT relid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass(?)))
)
