-- What has to do with a table, or with the table of an index, in one way: its numbers, one row each.
WITH RECURSIVE given (id) AS (
  SELECT coalesce(
    (SELECT i.indrelid FROM pg_catalog.pg_index AS i WHERE i.indexrelid = asked.id), asked.id
  )
  FROM (SELECT (?)::pg_catalog.oid AS id) AS asked
),
below (id) AS (
  SELECT id FROM given
  UNION
  SELECT i.inhrelid
  FROM pg_catalog.pg_inherits AS i
  JOIN below ON below.id = i.inhparent
),
above (id) AS (
  SELECT i.inhparent
  FROM pg_catalog.pg_inherits AS i
  JOIN given ON given.id = i.inhrelid
  JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
  WHERE c.relispartition
),
referring (id) AS (
  SELECT id FROM below
  UNION
  SELECT c.conrelid
  FROM pg_catalog.pg_constraint AS c
  JOIN referring ON referring.id = c.confrelid
  WHERE c.contype = 'f'
),
views (id) AS (
  SELECT id FROM below
  UNION
  SELECT r.ev_class
  FROM pg_catalog.pg_depend AS d
  JOIN views ON views.id = d.refobjid
  JOIN pg_catalog.pg_rewrite AS r ON r.oid = d.objid
  WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
),
kin (how, id) AS (
  SELECT 'below', id FROM below
  UNION ALL
  SELECT 'partitions', below.id
  FROM below
  JOIN pg_catalog.pg_class AS c ON c.oid = below.id
  WHERE c.relispartition
  UNION ALL
  SELECT 'above', id FROM above
  UNION ALL
  SELECT 'above', p.partdefid
  FROM pg_catalog.pg_partitioned_table AS p
  JOIN above ON above.id = p.partrelid
  UNION ALL
  SELECT 'default', p.partdefid
  FROM pg_catalog.pg_partitioned_table AS p
  JOIN given ON given.id = p.partrelid
  UNION ALL
  SELECT 'referring', id FROM referring
  UNION ALL
  SELECT 'referred', c.confrelid
  FROM pg_catalog.pg_constraint AS c
  JOIN given ON given.id = c.conrelid
  WHERE c.contype = 'f'
  UNION ALL
  SELECT 'ends', CASE WHEN c.conrelid = below.id THEN c.confrelid ELSE c.conrelid END
  FROM pg_catalog.pg_constraint AS c
  JOIN below ON below.id IN (c.conrelid, c.confrelid)
  WHERE c.contype = 'f'
    -- One that a partition has of its parent has no triggers at the other end.
    AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_constraint AS p
      WHERE p.oid = c.conparentid AND p.confrelid = c.confrelid
    )
  UNION ALL
  SELECT 'views', id FROM views
)
SELECT DISTINCT kin.id::pg_catalog.int8
FROM kin
CROSS JOIN given
WHERE kin.how = (?)::pg_catalog.text AND kin.id <> given.id AND kin.id <> 0
ORDER BY 1
