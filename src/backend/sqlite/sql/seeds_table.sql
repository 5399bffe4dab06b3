CREATE TABLE IF NOT EXISTS {schema}__dieselkit_seeds (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL, -- folder and file
    environment TEXT NOT NULL, -- as it was named then
    checksum TEXT NOT NULL, -- SHA-256 of the SQL's tokens, or of a data file's bytes and its settings, in hexadecimal
    status TEXT NOT NULL CHECK (status IN ('SUCCESS', 'FAILED')),
    rows_inserted INTEGER, -- of a data file; of SQL it is not known
    rows_updated INTEGER,
    rows_deleted INTEGER,
    rows_unchanged INTEGER,
    started_at TIMESTAMP NOT NULL, -- UTC
    execution_time_ms INTEGER NOT NULL, -- without the commit
    applied_by TEXT, -- the user of the machine
    application TEXT, -- tool, version and host
    error TEXT -- what it failed of
);
