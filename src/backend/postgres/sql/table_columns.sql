SELECT
  a.attname::text,
  pg_catalog.format_type(a.atttypid, a.atttypmod),
  base.oid::bigint,
  NOT a.attnotnull,
  a.attgenerated = '' AND (a.atthasdef OR a.attidentity <> '' OR t.typdefault IS NOT NULL),
  a.attgenerated <> '',
  -- A range's, an enum's or a multirange's values compare always; those of other types where there
  -- is an operator class for the type itself, or for one that has the same bytes (text for varchar).
  element.typtype IN ('e', 'r', 'm') OR EXISTS (
    SELECT 1
    FROM pg_catalog.pg_opclass AS o
    JOIN pg_catalog.pg_am AS m ON m.oid = o.opcmethod
    LEFT JOIN pg_catalog.pg_cast AS k
      ON k.castsource = element.oid
      AND k.casttarget = o.opcintype
      AND k.castmethod = 'b'
      AND k.castcontext = 'i'
    WHERE o.opcdefault
      AND m.amname IN ('btree', 'hash')
      AND (o.opcintype = element.oid OR k.oid IS NOT NULL)
  ),
  a.attidentity = 'a'
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
-- What a domain, or a domain over one, stands for.
CROSS JOIN LATERAL (
  WITH RECURSIVE under(oid, typbasetype) AS (
    SELECT t.oid, t.typbasetype
    UNION ALL
    SELECT b.oid, b.typbasetype
    FROM under AS u
    JOIN pg_catalog.pg_type AS b ON b.oid = u.typbasetype
  )
  SELECT u.oid FROM under AS u WHERE u.typbasetype = 0
) AS base
JOIN pg_catalog.pg_type AS plain ON plain.oid = base.oid
-- Arrays compare where their elements do.
JOIN pg_catalog.pg_type AS element
  ON element.oid = CASE WHEN plain.typcategory = 'A' THEN plain.typelem ELSE plain.oid END
WHERE a.attrelid = ?::oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
