-- A row for each column, or for each label of an enum, in their order.
SELECT
  a.attname::text,
  pg_catalog.format_type(base.oid, base.typmod),
  NOT (a.attnotnull OR base.not_null),
  CASE
    WHEN a.attgenerated <> '' THEN 'computed'
    WHEN a.attidentity <> '' OR pg_catalog.pg_get_expr(d.adbin, d.adrelid) LIKE '%nextval(%' THEN 'counted'
    WHEN d.oid IS NOT NULL OR base.has_default THEN 'default'
    ELSE 'nobody'
  END,
  e.enumlabel::text
FROM pg_catalog.pg_attribute AS a
LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
-- What a domain, or a domain over one, stands for, and what all of them ask.
CROSS JOIN LATERAL (
  WITH RECURSIVE under(oid, typmod, not_null, has_default, next, next_typmod) AS (
    SELECT t.oid, a.atttypmod, t.typnotnull, t.typdefault IS NOT NULL, t.typbasetype, t.typtypmod
    FROM pg_catalog.pg_type AS t
    WHERE t.oid = a.atttypid
    UNION ALL
    SELECT t.oid, u.next_typmod, u.not_null OR t.typnotnull, u.has_default OR t.typdefault IS NOT NULL,
      t.typbasetype, t.typtypmod
    FROM under AS u
    JOIN pg_catalog.pg_type AS t ON t.oid = u.next
  )
  SELECT u.oid, u.typmod, u.not_null, u.has_default FROM under AS u WHERE u.next = 0
) AS base
JOIN pg_catalog.pg_type AS plain ON plain.oid = base.oid
LEFT JOIN pg_catalog.pg_enum AS e
  ON e.enumtypid = CASE WHEN plain.typcategory = 'A' THEN plain.typelem ELSE plain.oid END
WHERE a.attrelid = ?::oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum, e.enumsortorder
