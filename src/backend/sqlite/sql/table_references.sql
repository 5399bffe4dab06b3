WITH named(name, schema) AS (SELECT ?, ?)
SELECT
  f.id,
  coalesce(l.name, f."table"),
  f."from",
  -- A foreign key that names no columns means the primary key.
  coalesce((
    SELECT p.name
    FROM pragma_table_xinfo(f."table", named.schema) AS p
    WHERE CASE WHEN f."to" IS NULL THEN p.pk = f.seq + 1 ELSE p.name = f."to" COLLATE NOCASE END
  ), f."to", '')
FROM named
CROSS JOIN pragma_foreign_key_list(named.name, named.schema) AS f
LEFT JOIN pragma_table_list AS l
  ON l.name = f."table" COLLATE NOCASE AND l.schema = named.schema COLLATE NOCASE
ORDER BY f.id, f.seq
