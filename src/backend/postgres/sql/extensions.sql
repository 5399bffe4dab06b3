-- The extensions that the user may not make: the need, what it is about, and the word of its kind. One that
-- is there, or that the server has not, is left to the server. A library that the server has loaded, and
-- a provider's own roles, may allow what the catalogs do not: then nothing is said.
WITH needed AS (
  SELECT DISTINCT n.need, n.schema, n.name, n.version
  FROM pg_catalog.jsonb_to_recordset(?::pg_catalog.jsonb)
    AS n (
      need pg_catalog.text, sort pg_catalog.text, schema pg_catalog.text, name pg_catalog.text,
      version pg_catalog.text
    )
  WHERE n.sort = 'EXTENSION'
), known AS (
  SELECT n.need, n.schema, e.name,
    coalesce((pg_catalog.to_jsonb(v) ->> 'trusted')::pg_catalog.bool, false) AS trusted
  FROM needed AS n
  JOIN pg_catalog.pg_available_extensions AS e ON e.name = n.name
  JOIN pg_catalog.pg_available_extension_versions AS v
    ON v.name = e.name AND v.version = coalesce(n.version, e.default_version)
  WHERE e.installed_version IS NULL
    AND v.superuser
)
SELECT
  CASE
    WHEN k.trusted THEN pg_catalog.format('%I', pg_catalog.current_database())
    ELSE k.need
  END,
  pg_catalog.concat(
    pg_catalog.format('%I', k.name), ' WITH SCHEMA ' || pg_catalog.quote_ident(k.schema)
  ),
  CASE WHEN k.trusted THEN 'TRUSTED EXTENSION' ELSE 'EXTENSION' END,
  NULL::pg_catalog.text
FROM known AS k
WHERE NOT (
    k.trusted
    AND pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
  )
  AND NOT EXISTS (
    SELECT
    FROM pg_catalog.pg_roles AS r
    WHERE r.rolsuper AND r.rolname = current_user
  )
  AND NOT EXISTS (
    SELECT
    FROM pg_catalog.pg_roles AS r
    WHERE r.rolname LIKE '%superuser'
      OR r.rolname IN ('avnadmin', 'azure_pg_admin', 'doadmin', 'supabase_admin')
  )
  AND NOT EXISTS (
    SELECT
    FROM pg_catalog.pg_settings AS s
    WHERE s.name LIKE '%.%'
      AND pg_catalog.split_part(s.name, '.', 1) NOT IN (
        'auto_explain', 'pg_stat_statements', 'plpgsql'
      )
  )
