WITH named(name, schema) AS (SELECT ?, ?)
SELECT i.seq, i.origin = 'pk', x.name
FROM named
CROSS JOIN pragma_index_list(named.name, named.schema) AS i
CROSS JOIN pragma_index_xinfo(i.name, named.schema) AS x
WHERE i."unique"
  AND NOT i.partial
  AND x."key"
  -- The rowid and expressions have no column's number.
  AND NOT EXISTS (
    SELECT 1 FROM pragma_index_xinfo(i.name, named.schema) AS e WHERE e."key" AND e.cid < 0
  )
ORDER BY i.origin <> 'pk', i.seq DESC, x.seqno
