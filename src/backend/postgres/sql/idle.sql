-- Others' transactions, and what they have locked. Who may not see others sees no state of theirs.
-- A prepared one has no process; its locks are those beside that of its own number.
WITH open AS (
  SELECT
    a.pid, NULL::pg_catalog.text AS gid, a.usename::pg_catalog.text AS whose, a.application_name,
    a.xact_start AS since, NULL::pg_catalog.text AS prepared_as
  FROM pg_catalog.pg_stat_activity AS a
  WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid()
    AND a.state LIKE 'idle in transaction%'
  UNION ALL
  SELECT
    0, p.gid, p.owner::pg_catalog.text, NULL,
    p.prepared, (
      SELECT l.virtualtransaction
      FROM pg_catalog.pg_locks AS l
      WHERE l.pid IS NULL AND l.locktype = 'transactionid' AND l.transactionid = p.transaction
      LIMIT 1
    )
  FROM pg_catalog.pg_prepared_xacts AS p
  WHERE p.database = pg_catalog.current_database()
)
SELECT
  open.pid::pg_catalog.int8, coalesce(open.whose, ''), coalesce(open.application_name, ''),
  (extract(epoch FROM pg_catalog.clock_timestamp() - open.since) * 1000)::pg_catalog.int8,
  coalesce((
    SELECT pg_catalog.string_agg(named.name, E'\n' ORDER BY named.name)
    FROM (
      SELECT DISTINCT l.relation::pg_catalog.regclass::pg_catalog.text AS name
      FROM pg_catalog.pg_locks AS l
      JOIN pg_catalog.pg_class AS c ON c.oid = l.relation AND c.relkind IN ('r', 'p', 'm')
      WHERE (l.pid = open.pid OR l.pid IS NULL AND l.virtualtransaction = open.prepared_as)
        AND l.granted
        AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
      ORDER BY 1 LIMIT 10
    ) AS named
  ), ''),
  open.gid
FROM open
WHERE open.since < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => (?)::pg_catalog.float8 / 1000)
ORDER BY open.since
