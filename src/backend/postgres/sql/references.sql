-- The foreign keys from and to some tables, one row a column: the numbers of the table that refers and of
-- the one referred to, the constraint and the column.
SELECT
  c.conrelid::pg_catalog.int8,
  c.confrelid::pg_catalog.int8,
  c.conname::pg_catalog.text,
  a.attname::pg_catalog.text
FROM pg_catalog.pg_constraint AS c
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
WHERE c.contype = 'f'
  AND (?)::pg_catalog.oid IN (c.conrelid, c.confrelid)
