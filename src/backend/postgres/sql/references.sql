-- The foreign keys from and to some tables, one row a column: the numbers of the table that refers and of
-- the one referred to, the constraint, its column, the column that this refers to, and the key there.
SELECT
  c.conrelid::pg_catalog.int8,
  c.confrelid::pg_catalog.int8,
  c.conname::pg_catalog.text,
  a.attname::pg_catalog.text,
  f.attname::pg_catalog.text,
  (
    SELECT k.conname::pg_catalog.text
    FROM pg_catalog.pg_constraint AS k
    WHERE k.conindid = c.conindid AND k.conrelid = c.confrelid AND k.contype IN ('p', 'u')
    LIMIT 1
  )
FROM pg_catalog.pg_constraint AS c
CROSS JOIN LATERAL ROWS FROM (
  pg_catalog.unnest(c.conkey), pg_catalog.unnest(c.confkey)
) AS pair (own, other)
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = pair.own
JOIN pg_catalog.pg_attribute AS f ON f.attrelid = c.confrelid AND f.attnum = pair.other
WHERE c.contype = 'f'
  -- One that a partition has of its parent has no triggers at the other end.
  AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_constraint AS p
    WHERE p.oid = c.conparentid AND p.confrelid = c.confrelid
  )
  AND (?)::pg_catalog.oid IN (c.conrelid, c.confrelid)
