-- What the database's own schemas are made of, as (what it is and its name, what it is like), in any
-- order; what has several rows of one name is like all of them. Of rows, and of where
-- sequences stand, nothing is said. A column that not every version of the server has is asked for within
-- a query of the row alone: where the row has none, the name is that of `lacking` around it. A row as JSON
-- would tell it, too, at ten times the cost.
--
-- Nothing here may be looked for in `relation` for each of something else: it has no index, and as many
-- rows as there are tables, indexes and sequences.
WITH own AS (
  SELECT n.oid, n.nspname
  FROM pg_catalog.pg_namespace AS n
  WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
),
relation AS (
  SELECT c.*, pg_catalog.format('%I.%I', own.nspname, c.relname) AS shown,
    pg_catalog.concat_ws(' ', object.type, object.identity) AS what
  FROM pg_catalog.pg_class AS c
  JOIN own ON own.oid = c.relnamespace
  CROSS JOIN LATERAL pg_catalog.pg_identify_object(
    'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, 0
  ) AS object
),
lacking AS (
  SELECT NULL AS attgenerated, NULL AS attcompression, NULL AS polpermissive, NULL AS aggfinalmodify,
    NULL AS aggmfinalmodify
),
described (what, liken) AS (
  SELECT pg_catalog.format('schema %I', own.nspname), pg_catalog.concat_ws(
    ' ', pg_catalog.pg_get_userbyid(n.nspowner), n.nspacl::pg_catalog.text
  )
  FROM own JOIN pg_catalog.pg_namespace AS n ON n.oid = own.oid
  UNION ALL
  -- Whatever is in a schema: tables, views, indexes, sequences, types, functions, operators.
  SELECT pg_catalog.concat_ws(' ', object.type, object.identity), ''
  FROM (
    SELECT DISTINCT d.classid, d.objid
    FROM pg_catalog.pg_depend AS d
    JOIN own ON own.oid = d.refobjid
    WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
  ) AS inside
  CROSS JOIN LATERAL pg_catalog.pg_identify_object(inside.classid, inside.objid, 0) AS object
  UNION ALL
  SELECT r.what, pg_catalog.concat_ws(
    ' ', r.relkind, r.relpersistence, pg_catalog.pg_get_userbyid(r.relowner), r.reloptions,
    r.relacl::pg_catalog.text, r.relrowsecurity, r.relforcerowsecurity, r.relreplident,
    pg_catalog.pg_get_expr(r.relpartbound, r.oid),
    CASE WHEN r.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(r.oid) END
  )
  FROM relation AS r
  UNION ALL
  SELECT pg_catalog.format('column %s.%I', r.shown, a.attname), pg_catalog.concat_ws(
    ' ', pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
    (SELECT attgenerated FROM (SELECT a.*) AS whole),
    pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attcollation::pg_catalog.int8,
    a.attacl::pg_catalog.text, a.attstattarget, a.attstorage, a.attoptions,
    (SELECT attcompression FROM (SELECT a.*) AS whole),
    'at', pg_catalog.row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum)
  )
  FROM relation AS r
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  CROSS JOIN lacking
  WHERE r.relkind IN ('r', 'p', 'm', 'f', 'v', 'c')
  UNION ALL
  SELECT pg_catalog.format(
    'constraint %I of %s', c.conname, coalesce(r.shown, c.contypid::pg_catalog.regtype::pg_catalog.text)
  ), pg_catalog.concat_ws(' ', pg_catalog.pg_get_constraintdef(c.oid), c.convalidated)
  FROM pg_catalog.pg_constraint AS c
  JOIN own ON own.oid = c.connamespace
  LEFT JOIN relation AS r ON r.oid = c.conrelid
  WHERE c.contype <> 't'
  UNION ALL
  SELECT r.what, pg_catalog.concat_ws(
    ' ', pg_catalog.pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisclustered,
    (
      SELECT pg_catalog.string_agg(
        coalesce(a.attstattarget, -1)::pg_catalog.text, ' ' ORDER BY a.attnum
      )
      FROM pg_catalog.pg_attribute AS a
      WHERE a.attrelid = i.indexrelid
    )
  )
  FROM pg_catalog.pg_index AS i
  JOIN relation AS r ON r.oid = i.indexrelid
  UNION ALL
  SELECT pg_catalog.format('trigger %I on %s', t.tgname, r.shown), pg_catalog.concat_ws(
    ' ', pg_catalog.pg_get_triggerdef(t.oid), t.tgenabled
  )
  FROM pg_catalog.pg_trigger AS t
  JOIN relation AS r ON r.oid = t.tgrelid
  WHERE NOT t.tgisinternal
  UNION ALL
  SELECT pg_catalog.format('rule %I on %s', w.rulename, r.shown), pg_catalog.pg_get_ruledef(w.oid)
  FROM pg_catalog.pg_rewrite AS w
  JOIN relation AS r ON r.oid = w.ev_class
  UNION ALL
  SELECT pg_catalog.format('policy %I on %s', p.polname, r.shown), pg_catalog.concat_ws(
    ' ', p.polcmd, p.polroles::pg_catalog.regrole[]::pg_catalog.text,
    (SELECT polpermissive FROM (SELECT p.*) AS whole),
    pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
  )
  FROM pg_catalog.pg_policy AS p
  JOIN relation AS r ON r.oid = p.polrelid
  CROSS JOIN lacking
  UNION ALL
  SELECT r.what, pg_catalog.concat_ws(
    ' ', s.seqtypid::pg_catalog.regtype, s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache,
    s.seqcycle,
    -- The column that it goes with.
    (
      SELECT pg_catalog.string_agg(
        pg_catalog.format('%I.%I.%I', n.nspname, t.relname, a.attname), ' '
      )
      FROM pg_catalog.pg_depend AS d
      JOIN pg_catalog.pg_class AS t ON t.oid = d.refobjid
      JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
      WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = r.oid
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i')
    )
  )
  FROM pg_catalog.pg_sequence AS s
  JOIN relation AS r ON r.oid = s.seqrelid
  UNION ALL
  SELECT pg_catalog.concat_ws(' ', object.type, object.identity),
    pg_catalog.concat_ws(
      ' ', pg_catalog.pg_get_userbyid(p.proowner), p.proacl::pg_catalog.text,
      CASE
        WHEN NOT EXISTS (SELECT 1 FROM pg_catalog.pg_aggregate AS a WHERE a.aggfnoid = p.oid)
        THEN pg_catalog.pg_get_functiondef(p.oid)
      END
    )
  FROM pg_catalog.pg_proc AS p
  JOIN own ON own.oid = p.pronamespace
  CROSS JOIN LATERAL pg_catalog.pg_identify_object(
    'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, 0
  ) AS object
  UNION ALL
  SELECT pg_catalog.concat_ws(' ', object.type, object.identity),
    pg_catalog.concat_ws(
      ' ', p.proparallel, p.provolatile, a.aggkind, a.aggnumdirectargs, a.aggtransfn, a.aggfinalfn,
      a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn,
      a.aggmfinalfn, a.aggfinalextra, a.aggmfinalextra,
      (SELECT aggfinalmodify FROM (SELECT a.*) AS whole),
      (SELECT aggmfinalmodify FROM (SELECT a.*) AS whole),
      a.aggsortop::pg_catalog.regoperator, a.aggtranstype::pg_catalog.regtype, a.aggtransspace,
      a.aggmtranstype::pg_catalog.regtype, a.aggmtransspace,
      'from', pg_catalog.quote_nullable(a.agginitval), pg_catalog.quote_nullable(a.aggminitval)
    )
  FROM pg_catalog.pg_aggregate AS a
  JOIN pg_catalog.pg_proc AS p ON p.oid = a.aggfnoid
  JOIN own ON own.oid = p.pronamespace
  CROSS JOIN lacking
  CROSS JOIN LATERAL pg_catalog.pg_identify_object(
    'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, 0
  ) AS object
  UNION ALL
  -- A cast is in no schema, and may be of the server's own types; one of an extension goes with it.
  SELECT pg_catalog.concat_ws(' ', object.type, object.identity), pg_catalog.concat_ws(
    ' ', nullif(c.castfunc, 0)::pg_catalog.regprocedure, c.castcontext, c.castmethod
  )
  FROM pg_catalog.pg_cast AS c
  CROSS JOIN LATERAL pg_catalog.pg_identify_object(
    'pg_catalog.pg_cast'::pg_catalog.regclass, c.oid, 0
  ) AS object
  WHERE c.oid >= 16384 AND NOT EXISTS (
    SELECT 1
    FROM pg_catalog.pg_depend AS d
    WHERE d.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass AND d.objid = c.oid
      AND d.deptype = 'e'
  )
  UNION ALL
  SELECT pg_catalog.concat_ws(' ', object.type, object.identity),
    pg_catalog.concat_ws(
      ' ', pg_catalog.pg_get_userbyid(t.typowner), t.typacl::pg_catalog.text, t.typnotnull,
      t.typdefault, CASE WHEN t.typtype = 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) END,
      (
        SELECT pg_catalog.string_agg(pg_catalog.quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
        FROM pg_catalog.pg_enum AS e
        WHERE e.enumtypid = t.oid
      )
    )
  FROM pg_catalog.pg_type AS t
  JOIN own ON own.oid = t.typnamespace
  CROSS JOIN LATERAL pg_catalog.pg_identify_object(
    'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, 0
  ) AS object
  WHERE t.typtype IN ('e', 'd')
  UNION ALL
  SELECT pg_catalog.concat_ws(' ', 'comment on', object.type, object.identity), d.description
  FROM pg_catalog.pg_description AS d
  CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) AS object
  WHERE d.objoid >= 16384
  UNION ALL
  SELECT pg_catalog.format('extension %I', e.extname), pg_catalog.concat_ws(
    ' ', e.extversion, e.extnamespace::pg_catalog.regnamespace
  )
  FROM pg_catalog.pg_extension AS e
  UNION ALL
  SELECT pg_catalog.format('event trigger %I', t.evtname), pg_catalog.concat_ws(
    ' ', t.evtevent, t.evtfoid::pg_catalog.regproc, t.evtenabled, t.evttags
  )
  FROM pg_catalog.pg_event_trigger AS t
  UNION ALL
  SELECT pg_catalog.format('publication %I', p.pubname), p.puballtables::pg_catalog.text
  FROM pg_catalog.pg_publication AS p
  UNION ALL
  SELECT pg_catalog.concat_ws(
    ' ', 'default privileges of', pg_catalog.pg_get_userbyid(d.defaclrole), 'for', d.defaclobjtype,
    'in', nullif(d.defaclnamespace, 0)::pg_catalog.regnamespace
  ), d.defaclacl::pg_catalog.text
  FROM pg_catalog.pg_default_acl AS d
)
SELECT described.what, coalesce(described.liken, '')
FROM described
