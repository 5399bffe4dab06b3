-- Whose lock, held or asked for, keeps others from reading a table, as an array's text.
SELECT
  pg_catalog.format('%I.%I', n.nspname, c.relname),
  pg_catalog.array_agg(DISTINCT coalesce(l.pid, 0))::pg_catalog.text,
  ARRAY[c.oid]::pg_catalog.text
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_locks AS l ON l.relation = c.oid
WHERE c.oid = pg_catalog.to_regclass(?)
  AND l.locktype = 'relation'
  AND l.mode = 'AccessExclusiveLock'
  AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
  AND l.database = (
    SELECT d.oid FROM pg_catalog.pg_database AS d
    WHERE d.datname = pg_catalog.current_database()
  )
GROUP BY n.nspname, c.relname, c.oid
