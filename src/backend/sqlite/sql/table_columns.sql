WITH named(name, schema) AS (SELECT ?, ?)
SELECT
  c.name,
  c.type,
  c."notnull",
  c.dflt_value IS NOT NULL,
  c.hidden IN (2, 3), -- generated, virtual or stored
  -- A primary key for which no index had to be made is the rowid itself.
  c.pk > 0 AND NOT EXISTS (
    SELECT 1 FROM pragma_index_list(named.name, named.schema) AS i WHERE i.origin = 'pk'
  )
FROM named
CROSS JOIN pragma_table_xinfo(named.name, named.schema) AS c
WHERE c.hidden <> 1
ORDER BY c.cid
