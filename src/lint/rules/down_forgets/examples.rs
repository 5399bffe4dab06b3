//! What proves the rule.

use crate::backend::address::Engine;
use crate::lint::rule::{Claim, Example};

const POSTGRES: &[Engine] = &[Engine::Postgres];
const SQLITE: &[Engine] = &[Engine::Sqlite];

pub(super) const EXAMPLES: &[Example] = &[
    Example {
        up: "CREATE TABLE users (id INTEGER PRIMARY KEY);\nCREATE TABLE teams (id INTEGER PRIMARY KEY);",
        down: Some("DROP TABLE IF EXISTS users;"),
        ..Example::BAD
    },
    Example {
        before: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
        up: "ALTER TABLE users ADD COLUMN phone TEXT;\nCREATE INDEX users_phone ON users (phone);",
        down: Some("DROP INDEX IF EXISTS users_phone;\n"),
        ..Example::BAD
    },
    Example {
        // What is taken back is not undone.
        up: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
        down: Some("SAVEPOINT before;\nDROP TABLE IF EXISTS users;\nROLLBACK TO SAVEPOINT before;"),
        ..Example::BAD
    },
    Example {
        up: "SAVEPOINT before;\nCREATE TABLE teams (id INTEGER PRIMARY KEY);\nROLLBACK TO SAVEPOINT before;\nCREATE TABLE users (id INTEGER PRIMARY KEY);",
        down: Some("DROP TABLE IF EXISTS users;"),
        ..Example::GOOD
    },
    Example {
        // Without quotes it is another name.
        engines: POSTGRES,
        up: "CREATE TABLE \"Users\" (id INT);",
        down: Some("DROP TABLE IF EXISTS Users;"),
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        up: "CREATE TABLE users (id INT);",
        down: Some("DROP TABLE IF EXISTS other.users;"),
        ..Example::BAD
    },
    Example {
        up: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
        down: Some("SELECT 'users';"),
        ..Example::BAD
    },
    Example {
        // What is published is no part of the table.
        engines: POSTGRES,
        up: "CREATE TABLE users (id INT);\nCREATE PUBLICATION lost_news FOR TABLE users;",
        down: Some("DROP TABLE IF EXISTS users CASCADE;"),
        ..Example::BAD
    },
    Example {
        // A subscription keeps its database from being dropped.
        engines: POSTGRES,
        up: "CREATE SUBSCRIPTION news CONNECTION 'dbname=other' PUBLICATION all_news WITH (connect = false);",
        down: Some("SELECT 1;"),
        claim: Claim::NotRun,
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        up: "CREATE FOREIGN DATA WRAPPER lost_wrapper;\nCREATE SERVER lost_server FOREIGN DATA WRAPPER lost_wrapper;",
        down: Some("SELECT 1;"),
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: "CREATE TABLE users (id INT, phone TEXT);",
        up: "CREATE STATISTICS lost_statistics (ndistinct) ON id, phone FROM users;\nCREATE COLLATION lost_collation (locale = 'C');\nCREATE TEXT SEARCH CONFIGURATION lost_words (COPY = simple);",
        down: Some("ALTER TABLE users ALTER COLUMN phone SET NOT NULL;"),
        ..Example::BAD
    },
    Example {
        // SQLite does not drop it while the index is there.
        engines: SQLITE,
        before: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
        up: "ALTER TABLE users ADD COLUMN phone TEXT;\nCREATE INDEX users_phone ON users (phone);",
        down: Some("ALTER TABLE users DROP COLUMN phone;"),
        ..Example::BAD
    },
    Example {
        // The index is of another column, and the view of no table that is dropped.
        engines: POSTGRES,
        before: "CREATE TABLE users (id INT, name TEXT);",
        up: "ALTER TABLE users ADD COLUMN phone TEXT;\nCREATE INDEX users_name ON users (name);\nCREATE VIEW names AS SELECT name FROM users;",
        down: Some("ALTER TABLE users DROP COLUMN IF EXISTS phone CASCADE;"),
        ..Example::BAD
    },
    Example {
        // It has another name in the end.
        before: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
        up: "ALTER TABLE users ADD COLUMN phone TEXT;\nALTER TABLE users RENAME COLUMN phone TO tel;",
        down: Some("ALTER TABLE users RENAME COLUMN id TO phone;"),
        ..Example::BAD
    },
    Example {
        // What has no name has a signature.
        engines: POSTGRES,
        before: "CREATE TYPE mood AS ENUM ('a'); CREATE FUNCTION as_int(mood) RETURNS INT IMMUTABLE LANGUAGE sql AS 'SELECT 1';",
        up: "CREATE CAST (mood AS int) WITH FUNCTION as_int(mood);\nCREATE TABLE days (mood mood);",
        down: Some("DROP TABLE IF EXISTS days;"),
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: "CREATE FUNCTION alike(TEXT, INT) RETURNS BOOLEAN IMMUTABLE LANGUAGE sql AS 'SELECT true'; CREATE FUNCTION alike(INT, TEXT) RETURNS BOOLEAN IMMUTABLE LANGUAGE sql AS 'SELECT true';",
        up: "CREATE OPERATOR === (LEFTARG = TEXT, RIGHTARG = INT, FUNCTION = alike);\nCREATE OPERATOR ==== (LEFTARG = INT, RIGHTARG = TEXT, FUNCTION = alike);",
        down: Some("DROP OPERATOR IF EXISTS === (TEXT, INT);"),
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: "CREATE FOREIGN DATA WRAPPER mapped_wrapper; CREATE SERVER mapped FOREIGN DATA WRAPPER mapped_wrapper;",
        up: "CREATE USER MAPPING FOR CURRENT_USER SERVER mapped;",
        down: Some("SELECT 'mapped';"),
        ..Example::BAD
    },
    Example {
        up: "CREATE TABLE users (id INTEGER PRIMARY KEY);\nCREATE TABLE teams (id INTEGER PRIMARY KEY);",
        down: Some("DROP TABLE IF EXISTS teams;\nDROP TABLE IF EXISTS \"users\";"),
        ..Example::GOOD
    },
    Example {
        // The index goes with its table.
        up: "CREATE TABLE users (id INTEGER PRIMARY KEY, phone TEXT);\nCREATE INDEX users_phone ON users (phone);\nALTER TABLE users ADD COLUMN name TEXT;",
        down: Some("DROP TABLE IF EXISTS users;"),
        ..Example::GOOD
    },
    Example {
        // It may have been there before, and is gone again.
        up: "CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY);\nCREATE TEMPORARY TABLE heap (id INTEGER);\nCREATE TABLE other (id INTEGER);\nDROP TABLE other;",
        down: Some("SELECT 1;"),
        ..Example::GOOD
    },
    Example {
        // A table that is made anew has its old name in the end.
        before: "CREATE TABLE users (id INTEGER PRIMARY KEY, age TEXT);",
        up: "CREATE TABLE users_new (id INTEGER PRIMARY KEY, age INTEGER);\nINSERT INTO users_new SELECT id, 7 FROM users;\nDROP TABLE users;\nALTER TABLE users_new RENAME TO users;",
        down: Some(
            "CREATE TABLE users_old (id INTEGER PRIMARY KEY, age TEXT);\nINSERT INTO users_old SELECT id, 'x' FROM users;\nDROP TABLE users;\nALTER TABLE users_old RENAME TO users;",
        ),
        ..Example::GOOD
    },
    Example {
        before: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
        up: "INSERT INTO users VALUES (1);",
        down: Some("DELETE FROM users WHERE id = 1;"),
        ..Example::GOOD
    },
    Example {
        engines: POSTGRES,
        up: "CREATE TABLE \"Users\" (id INT);\nCREATE TABLE teams (id INT);",
        down: Some(
            "DO $$ BEGIN\n  EXECUTE format('DROP TABLE %I', 'Users');\nEND $$;\nDROP TABLE IF EXISTS public.teams;",
        ),
        ..Example::GOOD
    },
    Example {
        // All goes with the schema.
        engines: POSTGRES,
        up: "CREATE SCHEMA shop;\nCREATE TABLE shop.users (id INT);\nCREATE INDEX users_id ON shop.users (id);",
        down: Some("DROP SCHEMA IF EXISTS shop CASCADE;"),
        ..Example::GOOD
    },
    Example {
        // Statistics go with their table.
        engines: POSTGRES,
        up: "CREATE TABLE users (id INT, phone TEXT);\nCREATE STATISTICS of_users ON id, (phone || 'x') FROM users;\nCREATE PUBLICATION news FOR TABLE users;",
        down: Some("DROP PUBLICATION IF EXISTS news;\nDROP TABLE IF EXISTS users;"),
        ..Example::GOOD
    },
    Example {
        // A server goes with its wrapper, and with it who is who there.
        engines: POSTGRES,
        before: "CREATE FUNCTION as_text(POINT) RETURNS TEXT IMMUTABLE LANGUAGE sql AS $$ SELECT 'x' $$;",
        up: "CREATE FOREIGN DATA WRAPPER wrapper;\nCREATE SERVER far FOREIGN DATA WRAPPER wrapper;\nCREATE USER MAPPING FOR PUBLIC SERVER far;\nCREATE CAST (POINT AS TEXT) WITH FUNCTION as_text(POINT);",
        down: Some(
            "DROP FOREIGN DATA WRAPPER IF EXISTS wrapper CASCADE;\nDROP CAST IF EXISTS (point AS text);",
        ),
        ..Example::GOOD
    },
    Example {
        // And both go with their extension.
        engines: POSTGRES,
        up: "CREATE EXTENSION file_fdw;\nCREATE SERVER files FOREIGN DATA WRAPPER file_fdw;",
        down: Some("DROP EXTENSION IF EXISTS file_fdw CASCADE;"),
        claim: Claim::NotRun,
        ..Example::GOOD
    },
    Example {
        // What is of a column goes with it.
        engines: POSTGRES,
        before: "CREATE TABLE users (id INT PRIMARY KEY);",
        up: "ALTER TABLE users ADD COLUMN phone TEXT, ADD COLUMN boss INT;\nCREATE INDEX users_phone ON users (id, phone);\nCREATE INDEX users_known ON users (id) WHERE phone IS NULL;\nCREATE INDEX users_lower ON public.users (lower(phone));\nALTER TABLE users ADD CONSTRAINT has_phone CHECK (phone <> '' AND id > 0), ADD CONSTRAINT users_boss FOREIGN KEY (boss) REFERENCES users (id);\nCREATE STATISTICS of_phone ON id, phone FROM users;\nCREATE SEQUENCE bosses OWNED BY users.boss;",
        down: Some("ALTER TABLE users DROP COLUMN phone, DROP COLUMN boss;"),
        ..Example::GOOD
    },
    Example {
        // So does a sequence with the table of its column, and a partition with the whole.
        engines: POSTGRES,
        up: "CREATE TABLE public.users (id BIGINT NOT NULL, day DATE) PARTITION BY RANGE (day);\nCREATE SEQUENCE public.users_id_seq;\nALTER SEQUENCE public.users_id_seq OWNED BY public.users.id;\nCREATE TABLE users_1 PARTITION OF users DEFAULT;\nCREATE INDEX users_1_id ON users_1 (id);\nCREATE TABLE users_2 (id BIGINT NOT NULL, day DATE);\nALTER TABLE users ATTACH PARTITION users_2 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
        down: Some("DROP TABLE IF EXISTS users;"),
        ..Example::GOOD
    },
    Example {
        // `CASCADE` takes along what depends on it,
        engines: POSTGRES,
        before: "CREATE TABLE users (id INT); CREATE TABLE rooms (id INT);",
        up: "CREATE TYPE mood AS ENUM ('a');\nALTER TABLE users ADD COLUMN now mood;\nCREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;\nCREATE TRIGGER users_touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();\nCREATE TRIGGER rooms_touch BEFORE UPDATE ON rooms FOR EACH ROW EXECUTE FUNCTION touch();\nCREATE FUNCTION as_int(mood) RETURNS INT IMMUTABLE LANGUAGE sql AS 'SELECT 1';\nCREATE CAST (mood AS INT) WITH FUNCTION as_int(mood);",
        down: Some("DROP FUNCTION touch() CASCADE;\nDROP TYPE mood CASCADE;"),
        ..Example::GOOD
    },
    Example {
        // and what depends on that.
        engines: POSTGRES,
        up: "CREATE TABLE users (id INT);\nCREATE VIEW few AS SELECT id FROM users;\nCREATE VIEW fewer AS SELECT id FROM few;\nCREATE TABLE heirs () INHERITS (users);",
        down: Some("DROP TABLE users CASCADE;"),
        ..Example::GOOD
    },
    Example {
        // A table that is made anew has only what is made for it.
        before: "CREATE TABLE users (id INTEGER PRIMARY KEY);",
        up: "ALTER TABLE users ADD COLUMN phone TEXT;\nCREATE INDEX users_phone ON users (phone);",
        down: Some(
            "CREATE TABLE users_old (id INTEGER PRIMARY KEY);\nINSERT INTO users_old SELECT id FROM users;\nDROP TABLE users;\nALTER TABLE users_old RENAME TO users;",
        ),
        ..Example::GOOD
    },
    Example {
        // What the way up takes back is not there in the end, or was there before.
        engines: POSTGRES,
        before: "CREATE TABLE users (id INT, phone TEXT); CREATE TYPE mood AS ENUM ('a');",
        up: "ALTER TABLE users ADD CONSTRAINT there CHECK (phone IS NOT NULL) NOT VALID;\nALTER TABLE users VALIDATE CONSTRAINT there;\nALTER TABLE users ALTER COLUMN phone SET NOT NULL;\nALTER TABLE users DROP CONSTRAINT there;\nALTER TABLE users ADD COLUMN id_new BIGINT;\nALTER TABLE users DROP COLUMN id;\nALTER TABLE users RENAME COLUMN id_new TO id;\nCREATE TYPE mood_new AS ENUM ('a', 'b');\nDROP TYPE mood;\nALTER TYPE mood_new RENAME TO mood;\nCREATE TABLE heap (id INT);\nCREATE INDEX heap_id ON heap (id);\nDROP TABLE heap;",
        down: Some(
            "ALTER TABLE users ALTER COLUMN phone DROP NOT NULL;\nALTER TABLE users ALTER COLUMN id TYPE INT;",
        ),
        ..Example::GOOD
    },
    Example {
        // A constraint has the index that it takes over.
        engines: POSTGRES,
        before: "CREATE TABLE users (id INT, phone TEXT);",
        run_in_transaction: false,
        up: "CREATE UNIQUE INDEX CONCURRENTLY users_phone_new ON users (phone);\nALTER TABLE users ADD CONSTRAINT users_phone UNIQUE USING INDEX users_phone_new;",
        down: Some("ALTER TABLE users DROP CONSTRAINT IF EXISTS users_phone;"),
        ..Example::GOOD
    },
    Example {
        // A type has several names.
        engines: POSTGRES,
        before: "CREATE TYPE mood AS ENUM ('a'); CREATE FUNCTION as_big(mood) RETURNS BIGINT IMMUTABLE LANGUAGE sql AS 'SELECT 1::BIGINT'; CREATE FUNCTION alike(TEXT, INT) RETURNS BOOLEAN IMMUTABLE LANGUAGE sql AS 'SELECT true';",
        up: "CREATE CAST (mood AS BIGINT) WITH FUNCTION as_big(mood);\nCREATE OPERATOR public.=== (LEFTARG = TEXT, RIGHTARG = INT, FUNCTION = alike);\nCREATE OPERATOR FAMILY alikes USING btree;",
        down: Some(
            "DROP OPERATOR FAMILY alikes USING btree;\nDROP OPERATOR public.=== (TEXT, INT4);\nDROP CAST (mood AS INT8);",
        ),
        ..Example::GOOD
    },
];
