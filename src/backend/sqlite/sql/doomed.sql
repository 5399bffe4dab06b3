-- What a reset drops, in its order. The shadow tables of a virtual table go with it.
SELECT s.type || ' ' || s.name
FROM main.sqlite_schema AS s
WHERE s.type IN ('trigger', 'view', 'table') AND s.name NOT LIKE 'sqlite\_%' ESCAPE '\'
  AND s.name NOT LIKE '\_\_diesel%' ESCAPE '\'
  AND NOT EXISTS (
    SELECT 1 FROM pragma_table_list AS l
    WHERE l.schema = 'main' AND l.name = s.name AND l.type = 'shadow'
  )
ORDER BY
  CASE s.type WHEN 'trigger' THEN 1 WHEN 'view' THEN 2 ELSE 3 END,
  s.sql NOT LIKE 'CREATE VIRTUAL%',
  s.name
