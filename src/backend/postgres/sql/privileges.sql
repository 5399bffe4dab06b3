-- What the user may not do of what is needed: the need, what it is about, and the word of its kind. A name
-- without a schema is what the search path finds, and one that finds nothing is nobody's yet. Who owns
-- a schema may drop what is in it; an index is its table's.
WITH needed AS (
  SELECT DISTINCT n.need, n.schema, n.name
  FROM pg_catalog.jsonb_to_recordset(?::pg_catalog.jsonb)
    AS n (need pg_catalog.text, schema pg_catalog.text, name pg_catalog.text)
)
SELECT n.need, pg_catalog.format('%I', s.nspname), 'SCHEMA' AS kind
FROM needed AS n
JOIN pg_catalog.pg_namespace AS s
  ON pg_catalog.lower(s.nspname) = coalesce(n.schema, pg_catalog.lower(pg_catalog.current_schema()))
WHERE n.need = 'CREATE'
  AND NOT (
    pg_catalog.has_schema_privilege(s.oid, 'CREATE')
    AND pg_catalog.has_schema_privilege(s.oid, 'USAGE')
  )
UNION
SELECT n.need, pg_catalog.format('%I', pg_catalog.current_database()), 'DATABASE'
FROM needed AS n
WHERE n.need = 'CREATE SCHEMA'
  AND NOT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
UNION
SELECT n.need, pg_catalog.format('%I.%I', s.nspname, t.relname),
  CASE t.relkind
    WHEN 'v' THEN 'VIEW'
    WHEN 'm' THEN 'MATERIALIZED VIEW'
    WHEN 'S' THEN 'SEQUENCE'
    WHEN 'f' THEN 'FOREIGN TABLE'
    ELSE 'TABLE'
  END
FROM needed AS n
JOIN pg_catalog.pg_class AS c
  ON pg_catalog.lower(c.relname) = n.name AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'i', 'I')
JOIN pg_catalog.pg_namespace AS o
  ON o.oid = c.relnamespace
  AND CASE
    WHEN n.schema IS NULL THEN pg_catalog.pg_table_is_visible(c.oid)
    ELSE pg_catalog.lower(o.nspname) = n.schema
  END
LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
JOIN pg_catalog.pg_class AS t ON t.oid = coalesce(i.indrelid, c.oid)
JOIN pg_catalog.pg_namespace AS s ON s.oid = t.relnamespace
WHERE CASE
  WHEN n.need = 'OWN' THEN NOT pg_catalog.pg_has_role(t.relowner, 'USAGE')
  WHEN n.need = 'DROP' THEN NOT (
    pg_catalog.pg_has_role(t.relowner, 'USAGE') OR pg_catalog.pg_has_role(o.nspowner, 'USAGE')
  )
  WHEN n.need IN ('SELECT', 'INSERT', 'UPDATE')
    THEN NOT pg_catalog.has_any_column_privilege(t.oid, n.need)
  WHEN n.need IN ('DELETE', 'TRUNCATE') THEN NOT pg_catalog.has_table_privilege(t.oid, n.need)
  ELSE false
END
ORDER BY kind, 2, 1
