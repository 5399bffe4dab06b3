SELECT upper(type), name
FROM main.sqlite_schema
WHERE type IN ('trigger', 'view', 'table') AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
ORDER BY
  CASE type WHEN 'trigger' THEN 1 WHEN 'view' THEN 2 ELSE 3 END,
  sql NOT LIKE 'CREATE VIRTUAL%',
  name
LIMIT 1
