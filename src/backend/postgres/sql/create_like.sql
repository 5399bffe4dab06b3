-- The statement that creates a database with the encoding and the locale of another, and nothing of
-- what is in it. The columns of a locale are others in each version.
SELECT pg_catalog.format(
  'CREATE DATABASE %I TEMPLATE template0 ENCODING %L LC_COLLATE %L LC_CTYPE %L',
  (?)::pg_catalog.text,
  pg_catalog.pg_encoding_to_char(d.encoding),
  d.datcollate,
  d.datctype
) || CASE row.value ->> 'datlocprovider'
  WHEN 'i' THEN pg_catalog.format(
    ' LOCALE_PROVIDER icu ICU_LOCALE %L',
    COALESCE(row.value ->> 'datlocale', row.value ->> 'daticulocale')
  )
  WHEN 'b' THEN pg_catalog.format(
    ' LOCALE_PROVIDER builtin BUILTIN_LOCALE %L',
    row.value ->> 'datlocale'
  )
  ELSE ''
END
FROM pg_catalog.pg_database AS d
CROSS JOIN LATERAL pg_catalog.to_jsonb(d) AS row(value)
WHERE d.datname = (?)::pg_catalog.text
