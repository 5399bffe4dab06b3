PRAGMA foreign_keys = OFF;
BEGIN;
CREATE TABLE new_THING_kinds (
    name TEXT PRIMARY KEY CHECK (length(name) > 0),
    rank INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
INSERT INTO new_THING_kinds (name) SELECT name FROM THING_kinds;
DROP TABLE THING_kinds;
ALTER TABLE new_THING_kinds RENAME TO THING_kinds;
PRAGMA foreign_key_check;
COMMIT;
PRAGMA foreign_keys = ON;
