-- The columns that an index only includes come behind its keys.
SELECT i.indexrelid::bigint, i.indisprimary, i.indimmediate, a.attname::text
FROM pg_catalog.pg_index AS i
CROSS JOIN LATERAL pg_catalog.generate_series(0, i.indnkeyatts - 1) AS place
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[place]
WHERE i.indrelid = ?::oid
  AND i.indisunique
  AND i.indisvalid
  AND i.indpred IS NULL
  AND i.indexprs IS NULL
ORDER BY i.indisprimary DESC, i.indexrelid, place
