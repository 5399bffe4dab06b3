SELECT
  CASE WHEN n.nspname = ? THEN c.relname::text ELSE pg_catalog.format('%s.%s', n.nspname, c.relname) END,
  CASE WHEN c.reltuples < 0 THEN NULL ELSE c.reltuples::bigint END,
  pg_catalog.pg_total_relation_size(c.oid)
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm')
  AND n.nspname NOT LIKE 'pg\_%'
  AND n.nspname <> 'information_schema'
  AND c.relname NOT LIKE '\_\_diesel%'
ORDER BY 1
