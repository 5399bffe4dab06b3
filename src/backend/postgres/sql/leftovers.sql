-- The databases with this remark, or with none, whose lock nobody holds, whether it is theirs, and who
-- is connected to each. A lock has the database of its session, which is any; who has been granted it
-- is what counts.
SELECT
  d.datname::pg_catalog.text,
  (remark IS NOT NULL)::pg_catalog.int4::pg_catalog.int8,
  (
    SELECT pg_catalog.string_agg(
      pg_catalog.concat_ws(', ', 'pid ' || a.pid, NULLIF(a.application_name, '')), '; '
      ORDER BY a.pid
    )
    FROM pg_catalog.pg_stat_activity AS a
    WHERE a.datid = d.oid
  )
FROM pg_catalog.pg_database AS d
CROSS JOIN LATERAL pg_catalog.shobj_description(d.oid, 'pg_database') AS remark
WHERE COALESCE(remark = (?)::pg_catalog.text, TRUE)
  AND NOT EXISTS (
    SELECT
    FROM pg_catalog.pg_locks AS l
    WHERE l.locktype = 'advisory'
      AND l.classid = 1684763251
      AND l.objid = d.oid
      AND l.objsubid = 1
      AND l.granted
  )
ORDER BY d.datname
