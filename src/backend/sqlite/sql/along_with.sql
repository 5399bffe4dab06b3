-- The foreign keys of other tables that take rows or values along with those that are deleted of a
-- table. A row a column.
SELECT l.schema, l.name, f."from", l.name || ' ' || f.id, f.on_delete = 'CASCADE'
FROM pragma_table_list AS l
CROSS JOIN pragma_foreign_key_list(l.name, l.schema) AS f
WHERE l.schema = ? COLLATE NOCASE
  AND l.type = 'table'
  AND f."table" = ? COLLATE NOCASE
  AND l.name <> f."table" COLLATE NOCASE
  AND f.on_delete IN ('CASCADE', 'SET NULL', 'SET DEFAULT')
ORDER BY l.name, f.id, f.seq
