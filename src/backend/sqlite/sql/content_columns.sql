-- The columns of all tables that may hold anything but bookkeeping, computed ones too.
SELECT l.name, c.name, c.pk
FROM pragma_table_list AS l
JOIN pragma_table_xinfo(l.name, l.schema) AS c
WHERE l.schema = 'main'
  AND l.type IN ('table', 'shadow')
  AND l.name NOT LIKE 'sqlite\_%' ESCAPE '\'
  AND l.name NOT LIKE '\_\_diesel%' ESCAPE '\'
ORDER BY l.name, c.cid
