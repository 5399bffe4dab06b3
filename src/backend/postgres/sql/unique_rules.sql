-- The columns that an index only includes come behind its keys; those that its expressions are made
-- of stand among what it depends on.
SELECT i.indexrelid::bigint, a.attname::text
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid
WHERE i.indrelid = ?::oid
  AND i.indisunique
  AND i.indisvalid
  AND a.attnum > 0
  AND (
    EXISTS (
      SELECT 1
      FROM pg_catalog.generate_series(0, i.indnkeyatts - 1) AS place
      WHERE i.indkey[place] = a.attnum
    )
    OR (i.indexprs IS NOT NULL AND EXISTS (
      SELECT 1
      FROM pg_catalog.pg_depend AS d
      WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        AND d.objid = i.indexrelid
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        AND d.refobjid = i.indrelid
        AND d.refobjsubid = a.attnum
    ))
  )
ORDER BY i.indisprimary DESC, i.indexrelid, a.attnum
