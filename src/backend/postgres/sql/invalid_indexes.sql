-- The indexes of a table that cannot be used, with the table: the parent of a partitioned index that
-- waits for its parts is one by design. One whose row somebody is changing may be valid in a moment.
SELECT
  c.relname::pg_catalog.text,
  pg_catalog.format('%I.%I', n.nspname, c.relname),
  pg_catalog.format('%I.%I', tn.nspname, t.relname),
  EXISTS (
    SELECT 1
    FROM pg_catalog.pg_locks AS l
    WHERE l.locktype = 'transactionid' AND l.granted AND l.transactionid = i.xmax
  )
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid AND c.relkind = 'i'
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.relnamespace
WHERE NOT i.indisvalid
  AND i.indrelid = coalesce(
    pg_catalog.to_regclass(?)::pg_catalog.oid,
    (
      SELECT whole.indrelid FROM pg_catalog.pg_index AS whole
      WHERE whole.indexrelid = pg_catalog.to_regclass(?)
    )
  )
ORDER BY 1
