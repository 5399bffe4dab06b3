-- What the schemas to be reset hold, as (what it is called, the statement that drops it, its kind, its
-- name, whether the user may drop it: who owns it, or its schema, may).
-- Members of extensions (pg_depend.deptype 'e') and whatever belongs to another object
-- ('i', 'a': an identity's sequence, a table's row type) are left out, and so are the tables of the
-- bookkeeping, which are emptied instead: where the search path has changed, new ones would be
-- made somewhere else.
WITH own AS (
  SELECT n.oid, n.nspname, n.nspowner
  FROM pg_catalog.pg_namespace AS n
  WHERE n.nspname IN (?, pg_catalog.current_schema())
    AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'
),
objects AS (
  SELECT
    1 AS turn,
    'pg_catalog.pg_class'::pg_catalog.regclass AS class,
    c.oid,
    CASE c.relkind
      WHEN 'v' THEN 'VIEW'
      WHEN 'm' THEN 'MATERIALIZED VIEW'
      WHEN 'S' THEN 'SEQUENCE'
      WHEN 'f' THEN 'FOREIGN TABLE'
      ELSE 'TABLE'
    END AS kind,
    pg_catalog.format('%I.%I', own.nspname, c.relname) AS name,
    c.relowner AS owner,
    own.nspowner AS keeper
  FROM pg_catalog.pg_class AS c
  JOIN own ON own.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
    AND NOT (
      own.nspname = ?
      AND c.relkind = 'r'
      AND c.relname IN ('__diesel_schema_migrations', '__dieselkit_history', '__dieselkit_metadata')
    )
  UNION ALL
  SELECT
    2,
    'pg_catalog.pg_proc'::pg_catalog.regclass,
    p.oid,
    CASE p.prokind WHEN 'p' THEN 'PROCEDURE' WHEN 'a' THEN 'AGGREGATE' ELSE 'FUNCTION' END,
    pg_catalog.format('%I.%I(%s)', own.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)),
    p.proowner,
    own.nspowner
  FROM pg_catalog.pg_proc AS p
  JOIN own ON own.oid = p.pronamespace
  UNION ALL
  SELECT
    3,
    'pg_catalog.pg_type'::pg_catalog.regclass,
    t.oid,
    CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END,
    pg_catalog.format('%I.%I', own.nspname, t.typname),
    t.typowner,
    own.nspowner
  FROM pg_catalog.pg_type AS t
  JOIN own ON own.oid = t.typnamespace
  LEFT JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid
  WHERE t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c'
)
SELECT
  pg_catalog.lower(kind) || ' ' || name,
  pg_catalog.format('DROP %s IF EXISTS %s CASCADE', kind, name),
  kind,
  name,
  pg_catalog.pg_has_role(owner, 'USAGE') OR pg_catalog.pg_has_role(keeper, 'USAGE')
FROM objects
WHERE NOT EXISTS (
  SELECT 1
  FROM pg_catalog.pg_depend AS d
  WHERE d.classid = objects.class AND d.objid = objects.oid AND d.objsubid = 0
    AND d.deptype IN ('e', 'i', 'a')
    -- A partitioned table depends on the columns of its own key.
    AND NOT (d.refclassid = d.classid AND d.refobjid = d.objid)
    AND NOT (objects.kind = 'TABLE' AND d.deptype = 'a')
)
ORDER BY turn, name
