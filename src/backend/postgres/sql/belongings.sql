-- What is the session's own beside its settings: its kind, what it is known by, and the statement that removes
-- it, or, of a channel, that brings it back. Advisory locks of a transaction show like those of a
-- session, of which alone the function gives one back, each as often as it was taken.
WITH locks AS (
  SELECT l.mode, l.classid, l.objid, l.objsubid,
    CASE l.mode WHEN 'ShareLock' THEN 'pg_advisory_unlock_shared' ELSE 'pg_advisory_unlock' END AS unlock,
    CASE l.objsubid
      WHEN 1 THEN ((l.classid::pg_catalog.int8 << 32) | l.objid::pg_catalog.int8)::pg_catalog.text
      ELSE pg_catalog.format(
        '%s, %s',
        l.classid::pg_catalog.int8::pg_catalog.bit(32)::pg_catalog.int4,
        l.objid::pg_catalog.int8::pg_catalog.bit(32)::pg_catalog.int4
      )
    END AS key
  FROM pg_catalog.pg_locks AS l
  WHERE l.locktype = 'advisory'
    AND l.granted
    AND l.pid = pg_catalog.pg_backend_pid()
    AND l.database = (
      SELECT d.oid
      FROM pg_catalog.pg_database AS d
      WHERE d.datname = pg_catalog.current_database()
    )
)
SELECT 'cursor' AS kind, c.name AS key, pg_catalog.format('CLOSE %I', c.name)
FROM pg_catalog.pg_cursors AS c
WHERE c.name <> ''
UNION ALL
SELECT 'statement', p.name, pg_catalog.format('DEALLOCATE %I', p.name)
FROM pg_catalog.pg_prepared_statements AS p
WHERE p.from_sql
UNION ALL
SELECT 'channel', c.name, pg_catalog.format('LISTEN %I', c.name)
FROM pg_catalog.pg_listening_channels() AS c (name)
UNION ALL
SELECT 'temporary', pg_catalog.concat_ws(' ', d.classid, d.objid),
  pg_catalog.format(
    'DROP %s IF EXISTS %s CASCADE',
    CASE o.type WHEN 'composite type' THEN 'TYPE' ELSE pg_catalog.upper(o.type) END,
    o.identity
  )
FROM pg_catalog.pg_depend AS d
CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, 0) AS o
WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
  AND d.refobjid = pg_catalog.pg_my_temp_schema()
UNION ALL
SELECT 'lock', pg_catalog.concat_ws(' ', l.mode, l.objsubid, l.key),
  pg_catalog.format(
    'WITH RECURSIVE given (back) AS (SELECT pg_catalog.%1$s(%2$s) UNION ALL SELECT pg_catalog.%1$s(%2$s) FROM given WHERE back) SELECT pg_catalog.count(*) FROM given',
    l.unlock,
    l.key
  )
FROM locks AS l
