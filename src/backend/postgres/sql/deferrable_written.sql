    -- Those that a trigger checks on what this session has written rows of, and no others.
    AND c.oid IN (
      SELECT t.tgconstraint
      FROM pg_catalog.pg_locks AS l
      JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = l.relation
      WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.granted
        AND l.mode = 'RowExclusiveLock' AND l.relation >= 16384 AND t.tgdeferrable
    )
