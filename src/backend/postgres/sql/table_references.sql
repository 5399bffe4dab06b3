SELECT
  c.oid::bigint,
  c.conname::text,
  n.nspname::text,
  t.relname::text,
  c.condeferrable,
  own.attname::text,
  other.attname::text
FROM pg_catalog.pg_constraint AS c
JOIN pg_catalog.pg_class AS t ON t.oid = c.confrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
CROSS JOIN LATERAL pg_catalog.generate_subscripts(c.conkey, 1) AS place
JOIN pg_catalog.pg_attribute AS own
  ON own.attrelid = c.conrelid AND own.attnum = c.conkey[place]
JOIN pg_catalog.pg_attribute AS other
  ON other.attrelid = c.confrelid AND other.attnum = c.confkey[place]
WHERE c.contype = 'f' AND c.conrelid = ?::oid
ORDER BY c.conname, c.oid, place
