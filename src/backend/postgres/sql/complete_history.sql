-- Whoever reads the history stands behind this: the caller tries again.
SET LOCAL lock_timeout = '1s';
ALTER TABLE {schema}__dieselkit_history
    ADD COLUMN IF NOT EXISTS backup TEXT;
COMMENT ON COLUMN {schema}__dieselkit_history.backup IS 'the backup that was made right before the last run that changed this row';
