-- Foreign keys of other tables that do more than refuse when rows of this one are deleted. No pragma
-- tells the name of a constraint.
SELECT '`' || l.name || '` by `' || group_concat(f."from", '`, `') || '` (ON DELETE ' || f.on_delete || ')'
FROM pragma_table_list AS l
CROSS JOIN pragma_foreign_key_list(l.name, l.schema) AS f
WHERE l.schema = 'main'
  AND l.type = 'table'
  AND f."table" = ? COLLATE NOCASE
  AND l.name <> ? COLLATE NOCASE
  AND f.on_delete IN ('CASCADE', 'SET NULL', 'SET DEFAULT')
GROUP BY l.name, f.id, f.on_delete
ORDER BY l.name, f.id
