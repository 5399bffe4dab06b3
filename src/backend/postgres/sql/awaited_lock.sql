-- What a session waits for, and who is in its way, as an array's text.
SELECT
  l.mode,
  (
    SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid = l.relation
      AND l.database = (
        SELECT d.oid FROM pg_catalog.pg_database AS d
        WHERE d.datname = pg_catalog.current_database()
      )
  ),
  pg_catalog.pg_blocking_pids(l.pid)::pg_catalog.text,
  pg_catalog.array_remove(ARRAY[l.relation], NULL)::pg_catalog.text,
  coalesce(l.transactionid::pg_catalog.text, '')
FROM pg_catalog.pg_locks AS l
WHERE l.pid = ? AND NOT l.granted
LIMIT 1
