-- The index of a name, in a schema or where the search path leads to; whether it can be used and nobody
-- builds it; and the schemas of the path before its own, in which there may have been another one.
SELECT
  pg_catalog.format('%I.%I', n.nspname, c.relname),
  i.indisvalid OR EXISTS (
    SELECT 1
    FROM pg_catalog.pg_stat_progress_create_index AS p
    WHERE p.index_relid = i.indexrelid
  ),
  (
    SELECT pg_catalog.string_agg(pg_catalog.quote_ident(path.schema), ', ' ORDER BY path.place)
    FROM pg_catalog.unnest(pg_catalog.current_schemas(false))
      WITH ORDINALITY AS path (schema, place)
    WHERE asked.schema IS NULL
      AND path.place < coalesce(
        pg_catalog.array_position(pg_catalog.current_schemas(false), n.nspname), 1
      )
  )
FROM (SELECT (?)::pg_catalog.text::pg_catalog.name AS name, (?)::pg_catalog.text::pg_catalog.name AS schema)
  AS asked
JOIN pg_catalog.pg_class AS c ON c.relname = asked.name AND c.relkind IN ('i', 'I')
JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE coalesce(n.nspname = asked.schema, pg_catalog.pg_table_is_visible(c.oid))
