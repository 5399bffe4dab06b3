-- What some sessions are at, the oldest transaction first. A server tells it a superuser, a member
-- of pg_read_all_stats, and the role that does it; anybody else only learns that they are there.
SELECT
  asked.pid::pg_catalog.int8,
  a.usename::pg_catalog.text,
  a.application_name,
  a.state,
  pg_catalog.to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
  (EXTRACT(EPOCH FROM pg_catalog.clock_timestamp() - a.xact_start) * 1000)::pg_catalog.int8,
  CASE WHEN a.xact_start IS NOT NULL OR a.state IS NOT NULL THEN a.query END
FROM (SELECT DISTINCT pid FROM pg_catalog.unnest(?::pg_catalog.int4[]) AS each (pid)) AS asked
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = asked.pid
-- A prepared transaction has no session.
WHERE asked.pid <> 0
ORDER BY a.xact_start NULLS LAST, asked.pid
