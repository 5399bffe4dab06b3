CREATE TYPE mood AS ENUM ('happy', 'not so, "happy"');
CREATE TYPE pair AS (word text, number numeric);
CREATE DOMAIN positive AS integer CHECK (value > 0);
CREATE TABLE types (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  i2 smallint, i4 integer, i8 bigint,
  n numeric, n2 numeric(10, 2), r real, d double precision, m money,
  t text, v varchar(20), c char(5), b bytea,
  ts timestamp, tz timestamptz, da date, ti time, tiz timetz, iv interval,
  f boolean, e mood,
  p point, l line, ls lseg, bx box, pa path, po polygon, ci circle,
  ne inet, cd cidr, ma macaddr, ma8 macaddr8,
  bi bit(3), vb varbit(8), tv tsvector, tq tsquery, u uuid, x xml, j json, jb jsonb, jp jsonpath,
  ia integer[], ta text[], taa text[][], co pair, coa pair[],
  r4 int4range, rn numrange, rt tstzrange, rd daterange, mr int4multirange,
  pos positive, ls2 pg_lsn, nm name, ch "char",
  letters integer GENERATED ALWAYS AS (length(v)) STORED
);
INSERT INTO types (
  i2, i4, i8, n, n2, r, d, m, t, v, c, b, ts, tz, da, ti, tiz, iv, f, e,
  p, l, ls, bx, pa, po, ci, ne, cd, ma, ma8, bi, vb, tv, tq, u, x, j, jb, jp,
  ia, ta, taa, co, coa, r4, rn, rt, rd, mr, pos, ls2, nm, ch
) VALUES (
  -32768, 2147483647, -9223372036854775808,
  123456789012345678901234567890.000100, 1.50, 0.1, 0.30000000000000004, -12.34,
  E'it''s, "quoted"\\ and \t more', 'é', 'ab', '\x00ff5c',
  '2026-01-31 10:15:00.123456', '2026-01-31 10:15:00.5+03', '2026-01-31', '24:00:00', '10:15:00.25+05:30',
  '-1 year 2 months -3 days 04:05:06.789', true, 'not so, "happy"',
  '(1.1,-2)', '{1,2,3}', '[(0,0),(1,1)]', '(3,4),(1,2)', '[(0,0),(1,1)]', '((0,0),(1,1),(1,0))', '<(0.1,0),5>',
  '192.168.0.1/24', '10.0.0.0/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05',
  B'101', B'10', 'a:1 fat:2A cat', 'fat & (rat | cat:A)', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
  '<a b="1">x, y</a>', '{"b":1,  "a":[1, null]}', '{"b": 1, "a": "x,\"y"}', '$.a[*] ? (@ > 1)',
  '{1,NULL,3}', '{"a,b","","NULL",NULL,"q\"q"}', '{{a,b},{c,d}}', ROW('it, "is"', 1.50), ARRAY[ROW('x', NULL)::pair],
  '[1,5)', '(,1.5]', '["2026-01-31 10:00:00+00",)', '[2026-01-01,2026-02-01)', '{[1,3),[5,7)}',
  7, '16/B374D848', 'a name', 'x'
), (
  0, 0, 0, 'NaN', NULL, 'Infinity', '-Infinity', 0, '', '', '', '', 'infinity', '-infinity', 'infinity',
  '00:00', '00:00+00', '1 mon', false, 'happy',
  '(0,0)', NULL, NULL, NULL, '((0,0),(1,1))', NULL, NULL, '::1', '::/0', NULL, NULL,
  B'000', B'', '', '', NULL, '', '"text"', 'null', '$',
  '{}', '{}', '{}', ROW(NULL, NULL), '{}', 'empty', '(,)', 'empty', NULL, '{}', 1, '0/0', '', ''
), (
  NULL, NULL, NULL, 'Infinity', NULL, 'NaN', 'NaN', NULL, E'two\nlines\r\n', ' blank ', NULL, NULL,
  '0044-03-15 12:00:00 BC', '0044-03-15 12:00:00+00 BC', '0044-03-15 BC', NULL, NULL,
  '178000000 years', NULL, NULL,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  '[0:1]={7,8}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
), (
  1, 1, 1, '-Infinity', 0.00, 1e-45, 5e-324, 922337203685477.58, E'\\N', E'\\.', E'a\nb', '\x',
  NULL, NULL, NULL, NULL, NULL, '-00:00:00.000001', NULL, NULL,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
);
