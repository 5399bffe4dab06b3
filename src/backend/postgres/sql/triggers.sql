-- The triggers and rules that run where rows of a table, or of a view, are written in a way, also those of
-- its parts and of what a view shows; with what they run, where it is written in a language around SQL.
-- Functions of the server's own, which make values, are none of them. Where a table is written through
-- its parent, only its triggers for each row run, and none of its rules; TRUNCATE runs all.
WITH RECURSIVE asked AS (
  SELECT (?)::pg_catalog.text AS verb
), reached AS (
  SELECT c.oid, c.relkind, false AS through_parent
  FROM pg_catalog.pg_class AS c
  WHERE c.oid = pg_catalog.to_regclass(?)::pg_catalog.oid
  UNION
  SELECT c.oid, c.relkind, next.through_parent
  FROM reached
  CROSS JOIN asked
  CROSS JOIN LATERAL (
    SELECT parts.inhrelid AS oid, asked.verb <> 'truncate' AS through_parent
    FROM pg_catalog.pg_inherits AS parts
    -- A new row goes to a partition, and to no other table that inherits.
    WHERE parts.inhparent = reached.oid AND (reached.relkind = 'p' OR asked.verb <> 'insert')
    UNION ALL
    SELECT d.refobjid, false
    FROM pg_catalog.pg_rewrite AS r
    JOIN pg_catalog.pg_depend AS d
      ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
    WHERE reached.relkind = 'v' AND r.ev_class = reached.oid AND r.ev_type = '1'
      AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
  ) AS next
  JOIN pg_catalog.pg_class AS c ON c.oid = next.oid
)
SELECT DISTINCT n.nspname::pg_catalog.text, c.relname::pg_catalog.text, found.name, found.body
FROM asked
CROSS JOIN reached
JOIN pg_catalog.pg_class AS c ON c.oid = reached.oid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
  SELECT
    t.tgname::pg_catalog.text AS name,
    CASE WHEN l.lanname = 'plpgsql' THEN p.prosrc END AS body
  FROM pg_catalog.pg_trigger AS t
  JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
  JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.pronamespace
  JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
  WHERE t.tgrelid = reached.oid AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
    AND pn.nspname <> 'pg_catalog'
    -- The lowest bit says that it is for each row.
    AND (NOT reached.through_parent OR t.tgtype::pg_catalog.int4 & 1 <> 0)
    AND t.tgtype::pg_catalog.int4 & CASE asked.verb
      WHEN 'insert' THEN 4
      WHEN 'delete' THEN 8
      WHEN 'update' THEN 16
      ELSE 32
    END <> 0
  UNION ALL
  SELECT
    r.rulename::pg_catalog.text,
    pg_catalog.regexp_replace(pg_catalog.pg_get_ruledef(r.oid), '^.*? DO ', '')
  FROM pg_catalog.pg_rewrite AS r
  WHERE r.ev_class = reached.oid AND r.ev_enabled IN ('O', 'A') AND NOT reached.through_parent
    AND r.ev_type = CASE asked.verb
      WHEN 'update' THEN '2'
      WHEN 'insert' THEN '3'
      WHEN 'delete' THEN '4'
    END::"char"
) AS found
ORDER BY 1, 2, 3
