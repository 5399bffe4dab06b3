WITH RECURSIVE written(relid) AS (
  {tables}
  UNION
  -- A partition's rows are numbered by its parent's sequence.
  SELECT i.inhparent
  FROM written AS w
  JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = w.relid
)
SELECT
  sn.nspname::text,
  sc.relname::text,
  tn.nspname::text,
  tc.relname::text,
  a.attname::text,
  s.seqincrement < 0
FROM written AS w
JOIN pg_catalog.pg_class AS tc ON tc.oid = w.relid
JOIN pg_catalog.pg_namespace AS tn ON tn.oid = tc.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = tc.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid AND t.typcategory = 'N'
-- A serial column's sequence depends on it automatically, an identity column's internally.
JOIN pg_catalog.pg_depend AS d
  ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
  AND d.refobjid = tc.oid
  AND d.refobjsubid = a.attnum
  AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
  AND d.deptype IN ('a', 'i')
JOIN pg_catalog.pg_class AS sc ON sc.oid = d.objid AND sc.relkind = 'S'
JOIN pg_catalog.pg_namespace AS sn ON sn.oid = sc.relnamespace
JOIN pg_catalog.pg_sequence AS s ON s.seqrelid = sc.oid
ORDER BY 1, 2
