-- The strongest lock that a session holds now on a relation that others can use, what it is on, and that
-- nobody knows since when. What the session has made and not committed yet is not in the catalog of
-- whoever asks. Neither the catalog counts, nor what keeps long values (99 is the schema pg_toast), nor
-- a temporary table, nor this tool's own ones.
SELECT strength.mode, pg_catalog.format('%I.%I', n.nspname, c.relname), NULL::pg_catalog.int8
FROM pg_catalog.pg_locks AS l
JOIN (
  VALUES
    (1, 'AccessShareLock', 'ACCESS SHARE'),
    (2, 'RowShareLock', 'ROW SHARE'),
    (3, 'RowExclusiveLock', 'ROW EXCLUSIVE'),
    (4, 'ShareUpdateExclusiveLock', 'SHARE UPDATE EXCLUSIVE'),
    (5, 'ShareLock', 'SHARE'),
    (6, 'ShareRowExclusiveLock', 'SHARE ROW EXCLUSIVE'),
    (7, 'ExclusiveLock', 'EXCLUSIVE'),
    (8, 'AccessExclusiveLock', 'ACCESS EXCLUSIVE')
) AS strength (rank, shown, mode) ON strength.shown = l.mode
JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE l.pid = ? AND l.locktype = 'relation' AND l.granted AND l.relation >= 16384
  AND l.database = (
    SELECT d.oid FROM pg_catalog.pg_database AS d
    WHERE d.datname = pg_catalog.current_database()
  )
  AND c.relnamespace <> 99 AND c.relpersistence <> 't' AND c.relname NOT LIKE '\_\_diesel%'
ORDER BY strength.rank DESC, c.relkind IN ('r', 'p', 'm', 'f') DESC, c.oid DESC
LIMIT 1
