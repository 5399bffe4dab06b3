-- What this session has locked, in one text, each as its number and a sign that is another one as soon
-- as it gets another lock or is changed itself: how many modes there are, how often a schema was changed,
-- and where its row stands, which whoever changes it moves. A lock is let go of only by what is rolled
-- back. Asked for after each statement, this is all that is read of what is not new, so that it does without
-- anything that takes longer; 99 is the schema pg_toast.
SELECT pg_catalog.string_agg(
  pg_catalog.concat_ws(' ', held.relation, held.modes, schemas.changes, c.ctid), ';'
)
FROM (
  SELECT l.relation, pg_catalog.count(*) AS modes
  FROM pg_catalog.pg_locks AS l
  WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.granted
    AND l.relation >= 16384
  GROUP BY l.relation
) AS held
CROSS JOIN (
  SELECT pg_catalog.pg_stat_get_xact_tuples_updated(
    'pg_catalog.pg_namespace'::pg_catalog.regclass
  ) AS changes
  OFFSET 0
) AS schemas
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = held.relation
WHERE c.relnamespace IS DISTINCT FROM 99
