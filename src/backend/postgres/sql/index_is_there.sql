-- Whether an index of a name is there: in a schema, or where the search path leads to.
SELECT EXISTS (
  SELECT 1
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('i', 'I')
    AND c.relname = (?)::pg_catalog.text::pg_catalog.name
    AND coalesce(
      n.nspname = (?)::pg_catalog.text::pg_catalog.name,
      pg_catalog.pg_table_is_visible(c.oid)
    )
)
