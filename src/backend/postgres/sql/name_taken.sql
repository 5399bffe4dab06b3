-- What has the name of an index that a table was to have, where that is none of the table's own, with the
-- table that it is an index of, if it is one.
SELECT
  pg_catalog.format('%I.%I', n.nspname, c.relname),
  CASE WHEN t.oid IS NOT NULL THEN pg_catalog.format('%I.%I', tn.nspname, t.relname) END
FROM pg_catalog.pg_class AS wanted
JOIN pg_catalog.pg_class AS c ON c.relnamespace = wanted.relnamespace
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
LEFT JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
LEFT JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.relnamespace
WHERE c.relname = (?)::pg_catalog.text::pg_catalog.name
  AND wanted.oid = pg_catalog.to_regclass(?)::pg_catalog.oid
  AND i.indrelid IS DISTINCT FROM wanted.oid
