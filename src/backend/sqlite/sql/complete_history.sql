ALTER TABLE {schema}__dieselkit_history
    ADD COLUMN backup TEXT; -- the backup that was made right before the last run that changed this row
