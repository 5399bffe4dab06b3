-- The roles that own something in this database, or were granted something. The server's own, which
-- begin with `pg_`, are everywhere; what the first superuser owns is in no list but the objects'.
SELECT r.rolname::text
FROM (
  SELECT d.refobjid AS oid
  FROM pg_catalog.pg_shdepend AS d
  WHERE d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
    AND d.dbid = (
      SELECT b.oid
      FROM pg_catalog.pg_database AS b
      WHERE b.datname = pg_catalog.current_database()
    )
  UNION
  SELECT c.relowner
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
  UNION
  SELECT p.proowner
  FROM pg_catalog.pg_proc AS p
  JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
  WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
  UNION
  SELECT n.nspowner
  FROM pg_catalog.pg_namespace AS n
  WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'public')
) AS used
JOIN pg_catalog.pg_roles AS r ON r.oid = used.oid
WHERE r.rolname NOT LIKE 'pg\_%'
ORDER BY 1
