-- A temporary table of that name comes first in every search path, and is none of ours.
WITH home AS (
  SELECT coalesce(
    (
      SELECT n.nspname
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      WHERE c.relname = '__diesel_schema_migrations'
        AND n.nspname = ANY (pg_catalog.current_schemas(false))
        AND n.oid <> pg_catalog.pg_my_temp_schema()
      ORDER BY pg_catalog.array_position(pg_catalog.current_schemas(false), n.nspname)
      LIMIT 1
    ),
    pg_catalog.current_schema()
  ) AS schema
)
-- Where a name without a schema is created may be another one.
SELECT home.schema::text, c.relname::text, pg_catalog.current_schema()::text,
  -- Columns that the history of an older version lacks.
  (
    SELECT pg_catalog.string_agg(a.attname::text, ' ')
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = c.oid
      AND c.relname = '__dieselkit_history'
      AND a.attname IN ('backup', 'lock_mode')
      AND NOT a.attisdropped
  )
FROM home
LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname = home.schema
LEFT JOIN pg_catalog.pg_class AS c
  ON c.relnamespace = n.oid
  AND c.relkind IN ('r', 'p', 'v', 'f')
  AND c.relname IN (
    '__diesel_schema_migrations',
    '__dieselkit_history',
    '__dieselkit_metadata',
    '__dieselkit_seeds'
  )
