-- What a reset might take along and must keep, as (its key, what it is called, the key of what it
-- is a part of). Everything that a cascade can reach has a row in pg_depend, whatever catalog it
-- is in; <https://www.postgresql.org/docs/current/catalog-pg-depend.html>.
WITH RECURSIVE own AS (
  SELECT n.oid
  FROM pg_catalog.pg_namespace AS n
  WHERE n.nspname IN (?, pg_catalog.current_schema())
    AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'
),
-- Everything that may go with what is in these schemas: what depends on it, and the whole of which
-- that is a part.
reached (class, oid) AS (
  SELECT d.classid, d.objid
  FROM pg_catalog.pg_depend AS d
  JOIN own ON d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.refobjid = own.oid
  UNION
  SELECT edge.class, edge.oid
  FROM reached
  CROSS JOIN LATERAL (
    SELECT d.classid AS class, d.objid AS oid
    FROM pg_catalog.pg_depend AS d
    WHERE d.refclassid = reached.class AND d.refobjid = reached.oid
    UNION ALL
    SELECT d.refclassid, d.refobjid
    FROM pg_catalog.pg_depend AS d
    WHERE d.classid = reached.class AND d.objid = reached.oid AND d.deptype IN ('i', 'I', 'P', 'S', 'e')
  ) AS edge
  WHERE edge.class <> 'pg_catalog.pg_namespace'::pg_catalog.regclass
),
-- What each is a part of. A cast or a transform is a part of its types.
part (class, oid, whole_class, whole_oid) AS MATERIALIZED (
  SELECT DISTINCT d.classid, d.objid, d.refclassid, d.refobjid
  FROM reached
  JOIN pg_catalog.pg_depend AS d ON d.classid = reached.class AND d.objid = reached.oid
  WHERE NOT (d.refclassid = d.classid AND d.refobjid = d.objid)
    AND d.refclassid <> 'pg_catalog.pg_namespace'::pg_catalog.regclass
    AND (
      d.deptype IN ('a', 'i', 'I', 'P', 'S')
      OR d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass
        AND d.classid IN ('pg_catalog.pg_cast'::pg_catalog.regclass, 'pg_catalog.pg_transform'::pg_catalog.regclass)
    )
),
-- Which schema each is in; a part is where its whole is.
placed (class, oid, schema) AS MATERIALIZED (
  SELECT DISTINCT d.classid, d.objid, d.refobjid
  FROM reached
  JOIN pg_catalog.pg_depend AS d ON d.classid = reached.class AND d.objid = reached.oid
  WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
),
-- Members of extensions, what is in another schema, what is in none and a part of nothing (an
-- event trigger), and every part of these.
kept (class, oid) AS (
  SELECT reached.class, reached.oid
  FROM reached
  LEFT JOIN placed USING (class, oid)
  LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = placed.schema
  WHERE reached.class = 'pg_catalog.pg_extension'::pg_catalog.regclass
    OR EXISTS (
      SELECT 1
      FROM pg_catalog.pg_depend AS d
      WHERE d.classid = reached.class AND d.objid = reached.oid AND d.deptype = 'e'
    )
    OR placed.schema NOT IN (SELECT own.oid FROM own) AND n.nspname NOT LIKE 'pg\_temp\_%'
    OR placed.schema IS NULL AND NOT EXISTS (
      SELECT 1
      FROM part
      WHERE part.class = reached.class AND part.oid = reached.oid
    )
    OR placed.schema IS NULL AND EXISTS (
      SELECT 1
      FROM part
      WHERE part.class = reached.class AND part.oid = reached.oid
        AND (part.whole_class, part.whole_oid) NOT IN (SELECT r.class, r.oid FROM reached AS r)
    )
  UNION
  SELECT part.class, part.oid
  FROM kept
  JOIN part ON part.whole_class = kept.class AND part.whole_oid = kept.oid
  LEFT JOIN placed ON placed.class = part.class AND placed.oid = part.oid
  WHERE placed.schema IS NULL
)
SELECT DISTINCT
  pg_catalog.format('%s.%s.%s', d.classid::pg_catalog.oid, d.objid, d.objsubid),
  pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid),
  CASE
    WHEN d.objsubid <> 0 THEN pg_catalog.format('%s.%s.0', d.classid::pg_catalog.oid, d.objid)
    ELSE (
      SELECT pg_catalog.min(pg_catalog.format('%s.%s.0', part.whole_class::pg_catalog.oid, part.whole_oid))
      FROM part
      WHERE part.class = d.classid AND part.oid = d.objid
    )
  END
FROM kept
JOIN pg_catalog.pg_depend AS d ON d.classid = kept.class AND d.objid = kept.oid
