-- What the user may not do of what is needed: the need, what it is about, and the word of its kind. A name
-- without a schema is what the search path finds, and one that finds nothing is nobody's yet. Who owns
-- a schema may drop what is in it; an index is its table's. Of each function of a name stands behind its
-- kind what tells whether it is the one that is meant: what was said of the arguments, and what they are.
WITH needed AS (
  SELECT DISTINCT n.need, n.sort, n.schema, n.name, n.arguments
  FROM pg_catalog.jsonb_to_recordset(?::pg_catalog.jsonb)
    AS n (
      need pg_catalog.text, sort pg_catalog.text, schema pg_catalog.text, name pg_catalog.text,
      arguments pg_catalog.jsonb
    )
), relation AS (
  SELECT n.need, c.relnamespace AS beside, o.nspowner, t.oid, t.relowner, t.relkind, t.relname, s.nspname
  FROM needed AS n
  JOIN pg_catalog.pg_class AS c
    ON c.relname = n.name AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'i', 'I')
  JOIN pg_catalog.pg_namespace AS o
    ON o.oid = c.relnamespace
    AND CASE
      WHEN n.schema IS NULL THEN pg_catalog.pg_table_is_visible(c.oid)
      ELSE o.nspname = n.schema
    END
  LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
  JOIN pg_catalog.pg_class AS t ON t.oid = coalesce(i.indrelid, c.oid)
  JOIN pg_catalog.pg_namespace AS s ON s.oid = t.relnamespace
  WHERE n.sort = 'RELATION'
), routine AS (
  SELECT n.need, n.arguments, p.oid, p.proname, p.proowner, p.proargtypes, s.nspname, s.nspowner,
    CASE pg_catalog.to_jsonb(p) ->> 'prokind'
      WHEN 'p' THEN 'PROCEDURE'
      WHEN 'a' THEN 'AGGREGATE'
      ELSE 'FUNCTION'
    END AS kind,
    pg_catalog.count(*) OVER (PARTITION BY n.need, n.schema, n.name, n.arguments) AS candidates
  FROM needed AS n
  JOIN pg_catalog.pg_proc AS p ON p.proname = n.name
  JOIN pg_catalog.pg_namespace AS s
    ON s.oid = p.pronamespace
    AND CASE
      WHEN n.schema IS NOT NULL THEN s.nspname = n.schema
      WHEN n.need = 'REPLACE' THEN s.nspname = pg_catalog.current_schema()
      ELSE pg_catalog.pg_function_is_visible(p.oid)
    END
  WHERE n.sort = 'ROUTINE'
), maintainer AS (
  -- Since PostgreSQL 17.
  SELECT r.oid
  FROM pg_catalog.pg_roles AS r
  WHERE r.rolname = 'pg_maintain' AND pg_catalog.pg_has_role(r.oid, 'USAGE')
)
SELECT 'CREATE', pg_catalog.format('%I', s.nspname), 'SCHEMA' AS kind, NULL::pg_catalog.text
FROM pg_catalog.pg_namespace AS s
WHERE NOT (
    pg_catalog.has_schema_privilege(s.oid, 'CREATE')
    AND pg_catalog.has_schema_privilege(s.oid, 'USAGE')
  )
  AND (
    s.nspname IN (
      SELECT coalesce(n.schema, pg_catalog.current_schema())
      FROM needed AS n
      WHERE n.need = 'CREATE' AND n.sort = 'SCHEMA'
    )
    OR s.oid IN (SELECT r.beside FROM relation AS r WHERE r.need = 'BESIDE')
  )
UNION
SELECT n.need, pg_catalog.format('%I', s.nspname), 'SCHEMA', NULL
FROM needed AS n
JOIN pg_catalog.pg_namespace AS s ON s.nspname = n.name
WHERE n.sort = 'SCHEMA'
  AND n.need IN ('OWN', 'DROP', 'MAINTAIN')
  AND NOT pg_catalog.pg_has_role(s.nspowner, 'USAGE')
  AND NOT (n.need = 'MAINTAIN' AND EXISTS (SELECT FROM maintainer))
