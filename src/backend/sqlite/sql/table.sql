-- A name without a schema is looked for in temp, then in main, then in the attached ones.
SELECT l.schema, l.name, l.strict
FROM pragma_table_list AS l
JOIN pragma_database_list AS d ON d.name = l.schema
WHERE l.name = ? COLLATE NOCASE
  AND l.schema = coalesce(?, l.schema) COLLATE NOCASE
  AND l.type = 'table'
ORDER BY l.schema <> 'temp', d.seq
LIMIT 1
