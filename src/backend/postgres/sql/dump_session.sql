-- Settles what a session of a backup depends on: how values look as text, that nobody hides rows
-- from it or ends it, and what it calls itself where its address does not say. A setting that the
-- server does not know is left out.
SELECT pg_catalog.set_config(s.name, v.value, FALSE)
FROM (VALUES
  ('datestyle', 'ISO, MDY'),
  ('intervalstyle', 'postgres'),
  ('timezone', 'UTC'),
  ('extra_float_digits', '3'),
  ('bytea_output', 'hex'),
  ('xmlbinary', 'base64'),
  ('lc_monetary', 'C'),
  ('row_security', 'off'),
  ('statement_timeout', '0'),
  ('transaction_timeout', '0'),
  ('idle_in_transaction_session_timeout', '0'),
  ('idle_session_timeout', '0'),
  ('lock_timeout', '1000'),
  ('application_name', (?)::pg_catalog.text)
) AS v(name, value)
JOIN pg_catalog.pg_settings AS s ON pg_catalog.lower(s.name) = v.name
WHERE s.name <> 'application_name' OR s.setting = ''
