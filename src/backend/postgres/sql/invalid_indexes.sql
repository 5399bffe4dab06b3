-- The indexes of a table that cannot be used, with the table: the parent of a partitioned index that
-- waits for its parts is one by design. A twin is one of which a valid index says the same. One whose
-- row somebody is changing may be valid in a moment.
SELECT
  c.relname::pg_catalog.text,
  pg_catalog.format('%I.%I', n.nspname, c.relname),
  pg_catalog.format('%I.%I', tn.nspname, t.relname),
  EXISTS (
    SELECT 1
    FROM pg_catalog.pg_index AS v
    WHERE v.indrelid = i.indrelid
      AND v.indisvalid
      AND v.indisunique = i.indisunique
      AND v.indkey = i.indkey
      AND v.indclass = i.indclass
      AND v.indcollation = i.indcollation
      AND v.indoption = i.indoption
      AND pg_catalog.pg_get_expr(v.indexprs, v.indrelid)
        IS NOT DISTINCT FROM pg_catalog.pg_get_expr(i.indexprs, i.indrelid)
      AND pg_catalog.pg_get_expr(v.indpred, v.indrelid)
        IS NOT DISTINCT FROM pg_catalog.pg_get_expr(i.indpred, i.indrelid)
  ),
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
