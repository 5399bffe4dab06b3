-- The statements that give one database what no dump of another holds: its owner, who may connect,
-- its settings and its remark. A setting that is a list is written down as SQL already.
WITH database AS (
  SELECT d.*, (?)::pg_catalog.text AS new
  FROM pg_catalog.pg_database AS d
  WHERE d.datname = (?)::pg_catalog.text
)
SELECT statement
FROM (
  SELECT 1 AS place, pg_catalog.format('ALTER DATABASE %I OWNER TO %I', new, r.rolname) AS statement
  FROM database
  JOIN pg_catalog.pg_roles AS r ON r.oid = datdba
  WHERE r.oid <> (SELECT n.datdba FROM pg_catalog.pg_database AS n WHERE n.datname = new)
  UNION ALL
  SELECT 2, pg_catalog.format('ALTER DATABASE %I CONNECTION LIMIT %s', new, datconnlimit)
  FROM database
  WHERE datconnlimit >= 0
  UNION ALL
  SELECT 3, pg_catalog.format('REVOKE ALL ON DATABASE %I FROM PUBLIC', new)
  FROM database
  WHERE datacl IS NOT NULL
  UNION ALL
  SELECT
    4,
    pg_catalog.format(
      'GRANT %s ON DATABASE %I TO %s%s',
      a.privilege_type,
      new,
      CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(r.rolname) END,
      CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
    )
  FROM database
  CROSS JOIN LATERAL pg_catalog.aclexplode(datacl) AS a
  LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = a.grantee
  WHERE a.grantee = 0 OR r.oid IS NOT NULL
  UNION ALL
  SELECT
    5,
    pg_catalog.format(
      'ALTER %s SET %I TO %s',
      CASE
        WHEN s.setrole = 0 THEN pg_catalog.format('DATABASE %I', new)
        ELSE pg_catalog.format('ROLE %I IN DATABASE %I', r.rolname, new)
      END,
      pg_catalog.split_part(line, '=', 1),
      CASE
        WHEN pg_catalog.lower(pg_catalog.split_part(line, '=', 1)) IN (
          'local_preload_libraries', 'search_path', 'session_preload_libraries', 'temp_tablespaces'
        )
        THEN COALESCE(
          NULLIF(pg_catalog.substr(line, pg_catalog.strpos(line, '=') + 1), ''),
          ''''''
        )
        ELSE pg_catalog.quote_literal(pg_catalog.substr(line, pg_catalog.strpos(line, '=') + 1))
      END
    )
  FROM database
  JOIN pg_catalog.pg_db_role_setting AS s ON s.setdatabase = database.oid
  CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS line
  LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = s.setrole
  WHERE s.setrole = 0 OR r.oid IS NOT NULL
  UNION ALL
  SELECT 6, pg_catalog.format('COMMENT ON DATABASE %I IS %L', new, remark)
  FROM database
  CROSS JOIN LATERAL pg_catalog.shobj_description(database.oid, 'pg_database') AS remark
  WHERE remark IS NOT NULL
) AS statements
ORDER BY place
