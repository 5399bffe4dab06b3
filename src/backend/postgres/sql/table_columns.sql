SELECT
  a.attname::text,
  pg_catalog.format_type(a.atttypid, a.atttypmod),
  base.oid::bigint,
  NOT a.attnotnull,
  a.attgenerated = '' AND (a.atthasdef OR a.attidentity <> '' OR t.typdefault IS NOT NULL),
  a.attgenerated <> '',
  -- Whether what is equal has the same bytes, which B-trees ask as well: they keep equal values
  -- once. Of character(n) and name they believe what does not hold where blanks follow.
  CASE
    -- A number has as many digits behind its point as its column says.
    WHEN a.atttypid = 'pg_catalog.numeric'::pg_catalog.regtype THEN a.atttypmod >= 0
    ELSE EXISTS (
      SELECT 1
      FROM pg_catalog.pg_opclass AS o
      JOIN pg_catalog.pg_am AS m ON m.oid = o.opcmethod
      JOIN pg_catalog.pg_amproc AS p
        ON p.amprocfamily = o.opcfamily
        AND p.amproclefttype = o.opcintype
        AND p.amprocrighttype = o.opcintype
        AND p.amprocnum = 4
      JOIN pg_catalog.pg_proc AS f ON f.oid = p.amproc
      LEFT JOIN pg_catalog.pg_collation AS c ON c.oid = a.attcollation
      WHERE o.opcdefault
        AND m.amname = 'btree'
        AND (
          o.opcintype = plain.oid AND f.proname = 'btequalimage'
          OR plain.typtype = 'e' AND o.opcintype = 'pg_catalog.anyenum'::pg_catalog.regtype
          OR plain.oid IN ('pg_catalog.text'::pg_catalog.regtype, 'pg_catalog.varchar'::pg_catalog.regtype)
            AND o.opcintype = 'pg_catalog.text'::pg_catalog.regtype
            -- Read like this the column may be missing, as it is before PostgreSQL 12.
            AND pg_catalog.to_jsonb(c) ->> 'collisdeterministic' = 'true'
        )
    )
  END,
  a.attidentity = 'a',
  a.attcollation <> 0,
  -- A type of fixed length that has elements is none: point, name.
  plain.typelem <> 0 AND plain.typlen = -1
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
WHERE a.attrelid = ?::oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
