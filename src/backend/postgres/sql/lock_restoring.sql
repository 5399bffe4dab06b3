-- Takes the lock of a database that is being restored: `dkrs` and the number of the database, so that
-- nobody takes one for another that has its name later.
SELECT pg_catalog.pg_advisory_lock((1684763251::pg_catalog.int8 << 32) | d.oid::pg_catalog.int8)
FROM pg_catalog.pg_database AS d
WHERE d.datname = (?)::pg_catalog.text
