-- For each table that the open transaction may have written to: how its triggers are switched off,
-- how the moments that it took from the transaction's clock are moved back, and how its triggers
-- are switched on again as they were.
WITH clock AS (
  SELECT pg_catalog.date_part('microseconds', pg_catalog.transaction_timestamp())::int8 % 1000000 AS micros
),
moments AS (
  SELECT
    c.oid,
    pg_catalog.format('%I.%I', n.nspname, c.relname) AS name,
    pg_catalog.format('%I', a.attname) AS moment,
    a.attnum,
    pg_catalog.format(
      -- A clock without a fraction is not told from what a file says.
      '(%1$I = pg_catalog.transaction_timestamp()::%2$s OR %3$s %% 1000 <> 0 AND pg_catalog.date_part(''microseconds'', %1$I)::pg_catalog.int8 %% 1000000 = %3$s)',
      a.attname,
      pg_catalog.format_type(a.atttypid, a.atttypmod),
      clock.micros
    ) AS is_now
  FROM clock
  CROSS JOIN pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_catalog.pg_stat_xact_user_tables AS s ON s.relid = c.oid
  WHERE c.relkind IN ('r', 'p')
    AND NOT c.relispartition
    AND c.relpersistence <> 't'
    AND n.nspname <> 'information_schema'
    AND n.nspname NOT LIKE 'pg\_%'
    AND c.relname NOT LIKE '\_\_diesel%'
    AND a.atttypid IN ('timestamp'::pg_catalog.regtype, 'timestamptz'::pg_catalog.regtype)
    AND a.attgenerated = ''
    AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'UPDATE')
    AND (
      c.relkind = 'p'
      OR s.n_tup_ins + s.n_tup_upd > 0
      OR pg_catalog.current_setting('track_counts') = 'off'
    )
),
triggers AS (
  SELECT
    t.tgrelid,
    pg_catalog.string_agg(pg_catalog.format('ALTER TABLE %s DISABLE TRIGGER %I;', m.name, t.tgname), '') AS off,
    pg_catalog.string_agg(
      pg_catalog.format(
        'ALTER TABLE %s ENABLE %s TRIGGER %I;',
        m.name,
        CASE t.tgenabled WHEN 'R' THEN 'REPLICA' WHEN 'A' THEN 'ALWAYS' ELSE '' END,
        t.tgname
      ),
      ''
    ) AS on_again
  FROM pg_catalog.pg_trigger AS t
  JOIN (SELECT DISTINCT oid, name FROM moments) AS m ON m.oid = t.tgrelid
  WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'
  GROUP BY t.tgrelid
)
SELECT
  coalesce(pg_catalog.min(t.off), ''),
  pg_catalog.format(
    'UPDATE %s SET %s WHERE %s',
    pg_catalog.min(m.name),
    pg_catalog.string_agg(
      pg_catalog.format(
        '%1$s = CASE WHEN %2$s THEN %1$s - pg_catalog.make_interval(secs => 1) ELSE %1$s END', m.moment, m.is_now
      ),
      ', ' ORDER BY m.attnum
    ),
    pg_catalog.string_agg(m.is_now, ' OR ' ORDER BY m.attnum)
  ),
  coalesce(pg_catalog.min(t.on_again), '')
FROM moments AS m
LEFT JOIN triggers AS t ON t.tgrelid = m.oid
GROUP BY m.oid
ORDER BY m.oid
