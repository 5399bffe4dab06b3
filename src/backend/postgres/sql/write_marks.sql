-- What changes when the open transaction writes to a table; NULL where that cannot be known.
SELECT
  CASE
    WHEN n.nspname = pg_catalog.current_schema() THEN c.relname::text
    ELSE pg_catalog.format('%s.%s', n.nspname, c.relname)
  END,
  CASE
    WHEN c.relkind = 'p' OR pg_catalog.current_setting('track_counts') = 'off' THEN NULL
    ELSE pg_catalog.format(
      '%s %s %s', c.oid, pg_catalog.pg_relation_filenode(c.oid), s.n_tup_ins + s.n_tup_upd + s.n_tup_del
    )
  END
FROM pg_catalog.pg_stat_xact_user_tables AS s
JOIN pg_catalog.pg_class AS c ON c.oid = s.relid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT c.relispartition
