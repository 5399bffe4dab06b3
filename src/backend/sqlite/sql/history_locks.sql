ALTER TABLE {schema}__dieselkit_history
    ADD COLUMN lock_mode TEXT; -- PostgreSQL alone: the strongest lock on a table
ALTER TABLE {schema}__dieselkit_history
    ADD COLUMN lock_on TEXT; -- PostgreSQL alone: the table
ALTER TABLE {schema}__dieselkit_history
    ADD COLUMN lock_held_ms INTEGER; -- PostgreSQL alone: for how long at most
