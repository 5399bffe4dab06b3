SELECT c.conname::text, pg_catalog.pg_get_expr(c.conbin, c.conrelid), NULL::text
FROM pg_catalog.pg_constraint AS c
WHERE c.conrelid = ?::oid AND c.contype = 'c'
UNION ALL
-- Those of the columns' domains, and of the domains under them.
SELECT c.conname::text, pg_catalog.pg_get_expr(c.conbin, 0), a.attname::text
FROM pg_catalog.pg_attribute AS a
CROSS JOIN LATERAL (
  WITH RECURSIVE under(oid, next) AS (
    SELECT t.oid, t.typbasetype FROM pg_catalog.pg_type AS t WHERE t.oid = a.atttypid
    UNION ALL
    SELECT t.oid, t.typbasetype
    FROM under AS u
    JOIN pg_catalog.pg_type AS t ON t.oid = u.next
  )
  SELECT u.oid FROM under AS u
) AS domain
JOIN pg_catalog.pg_constraint AS c ON c.contypid = domain.oid AND c.contype = 'c'
WHERE a.attrelid = ?::oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY 1