UNION
SELECT n.need, pg_catalog.format('%I', d.datname), 'DATABASE', NULL
FROM needed AS n
JOIN pg_catalog.pg_database AS d ON d.datname = pg_catalog.current_database()
WHERE n.sort = 'DATABASE'
  AND n.need = 'MAINTAIN'
  AND NOT pg_catalog.pg_has_role(d.datdba, 'USAGE')
  AND NOT EXISTS (SELECT FROM maintainer)
UNION
SELECT n.need, pg_catalog.format('%I', pg_catalog.current_database()), 'DATABASE', NULL
FROM needed AS n
WHERE n.need = 'CREATE'
  AND n.sort = 'DATABASE'
  AND NOT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
UNION
SELECT r.need, pg_catalog.format('%I.%I', r.nspname, r.relname),
  CASE r.relkind
    WHEN 'v' THEN 'VIEW'
    WHEN 'm' THEN 'MATERIALIZED VIEW'
    WHEN 'S' THEN 'SEQUENCE'
    WHEN 'f' THEN 'FOREIGN TABLE'
    ELSE 'TABLE'
  END,
  NULL
FROM relation AS r
WHERE CASE
  WHEN r.need = 'OWN' THEN NOT pg_catalog.pg_has_role(r.relowner, 'USAGE')
  WHEN r.need = 'DROP' THEN NOT (
    pg_catalog.pg_has_role(r.relowner, 'USAGE') OR pg_catalog.pg_has_role(r.nspowner, 'USAGE')
  )
  WHEN r.need = 'MAINTAIN' THEN NOT (
    pg_catalog.pg_has_role(r.relowner, 'USAGE')
    -- Since PostgreSQL 17 it is a right of its own.
    OR CASE
      WHEN pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 170000
        THEN pg_catalog.has_table_privilege(r.oid, r.need)
      ELSE false
    END
  )
  WHEN r.need IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
    THEN NOT pg_catalog.has_any_column_privilege(r.oid, r.need)
  WHEN r.need IN ('DELETE', 'TRUNCATE', 'TRIGGER')
    THEN NOT pg_catalog.has_table_privilege(r.oid, r.need)
  ELSE false
END
UNION
SELECT n.need, pg_catalog.format('%I.%I', s.nspname, t.typname),
  CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END,
  NULL
FROM needed AS n
JOIN pg_catalog.pg_type AS t ON t.typname = n.name
JOIN pg_catalog.pg_namespace AS s
  ON s.oid = t.typnamespace
  AND CASE
    WHEN n.schema IS NULL THEN pg_catalog.pg_type_is_visible(t.oid)
    ELSE s.nspname = n.schema
  END
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid
WHERE n.sort = 'TYPE'
  -- A table's rows have a type as well.
  AND coalesce(c.relkind, 'c') = 'c'
  AND NOT pg_catalog.pg_has_role(t.typowner, 'USAGE')
  AND NOT (n.need = 'DROP' AND pg_catalog.pg_has_role(s.nspowner, 'USAGE'))
UNION
SELECT r.need,
  pg_catalog.format(
    '%I.%I(%s)', r.nspname, r.proname, pg_catalog.pg_get_function_identity_arguments(r.oid)
  ),
  r.kind,
  pg_catalog.jsonb_build_object(
    'candidates', r.candidates,
    'said', r.arguments,
    'are', (
      SELECT coalesce(
        pg_catalog.jsonb_agg(
          pg_catalog.jsonb_build_array(
            pg_catalog.format_type(t.oid, NULL), pg_catalog.concat(o.nspname, '.', t.typname)
          )
          ORDER BY a.place
        ),
        '[]'
      )
      FROM pg_catalog.unnest(r.proargtypes::pg_catalog.oid[]) WITH ORDINALITY AS a (type, place)
      JOIN pg_catalog.pg_type AS t ON t.oid = a.type
      JOIN pg_catalog.pg_namespace AS o ON o.oid = t.typnamespace
    )
  )::pg_catalog.text
FROM routine AS r
WHERE NOT pg_catalog.pg_has_role(r.proowner, 'USAGE')
  AND NOT (r.need = 'DROP' AND pg_catalog.pg_has_role(r.nspowner, 'USAGE'))
ORDER BY kind, 2, 1
