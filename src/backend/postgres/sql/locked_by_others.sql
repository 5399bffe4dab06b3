-- Which other sessions have a lock on a relation of one of these names, as an array's text. The
-- toolkit's own watcher and whoever only waits are none.
SELECT
  pg_catalog.array_agg(DISTINCT coalesce(l.pid, 0))::pg_catalog.text,
  pg_catalog.array_agg(DISTINCT c.oid)::pg_catalog.text
FROM pg_catalog.pg_locks AS l
JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE l.locktype = 'relation'
  AND l.granted
  AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND c.relname = ANY (?::pg_catalog.text[])
  AND l.database = (
    SELECT d.oid FROM pg_catalog.pg_database AS d
    WHERE d.datname = pg_catalog.current_database()
  )
