-- Whoever reads the history stands behind this: the caller tries again.
SET LOCAL lock_timeout = '1s';
ALTER TABLE {schema}__dieselkit_history
    ADD COLUMN IF NOT EXISTS lock_mode TEXT,
    ADD COLUMN IF NOT EXISTS lock_on TEXT,
    ADD COLUMN IF NOT EXISTS lock_held_ms BIGINT;
COMMENT ON COLUMN {schema}__dieselkit_history.lock_mode IS 'the strongest lock on a table that the body that was run last held, as LOCK TABLE names it';
COMMENT ON COLUMN {schema}__dieselkit_history.lock_on IS 'the table, or one of them; NULL where the body dropped it';
COMMENT ON COLUMN {schema}__dieselkit_history.lock_held_ms IS 'for how long at most, waiting included: since its transaction began, without the commit, or as long as its statement took';
