-- Who makes a database here, whether they may, and whether they may give another name to the one that is
-- to be replaced, where there is one of this name.
SELECT
  CURRENT_USER::pg_catalog.text,
  (r.rolsuper OR r.rolcreatedb)::pg_catalog.int4::pg_catalog.int8,
  COALESCE(
    (
      SELECT r.rolsuper OR pg_catalog.pg_has_role(d.datdba, 'USAGE')
      FROM pg_catalog.pg_database AS d
      WHERE d.datname = (?)::pg_catalog.text
    ),
    TRUE
  )::pg_catalog.int4::pg_catalog.int8
FROM pg_catalog.pg_roles AS r
WHERE r.rolname = CURRENT_USER
