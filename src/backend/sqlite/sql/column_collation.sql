WITH named(name, schema) AS (SELECT ?, ?)
SELECT x.coll
FROM named
CROSS JOIN pragma_index_list(named.name, named.schema) AS i
CROSS JOIN pragma_index_xinfo(i.name, named.schema) AS x
WHERE i."unique" AND x."key" AND x.name = ? AND x.coll <> 'BINARY'
LIMIT 1
