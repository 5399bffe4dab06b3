-- The constraints that can be put off, qualified, and those of them that are unless somebody says
-- otherwise. A name that another constraint of the schema has which cannot be put off cannot be said, nor can one in
-- a schema that this user may not use, or that is for another session's temporary tables.
SELECT pg_catalog.string_agg(DISTINCT named.name, ', '),
  pg_catalog.string_agg(DISTINCT named.name, ', ') FILTER (WHERE named.deferred)
FROM (
  SELECT pg_catalog.format('%I.%I', n.nspname, c.conname) AS name,
    c.condeferred AND NOT EXISTS (
      SELECT 1
      FROM pg_catalog.pg_constraint AS other
      WHERE other.connamespace = c.connamespace AND other.conname = c.conname
        AND NOT other.condeferrable
    ) AS deferred
  FROM pg_catalog.pg_constraint AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.connamespace
  WHERE c.condeferrable AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
    AND NOT pg_catalog.pg_is_other_temp_schema(n.oid) {whose}
) AS named
