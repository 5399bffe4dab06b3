-- Whether an index of a name is there: in a schema, or in any that is not the server's own, whatever the
-- search path says by now.
SELECT EXISTS (
  SELECT 1
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('i', 'I')
    AND c.relname = (?)::pg_catalog.text::pg_catalog.name
    AND n.nspname = coalesce((?)::pg_catalog.text::pg_catalog.name, n.nspname)
)
