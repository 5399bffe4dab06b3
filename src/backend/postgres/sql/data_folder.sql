-- The folder of the server's data, where the server runs on the machine of whoever asks: by a socket,
-- or from an address to the same one. A role that may not know it sees no such setting.
SELECT setting
FROM pg_catalog.pg_settings
WHERE name = 'data_directory'
  AND (
    pg_catalog.inet_server_addr() IS NULL
    OR pg_catalog.inet_server_addr() = pg_catalog.inet_client_addr()
  )
