-- The strongest lock on a table, index or view that the transaction holds until its end, as
-- {its strength from 1 to 8, whether it is still there, whether it is a table, what it is on}, and
-- whether the session's lock of the key is held: both in one look.
--
-- What the transaction has made itself does not count, since nobody else can wait for it: a row of
-- its columns that nothing changes is as old as it is. Neither do temporary tables, nor this tool's own,
-- nor the catalog, nor what keeps long values (99 is the schema pg_toast).
SELECT
  pg_catalog.bool_or({held}) AS held,
  pg_catalog.max(
    CASE
      WHEN l.locktype = 'relation' AND l.granted AND l.relation >= 16384
        AND (
          c.oid IS NULL
          OR (
            pg_catalog.age(a.xmin) > 0
            AND c.relpersistence <> 't'
            AND c.relnamespace <> 99
            AND c.relname NOT LIKE '\_\_diesel%'
          )
        )
      THEN ARRAY[
        pg_catalog.array_position(
          ARRAY[
            'AccessShareLock', 'RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock',
            'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'
          ],
          l.mode
        )::pg_catalog.int8,
        (c.oid IS NOT NULL)::pg_catalog.int4::pg_catalog.int8,
        coalesce(c.relkind IN ('r', 'p', 'm', 'f'), false)::pg_catalog.int4::pg_catalog.int8,
        l.relation::pg_catalog.int8
      ]
    END
  ) AS strongest
FROM pg_catalog.pg_locks AS l
-- Each looked up by itself, which LIMIT holds the planner to: the plan is made once, when there may be
-- few tables yet, and would read the whole catalog for each of a thousand migrations.
LEFT JOIN LATERAL (
  SELECT k.oid, k.relkind, k.relname, k.relnamespace, k.relpersistence
  FROM pg_catalog.pg_class AS k WHERE k.oid = l.relation LIMIT 1
) AS c ON true
LEFT JOIN LATERAL (
  SELECT k.xmin
  FROM pg_catalog.pg_attribute AS k
  WHERE k.attrelid = c.oid
    AND k.attnum = CASE WHEN c.relkind IN ('r', 'p', 'm', 'f', 'S', 't') THEN -1 ELSE 1 END
  LIMIT 1
) AS a ON true
WHERE l.pid = pg_catalog.pg_backend_pid()
