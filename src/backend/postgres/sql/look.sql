-- What there is in this database's own schemas, and what this session has locked of it: its number,
-- schema, name, name as it is told of, kind (table, index, other), storage, the number of an index's
-- table, and the modes of the locks.
--
-- What is gone and was locked has its number and its locks alone. 99 is the schema pg_toast, whose
-- tables go with others. This tool's own tables are not looked at.
SELECT
  coalesce(c.oid, held.relation)::pg_catalog.int8,
  n.nspname::pg_catalog.text,
  c.relname::pg_catalog.text,
  CASE WHEN c.oid IS NOT NULL THEN pg_catalog.format('%I.%I', n.nspname, c.relname) END,
  CASE
    WHEN c.relkind IN ('r', 'p', 'm', 'f') THEN 'table'
    WHEN c.relkind IN ('i', 'I') THEN 'index'
    ELSE 'other'
  END,
  CASE
    WHEN c.relkind IN ('r', 'm', 'i') THEN c.relfilenode::pg_catalog.int8
    ELSE 0::pg_catalog.int8
  END,
  (
    SELECT i.indrelid::pg_catalog.int8
    FROM pg_catalog.pg_index AS i
    WHERE i.indexrelid = c.oid
  ),
  coalesce(held.modes, '')
FROM (
  pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
) {join} JOIN (
  SELECT l.relation, pg_catalog.string_agg(DISTINCT l.mode, ',') AS modes
  FROM pg_catalog.pg_locks AS l
  WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.granted
    AND l.relation >= 16384 {these}
  GROUP BY l.relation
) AS held ON held.relation = c.oid
WHERE (c.oid IS NULL OR c.oid >= 16384)
  AND c.relnamespace IS DISTINCT FROM 99
  AND coalesce(n.nspname !~ '^pg_toast_temp_' AND c.relname NOT LIKE '\_\_diesel%', true)
