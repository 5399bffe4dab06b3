-- The indexes that cannot be used, with their tables: of one table or of the one that an index is of,
-- with all partitions, of a schema, or of the whole database, and of what these have put aside (TOAST), which
-- goes by the name of the table that it is of. The parent of a partitioned index that waits for its parts is
-- one by design. One whose row somebody is changing may be valid in a moment, and so may
-- one of a table that somebody else works on, as autovacuum does, too, which builds none. A name is found by
-- whom its schema is open to alone, and no schema but a superuser's holds what is put aside.
WITH RECURSIVE named AS (
  SELECT c.oid, c.relkind
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.oid = (SELECT pg_catalog.to_regclass(?)::pg_catalog.oid)
    OR c.oid = (
      SELECT i.indrelid
      FROM pg_catalog.pg_index AS i
      WHERE i.indexrelid = pg_catalog.to_regclass(?)::pg_catalog.oid
    )
    OR (n.nspname = (?)::pg_catalog.text::pg_catalog.name AND c.relkind IN ('r', 'm'))
    OR (
      (?)::pg_catalog.bool AND c.relkind IN ('r', 'm')
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    )
  UNION
  SELECT c.oid, c.relkind
  FROM named
  CROSS JOIN LATERAL (
    SELECT parts.inhrelid AS oid
    FROM pg_catalog.pg_inherits AS parts
    WHERE parts.inhparent = named.oid AND named.relkind = 'p'
    UNION ALL
    SELECT whole.reltoastrelid
    FROM pg_catalog.pg_class AS whole
    WHERE whole.oid = named.oid
  ) AS part
  JOIN pg_catalog.pg_class AS c ON c.oid = part.oid
)
SELECT
  c.relname::pg_catalog.text,
  pg_catalog.format('%I.%I', n.nspname, c.relname),
  pg_catalog.format('%I.%I', tn.nspname, t.relname),
  t.relkind = 'm',
  EXISTS (
    SELECT 1
    FROM pg_catalog.pg_locks AS l
    WHERE l.locktype = 'transactionid' AND l.granted AND l.transactionid = i.xmax
  ),
  EXISTS (
    SELECT 1
    FROM pg_catalog.pg_locks AS l
    LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
    WHERE l.locktype = 'relation' AND l.granted AND l.mode = 'ShareUpdateExclusiveLock'
      AND l.relation IN (t.oid, i.indrelid)
      AND l.database = (
        SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()
      )
      AND l.pid <> pg_catalog.pg_backend_pid()
      AND a.backend_type IS DISTINCT FROM 'autovacuum worker'
  ),
  pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND (
    pg_catalog.pg_has_role(c.relowner, 'USAGE') OR pg_catalog.pg_has_role(n.nspowner, 'USAGE')
  )
FROM named
JOIN pg_catalog.pg_index AS i ON i.indrelid = named.oid
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid AND c.relkind = 'i'
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class AS t ON t.oid = coalesce(
  (
    SELECT whole.oid
    FROM pg_catalog.pg_class AS whole
    WHERE named.relkind = 't' AND whole.reltoastrelid = named.oid
  ),
  i.indrelid
)
JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.relnamespace
WHERE NOT i.indisvalid
ORDER BY 3, 2
