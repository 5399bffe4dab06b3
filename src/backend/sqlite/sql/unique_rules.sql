WITH named(name, schema) AS (SELECT ?, ?)
SELECT i.seq, x.name, i.name
FROM named
CROSS JOIN pragma_index_list(named.name, named.schema) AS i
CROSS JOIN pragma_index_xinfo(i.name, named.schema) AS x
WHERE i."unique" AND x."key"
ORDER BY i.origin <> 'pk', i.seq DESC, x.seqno
