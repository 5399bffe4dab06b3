SELECT
  n.nspname::text,
  c.relname::text,
  c.oid::bigint,
  pg_catalog.row_security_active(c.oid),
  c.relkind = 'r'
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = pg_catalog.to_regclass(?) AND c.relkind IN ('r', 'p')
