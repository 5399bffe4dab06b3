-- The tables that may hold anything but bookkeeping: what people call them, their quoted names, an
-- expression that is a row's primary key as text, and whether they are partitioned. A partition's
-- rows are its parent's.
SELECT
  CASE WHEN n.nspname = pg_catalog.current_schema() THEN '' ELSE said.schema || '.' END || said.name,
  pg_catalog.format('%I.%I', n.nspname, c.relname),
  (
    SELECT pg_catalog.string_agg(
      pg_catalog.format(
        '%L || pg_catalog.quote_nullable(__dieselkit_row.%I::pg_catalog.text)',
        CASE WHEN place = 0 THEN '' ELSE ', ' END || a.attname || '=',
        a.attname
      ),
      ' || ' ORDER BY place
    )
    FROM pg_catalog.pg_index AS i
    CROSS JOIN LATERAL pg_catalog.generate_series(0, i.indnkeyatts - 1) AS place
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[place]
    WHERE i.indrelid = c.oid AND i.indisprimary
  ),
  c.relkind = 'p'
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
-- A part of a name is in quotes where it would be read as something else.
CROSS JOIN LATERAL (
  SELECT
    CASE WHEN n.nspname ~ '[.]|^"' THEN pg_catalog.quote_ident(n.nspname) ELSE n.nspname::text END,
    CASE WHEN c.relname ~ '[.]|^"' THEN pg_catalog.quote_ident(c.relname) ELSE c.relname::text END
) AS said(schema, name)
WHERE c.relkind IN ('r', 'p')
  AND NOT c.relispartition
  AND c.relpersistence <> 't'
  AND n.nspname <> 'information_schema'
  AND n.nspname NOT LIKE 'pg\_%'
  AND c.relname NOT LIKE '\_\_diesel%'
  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
  AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
  AND NOT EXISTS (
    SELECT 1
    FROM pg_catalog.pg_depend AS d
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      AND d.objid = c.oid
      AND d.deptype = 'e'
  )
  AND ({condition})
ORDER BY n.nspname, c.relname
