SELECT a.attname::text
FROM pg_catalog.pg_attribute AS a
WHERE a.attrelid = pg_catalog.to_regclass(?)
  AND a.attnum = ANY (
    SELECT pg_catalog.unnest(c.conkey)
    FROM pg_catalog.pg_constraint AS c
    WHERE c.conrelid = a.attrelid AND c.conname = ?
    UNION ALL
    -- A unique index is named like a constraint, and need not be one's.
    SELECT k.attnum
    FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
    CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::pg_catalog.int2[]) AS k(attnum)
    WHERE i.indrelid = a.attrelid AND x.relname = ?
  )
ORDER BY a.attnum
