-- What the session has set for itself. Role and user stand in no list of settings, nor do those
-- that were made up by somebody (`app.tenant`), whose names have to be given. What belongs to one
-- transaction ends with it.
SELECT 'session_authorization', pg_catalog.current_setting('session_authorization')
UNION ALL
SELECT 'role', pg_catalog.current_setting('role')
UNION ALL
SELECT s.name, s.setting
FROM pg_catalog.pg_settings AS s
WHERE s.source = 'session'
  AND s.name NOT IN ('transaction_isolation', 'transaction_read_only', 'transaction_deferrable')
UNION ALL
SELECT asked.name, coalesce(pg_catalog.current_setting(asked.name, true), '')
FROM pg_catalog.unnest(pg_catalog.string_to_array(?, ' ')) AS asked (name)
