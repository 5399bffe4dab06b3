-- What the history keeps of `guard.strongest`. A lock cannot be older than its transaction.
(ARRAY[
  'ACCESS SHARE', 'ROW SHARE', 'ROW EXCLUSIVE', 'SHARE UPDATE EXCLUSIVE',
  'SHARE', 'SHARE ROW EXCLUSIVE', 'EXCLUSIVE', 'ACCESS EXCLUSIVE'
])[guard.strongest[1]] AS lock_mode,
(
  SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.oid = guard.strongest[4]::pg_catalog.oid
) AS lock_on,
CASE
  WHEN guard.strongest IS NOT NULL
  THEN (EXTRACT(EPOCH FROM pg_catalog.clock_timestamp() - pg_catalog.now()) * 1000)::pg_catalog.int8
END AS lock_held_ms
