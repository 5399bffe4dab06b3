-- The indexes of a table that say the same as the one of another table with these columns, by their names;
-- whether that is the name that the server gave to that one, or would give where it is taken: with a number
-- behind it, for which the parts of a long name make room, and with the table's before it; and whether they
-- can be used.
SELECT
  c.relname::pg_catalog.text,
  pg_catalog.format('%I.%I', n.nspname, c.relname),
  (
    pg_catalog.regexp_replace(c.relname, '[0-9]+$', '')
      = pg_catalog.regexp_replace(
        CASE
          WHEN st.relname = t.relname THEN sc.relname::pg_catalog.text
          ELSE t.relname || pg_catalog.substr(sc.relname, pg_catalog.length(st.relname) + 1)
        END,
        '[0-9]+$',
        ''
      )
    OR (pg_catalog.octet_length(sc.relname::pg_catalog.text) > 58 AND c.relname ~ '_idx[0-9]*$')
  ),
  i.indisvalid AND i.indisready
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid AND c.relkind = 'i'
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_index AS s ON s.indrelid = pg_catalog.to_regclass(?)
JOIN pg_catalog.pg_class AS sc ON sc.oid = s.indexrelid
JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
JOIN pg_catalog.pg_class AS st ON st.oid = s.indrelid
WHERE i.indrelid = pg_catalog.to_regclass(?)
  AND c.relam = sc.relam
  AND i.indisunique = s.indisunique
  AND i.indclass = s.indclass
  AND i.indcollation = s.indcollation
  AND i.indoption = s.indoption
  AND c.reltablespace = sc.reltablespace
  AND ARRAY(SELECT said FROM pg_catalog.unnest(c.reloptions) AS said ORDER BY said)
    = ARRAY(SELECT said FROM pg_catalog.unnest(sc.reloptions) AS said ORDER BY said)
  -- The parameters of operator classes.
  AND ARRAY(
    SELECT a.attoptions::pg_catalog.text
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = i.indexrelid
    ORDER BY a.attnum
  ) = ARRAY(
    SELECT a.attoptions::pg_catalog.text
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = s.indexrelid
    ORDER BY a.attnum
  )
  AND pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct'
    IS NOT DISTINCT FROM pg_catalog.to_jsonb(s) ->> 'indnullsnotdistinct'
  AND ARRAY(
    SELECT pg_catalog.pg_get_indexdef(i.indexrelid, place, false)
    FROM pg_catalog.generate_series(1, i.indnatts) AS place
    ORDER BY place
  ) = ARRAY(
    SELECT pg_catalog.pg_get_indexdef(s.indexrelid, place, false)
    FROM pg_catalog.generate_series(1, s.indnatts) AS place
    ORDER BY place
  )
  AND pg_catalog.pg_get_expr(i.indpred, i.indrelid)
    IS NOT DISTINCT FROM pg_catalog.pg_get_expr(s.indpred, s.indrelid)
ORDER BY 2
