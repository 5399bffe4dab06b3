CREATE TABLE IF NOT EXISTS {schema}__dieselkit_history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version VARCHAR(50) NOT NULL, -- as in __diesel_schema_migrations
    name TEXT NOT NULL, -- the migration's full name
    operation TEXT NOT NULL
        CHECK (operation IN ('apply', 'baseline', 'adopt', 'resolve', 'repair')),
    status TEXT NOT NULL
        CHECK (status IN ('RUNNING', 'SUCCESS', 'FAILED', 'ROLLED_BACK')),
    batch INTEGER, -- what one run applied together
    checksum TEXT, -- SHA-256 of the SQL's tokens, in hexadecimal
    checksum_raw TEXT, -- SHA-256 of the SQL's bytes, in hexadecimal
    transactional BOOLEAN NOT NULL, -- whether the whole body was one transaction
    statements_total INTEGER NOT NULL, -- of the body that was run last: the way up, or the way down once rollback_time_ms is set
    statements_done INTEGER NOT NULL, -- how many of them are committed
    started_at TIMESTAMP NOT NULL, -- UTC
    execution_time_ms INTEGER, -- of the way up, without its commit
    applied_by TEXT, -- the user of the machine, not of the database
    application TEXT, -- tool, version and host
    environment TEXT, -- as it was named then
    error TEXT, -- what the last attempt failed of
    reason TEXT, -- why it was resolved or repaired, in somebody's words
    rolled_back_at TIMESTAMP, -- UTC
    rollback_time_ms INTEGER, -- set as soon as the way down begins
    up_sql TEXT, -- the SQL that was run
    down_sql TEXT, -- the way down as it was then
    backup TEXT, -- the backup that was made right before the last run that changed this row
    lock_mode TEXT, -- PostgreSQL alone: the strongest lock on a table
    lock_on TEXT, -- PostgreSQL alone: the table
    lock_held_ms INTEGER -- PostgreSQL alone: for how long at most
);
CREATE TABLE IF NOT EXISTS {schema}__dieselkit_metadata (
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
);
