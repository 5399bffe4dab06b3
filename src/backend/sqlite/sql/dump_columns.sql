-- The columns of all tables, computed ones too; a virtual table's rows are in the tables behind it.
SELECT l.name, c.name
FROM pragma_table_list AS l
JOIN pragma_table_xinfo(l.name, l.schema) AS c
WHERE l.schema = 'main'
  AND l.type IN ('table', 'shadow')
  AND l.name NOT LIKE 'sqlite\_%' ESCAPE '\'
ORDER BY l.name, c.cid
