CREATE TABLE types (
  id INTEGER PRIMARY KEY,
  i INTEGER,
  r REAL,
  t TEXT,
  b BLOB,
  n NUMERIC,
  f BOOLEAN,
  d DATE,
  j JSON,
  v VARCHAR(20),
  twice INTEGER GENERATED ALWAYS AS (i * 2) VIRTUAL
);
INSERT INTO types (id, i, r, t, b, n, f, d, j, v) VALUES
  (1, 9223372036854775807, 0.1, 'it''s, "quoted"', x'00ff', 1.5, 1, '2026-01-31', '{"a": [1, 2]}', 'é'),
  (2, -9223372036854775808, 1e300, '', x'', 9007199254740993, 0, '2026-01-31 10:15:00.123', '5', ''),
  (3, 0, 9e999, 'two
lines', NULL, 'text', NULL, '20260131', NULL, ' blanks '),
  (4, NULL, -9e999, NULL, x'5c78', 9e999, NULL, 2461072.5, 'null', '\x00'),
  (5, 1.5, 0.30000000000000004, 'NULL', NULL, -0.1, NULL, NULL, '"text"', ','),
  (6, 7, 5e-324, char(13), NULL, 1e100, NULL, NULL, NULL, '5'),
  (7, 7, -0.0, char(13, 10), NULL, 0.30000000000000004, NULL, NULL, NULL, '"');
