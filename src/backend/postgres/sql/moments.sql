-- For each table that the open transaction may have written to: how its triggers are switched off,
-- how the moments that it took from the transaction's clock are moved back, and how its triggers
-- are switched on again as they were.
WITH clock AS (
  SELECT
    pg_catalog.date_part('microseconds', pg_catalog.transaction_timestamp())::pg_catalog.int8 % 1000000 AS micros,
    -- As a text has it, and as JSON has it; what follows, a zone, stays.
    pg_catalog.transaction_timestamp()::pg_catalog.timestamp::pg_catalog.text AS text,
    pg_catalog.to_json(pg_catalog.transaction_timestamp()::pg_catalog.timestamp) #>> '{}' AS json,
    (pg_catalog.transaction_timestamp() - pg_catalog.make_interval(secs => 1))::pg_catalog.timestamp::pg_catalog.text
      AS older_text,
    pg_catalog.to_json((pg_catalog.transaction_timestamp() - pg_catalog.make_interval(secs => 1))::pg_catalog.timestamp)
      #>> '{}' AS older_json
),
columns AS (
  SELECT
    c.oid,
    pg_catalog.format('%I.%I', n.nspname, c.relname) AS name,
    a.attname,
    a.attnum,
    pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
    CASE
      WHEN a.atttypid IN ('timestamp'::pg_catalog.regtype, 'timestamptz'::pg_catalog.regtype) THEN 'moment'
      WHEN a.atttypid IN ('time'::pg_catalog.regtype, 'timetz'::pg_catalog.regtype) THEN 'time'
      WHEN a.atttypid IN (
        'int4'::pg_catalog.regtype,
        'int8'::pg_catalog.regtype,
        'float8'::pg_catalog.regtype,
        'numeric'::pg_catalog.regtype
      ) THEN 'number'
      WHEN t.typtype IN ('c', 'r', 'm')
        OR t.typtype = 'b' AND t.typcategory = 'A'
        OR a.atttypid IN (
          'text'::pg_catalog.regtype,
          'varchar'::pg_catalog.regtype,
          'bpchar'::pg_catalog.regtype,
          'json'::pg_catalog.regtype,
          'jsonb'::pg_catalog.regtype
        ) THEN 'text'
    END AS kind
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_stat_xact_user_tables AS s ON s.relid = c.oid
  WHERE c.relkind IN ('r', 'p')
    AND NOT c.relispartition
    AND c.relpersistence <> 't'
    AND n.nspname <> 'information_schema'
    AND n.nspname NOT LIKE 'pg\_%'
    AND c.relname NOT LIKE '\_\_diesel%'
    AND a.attgenerated = ''
    AND a.attidentity <> 'a'
    AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'UPDATE')
    AND (
      c.relkind = 'p'
      OR s.n_tup_ins + s.n_tup_upd > 0
      OR pg_catalog.current_setting('track_counts') = 'off'
    )
),
moments AS (
  SELECT
    c.oid,
    c.name,
    c.attnum,
    pg_catalog.format('%I', c.attname) AS moment,
    CASE c.kind
      WHEN 'moment' THEN pg_catalog.format(
        -- A clock without a fraction is not told from what a file says, unless it is this very second.
        '(%1$I = pg_catalog.transaction_timestamp()::%2$s OR %1$I = pg_catalog.date_trunc(''second'', pg_catalog.transaction_timestamp())::%2$s OR %1$I = pg_catalog.transaction_timestamp()::timestamptz(0)::%2$s OR %3$s %% 1000 <> 0 AND pg_catalog.date_part(''microseconds'', %1$I)::pg_catalog.int8 %% 1000000 = %3$s)',
        c.attname, c.type, clock.micros
      )
      WHEN 'time' THEN pg_catalog.format(
        '(%1$I = pg_catalog.transaction_timestamp()::%2$s OR %3$s %% 1000 <> 0 AND pg_catalog.date_part(''microseconds'', %1$I)::pg_catalog.int8 %% 1000000 = %3$s)',
        c.attname, c.type, clock.micros
      )
      WHEN 'number' THEN pg_catalog.format(
        '%1$I IN (EXTRACT(epoch FROM pg_catalog.transaction_timestamp())::pg_catalog.float8, %2$s, pg_catalog.floor(%2$s), pg_catalog.round(%2$s), pg_catalog.floor(%2$s * 1000), pg_catalog.round(%2$s * 1000))',
        c.attname, 'pg_catalog.date_part(''epoch'', pg_catalog.transaction_timestamp())'
      )
      ELSE pg_catalog.format(
        '(%2$s %% 1000 <> 0 AND (pg_catalog.strpos(%1$I::pg_catalog.text, %3$L) > 0 OR pg_catalog.strpos(%1$I::pg_catalog.text, %4$L) > 0))',
        c.attname, clock.micros, clock.text, clock.json
      )
    END AS is_now,
    CASE c.kind
      WHEN 'number' THEN pg_catalog.format('%1$I - 1', c.attname)
      WHEN 'text' THEN pg_catalog.format(
        'pg_catalog.replace(pg_catalog.replace(%1$I::pg_catalog.text, %3$L, %4$L), %5$L, %6$L)::%2$s',
        c.attname, c.type, clock.text, clock.older_text, clock.json, clock.older_json
      )
      ELSE pg_catalog.format('%1$I - pg_catalog.make_interval(secs => 1)', c.attname)
    END AS older
  FROM clock
  CROSS JOIN columns AS c
  WHERE c.kind IS NOT NULL
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
        '%1$s = CASE WHEN %2$s THEN %3$s ELSE %1$s END', m.moment, m.is_now, m.older
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
