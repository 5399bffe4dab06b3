-- Something of everything that a file holds.
CREATE TABLE people (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL UNIQUE COLLATE NOCASE,
    photo BLOB,
    height REAL,
    height_in_inches REAL GENERATED ALWAYS AS (height / 2.54) STORED,
    anything
);
CREATE TABLE "Select" (
    "from" INTEGER PRIMARY KEY,
    person INTEGER NOT NULL REFERENCES people (id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE TABLE keyed (name TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5 (body);
CREATE INDEX people_by_height ON people (height DESC) WHERE height IS NOT NULL;
CREATE TRIGGER people_are_selected AFTER INSERT ON people BEGIN
    INSERT INTO "Select" (person) VALUES (NEW.id);
END;
CREATE VIEW tall AS SELECT email, upper(email) AS loud FROM people WHERE height > 180;
INSERT INTO people (email, photo, height, anything)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
SELECT 'p' || i || '@example.org', randomblob(16), 150 + i % 50,
    CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN i WHEN 2 THEN i / 7.0 ELSE x'00ff' END FROM n;
DELETE FROM "Select" WHERE person > 490;
DELETE FROM people WHERE id > 490;
INSERT INTO keyed VALUES ('it''s', 1), ('zero' || char(0) || 'byte', 'text'), ('ünïcødé 💾', 1e300);
INSERT INTO words VALUES ('the quick brown fox'), ('jumps over');
PRAGMA user_version = 42;
PRAGMA application_id = 77;
