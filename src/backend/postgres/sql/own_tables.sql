CREATE TABLE IF NOT EXISTS {schema}__dieselkit_history (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version VARCHAR(50) NOT NULL,
    name TEXT NOT NULL,
    operation TEXT NOT NULL
        CHECK (operation IN ('apply', 'baseline', 'adopt', 'resolve', 'repair')),
    status TEXT NOT NULL
        CHECK (status IN ('RUNNING', 'SUCCESS', 'FAILED', 'ROLLED_BACK')),
    batch BIGINT,
    checksum TEXT,
    checksum_raw TEXT,
    transactional BOOLEAN NOT NULL,
    statements_total BIGINT NOT NULL,
    statements_done BIGINT NOT NULL,
    started_at TIMESTAMP NOT NULL,
    execution_time_ms BIGINT,
    applied_by TEXT,
    application TEXT,
    environment TEXT,
    error TEXT,
    reason TEXT,
    rolled_back_at TIMESTAMP,
    rollback_time_ms BIGINT,
    up_sql TEXT,
    down_sql TEXT,
    backup TEXT,
    lock_mode TEXT,
    lock_on TEXT,
    lock_held_ms BIGINT
);
COMMENT ON TABLE {schema}__dieselkit_history IS 'dieselkit: one row for each attempt to apply a migration';
COMMENT ON COLUMN {schema}__dieselkit_history.version IS 'as in __diesel_schema_migrations';
COMMENT ON COLUMN {schema}__dieselkit_history.name IS 'the migration''s full name';
COMMENT ON COLUMN {schema}__dieselkit_history.operation IS 'apply, baseline, adopt (applied by plain Diesel), resolve, repair';
COMMENT ON COLUMN {schema}__dieselkit_history.status IS 'RUNNING, SUCCESS, FAILED, ROLLED_BACK';
COMMENT ON COLUMN {schema}__dieselkit_history.batch IS 'what one run applied together';
COMMENT ON COLUMN {schema}__dieselkit_history.checksum IS 'SHA-256 of the SQL''s tokens, in hexadecimal';
COMMENT ON COLUMN {schema}__dieselkit_history.checksum_raw IS 'SHA-256 of the SQL''s bytes, in hexadecimal';
COMMENT ON COLUMN {schema}__dieselkit_history.transactional IS 'whether the whole body was one transaction';
COMMENT ON COLUMN {schema}__dieselkit_history.statements_total IS 'of the body that was run last: the way up, or the way down once rollback_time_ms is set';
COMMENT ON COLUMN {schema}__dieselkit_history.statements_done IS 'how many of them are committed';
COMMENT ON COLUMN {schema}__dieselkit_history.started_at IS 'UTC';
COMMENT ON COLUMN {schema}__dieselkit_history.execution_time_ms IS 'of the way up, without its commit';
COMMENT ON COLUMN {schema}__dieselkit_history.applied_by IS 'the user of the machine, not of the database';
COMMENT ON COLUMN {schema}__dieselkit_history.application IS 'tool, version and host';
COMMENT ON COLUMN {schema}__dieselkit_history.environment IS 'as it was named then';
COMMENT ON COLUMN {schema}__dieselkit_history.error IS 'what the last attempt failed of';
COMMENT ON COLUMN {schema}__dieselkit_history.reason IS 'why it was resolved or repaired, in somebody''s words';
COMMENT ON COLUMN {schema}__dieselkit_history.rolled_back_at IS 'UTC';
COMMENT ON COLUMN {schema}__dieselkit_history.rollback_time_ms IS 'set as soon as the way down begins';
COMMENT ON COLUMN {schema}__dieselkit_history.up_sql IS 'the SQL that was run';
COMMENT ON COLUMN {schema}__dieselkit_history.down_sql IS 'the way down as it was then';
COMMENT ON COLUMN {schema}__dieselkit_history.backup IS 'the backup that was made right before the last run that changed this row';
COMMENT ON COLUMN {schema}__dieselkit_history.lock_mode IS 'the strongest lock on a table that the body that was run last held, as LOCK TABLE names it';
COMMENT ON COLUMN {schema}__dieselkit_history.lock_on IS 'the table, or one of them; NULL where the body dropped it';
COMMENT ON COLUMN {schema}__dieselkit_history.lock_held_ms IS 'for how long at most, waiting included: since its transaction began, without the commit, or as long as its statement took';
CREATE TABLE IF NOT EXISTS {schema}__dieselkit_metadata (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
COMMENT ON TABLE {schema}__dieselkit_metadata IS 'dieselkit: what this database is';
