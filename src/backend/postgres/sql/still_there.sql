-- Which of the keys still name something; a cascade leaves no row of what it took along.
SELECT kept.key
FROM pg_catalog.unnest(pg_catalog.string_to_array(?, ' ')) AS kept (key)
WHERE EXISTS (
  SELECT 1
  FROM pg_catalog.pg_depend AS d
  WHERE d.classid = pg_catalog.split_part(kept.key, '.', 1)::pg_catalog.oid
    AND d.objid = pg_catalog.split_part(kept.key, '.', 2)::pg_catalog.oid
    AND d.objsubid = pg_catalog.split_part(kept.key, '.', 3)::pg_catalog.int4
)
