-- The prepared transactions that have a lock on one of these relations, or whose number this is, the
-- oldest first. They have no process: their locks are those beside that of their own number.
SELECT
  p.gid,
  p.owner::pg_catalog.text,
  pg_catalog.to_char(p.prepared AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
  (EXTRACT(EPOCH FROM pg_catalog.clock_timestamp() - p.prepared) * 1000)::pg_catalog.int8
FROM pg_catalog.pg_prepared_xacts AS p
JOIN pg_catalog.pg_locks AS own
  ON own.pid IS NULL AND own.locktype = 'transactionid' AND own.transactionid = p.transaction
WHERE p.database = pg_catalog.current_database()
  AND (
    p.transaction::pg_catalog.text = ?
    OR EXISTS (
      SELECT 1
      FROM pg_catalog.pg_locks AS l
      WHERE l.pid IS NULL AND l.granted AND l.virtualtransaction = own.virtualtransaction
        AND l.relation = ANY (?::pg_catalog.oid[])
    )
  )
ORDER BY p.prepared
