CREATE TABLE IF NOT EXISTS {schema}__dieselkit_seeds (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name TEXT NOT NULL,
    environment TEXT NOT NULL,
    checksum TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('SUCCESS', 'FAILED')),
    rows_inserted BIGINT,
    rows_updated BIGINT,
    rows_deleted BIGINT,
    rows_unchanged BIGINT,
    started_at TIMESTAMP NOT NULL,
    execution_time_ms BIGINT NOT NULL,
    applied_by TEXT,
    application TEXT,
    error TEXT
);
COMMENT ON TABLE {schema}__dieselkit_seeds IS 'dieselkit: one row for each attempt to run a seed';
COMMENT ON COLUMN {schema}__dieselkit_seeds.name IS 'folder and file';
COMMENT ON COLUMN {schema}__dieselkit_seeds.environment IS 'as it was named then';
COMMENT ON COLUMN {schema}__dieselkit_seeds.checksum IS 'SHA-256 of the SQL''s tokens, or of a data file''s bytes and its settings, in hexadecimal';
COMMENT ON COLUMN {schema}__dieselkit_seeds.status IS 'SUCCESS, FAILED';
COMMENT ON COLUMN {schema}__dieselkit_seeds.rows_inserted IS 'of a data file; of SQL it is not known';
COMMENT ON COLUMN {schema}__dieselkit_seeds.started_at IS 'UTC';
COMMENT ON COLUMN {schema}__dieselkit_seeds.execution_time_ms IS 'without the commit';
COMMENT ON COLUMN {schema}__dieselkit_seeds.applied_by IS 'the user of the machine, not of the database';
COMMENT ON COLUMN {schema}__dieselkit_seeds.application IS 'tool, version and host';
COMMENT ON COLUMN {schema}__dieselkit_seeds.error IS 'what it failed of';
