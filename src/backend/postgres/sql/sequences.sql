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
JOIN (
  -- A serial column's sequence depends on it automatically, an identity column's internally.
  SELECT d.refobjid, d.refobjsubid, d.objid
  FROM pg_catalog.pg_depend AS d
  WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
    AND d.deptype IN ('a', 'i')
  UNION
  -- One that belongs to nobody is only named by a default. What is computed of its value says
  -- nothing of where it stands.
  SELECT f.adrelid, f.adnum, d.refobjid
  FROM pg_catalog.pg_attrdef AS f
  JOIN pg_catalog.pg_depend AS d
    ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
    AND d.objid = f.oid
    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    AND d.refobjsubid = 0
  WHERE pg_catalog.pg_get_expr(f.adbin, f.adrelid) ~ '^(pg_catalog\.)?nextval\(''[^'']+''::(pg_catalog\.)?regclass\)$'
    AND pg_catalog.has_table_privilege(d.refobjid, 'SELECT')
    AND pg_catalog.has_table_privilege(d.refobjid, 'UPDATE')
) AS behind(relid, attnum, sequence) ON behind.relid = tc.oid AND behind.attnum = a.attnum
JOIN pg_catalog.pg_class AS sc ON sc.oid = behind.sequence AND sc.relkind = 'S'
JOIN pg_catalog.pg_namespace AS sn ON sn.oid = sc.relnamespace
JOIN pg_catalog.pg_sequence AS s ON s.seqrelid = sc.oid
ORDER BY 1, 2
