-- What a reset must keep: everything outside the schemas of the search path, and every member of
-- an extension.
WITH own AS (
  SELECT n.oid
  FROM pg_catalog.pg_namespace AS n
  WHERE n.nspname = ANY (pg_catalog.current_schemas(false))
),
objects AS (
  SELECT 'pg_catalog.pg_class'::pg_catalog.regclass AS class, c.oid, 0 AS part, c.relnamespace AS home
  FROM pg_catalog.pg_class AS c
  WHERE c.relkind <> 't' AND c.relpersistence <> 't'
  UNION ALL
  SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, a.attrelid, a.attnum, c.relnamespace
  FROM pg_catalog.pg_attribute AS a
  JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
  WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind <> 't' AND c.relpersistence <> 't'
  UNION ALL
  SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, 0, p.pronamespace
  FROM pg_catalog.pg_proc AS p
  UNION ALL
  SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, 0, t.typnamespace
  FROM pg_catalog.pg_type AS t
  UNION ALL
  SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid, 0, k.connamespace
  FROM pg_catalog.pg_constraint AS k
  UNION ALL
  SELECT 'pg_catalog.pg_trigger'::pg_catalog.regclass, t.oid, 0, c.relnamespace
  FROM pg_catalog.pg_trigger AS t
  JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
  WHERE NOT t.tgisinternal
  UNION ALL
  SELECT 'pg_catalog.pg_attrdef'::pg_catalog.regclass, a.oid, 0, c.relnamespace
  FROM pg_catalog.pg_attrdef AS a
  JOIN pg_catalog.pg_class AS c ON c.oid = a.adrelid
)
SELECT pg_catalog.pg_describe_object(objects.class, objects.oid, objects.part)
FROM objects
JOIN pg_catalog.pg_namespace AS n ON n.oid = objects.home
WHERE (objects.home NOT IN (SELECT own.oid FROM own) AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema')
  OR EXISTS (
    SELECT 1
    FROM pg_catalog.pg_depend AS d
    WHERE d.classid = objects.class AND d.objid = objects.oid AND objects.part = 0 AND d.deptype = 'e'
  )
