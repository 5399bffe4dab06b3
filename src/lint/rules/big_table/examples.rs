//! What proves the rule.

mod domains;
mod partitions;
mod types;

use crate::backend::address::Engine;
use crate::lint::rule::{Example, joined};

const POSTGRES: &[Engine] = &[Engine::Postgres];
const TABLE: &str = "CREATE TABLE events (id BIGINT, kind TEXT, mark VARCHAR(10), price NUMERIC(10,2)); CREATE TABLE kinds (kind TEXT PRIMARY KEY);";
const INDEXED: &str =
    "CREATE TABLE events (id BIGINT, at DATE); CREATE INDEX events_at ON events (at);";
const VIEW: &str =
    "CREATE MATERIALIZED VIEW sums AS SELECT 1 AS id; CREATE UNIQUE INDEX sums_id ON sums (id);";
const BIG: &[(&str, i64)] = &[("events", 5_000_000), ("sums", 5_000_000), ("kinds", 7)];

pub(super) const EXAMPLES: &[Example] = &joined::<
    {
        OF_TABLES.len()
            + types::EXAMPLES.len()
            + partitions::EXAMPLES.len()
            + domains::EXAMPLES.len()
    },
>(&[
    OF_TABLES,
    types::EXAMPLES,
    partitions::EXAMPLES,
    domains::EXAMPLES,
]);

const OF_TABLES: &[Example] = &[
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        up: "CREATE INDEX events_kind ON events (kind);",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        up: "ALTER TABLE public.events ADD CONSTRAINT events_kind CHECK (kind <> '');",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        up: "ALTER TABLE events ADD COLUMN code UUID DEFAULT gen_random_uuid();",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: INDEXED,
        rows: BIG,
        up: "CLUSTER events USING events_at;",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        run_in_transaction: false,
        up: "VACUUM (FULL) events;",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        up: "ALTER TABLE events SET UNLOGGED;",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        up: "ALTER TABLE events SET TABLESPACE pg_default;",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: VIEW,
        rows: BIG,
        up: "REFRESH MATERIALIZED VIEW sums;",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        up: "REINDEX TABLE events;",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: INDEXED,
        rows: BIG,
        up: "REINDEX INDEX events_at;",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        up: "ALTER TABLE events ADD COLUMN z BIGSERIAL;",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        up: "ALTER TABLE events ADD COLUMN z INT GENERATED ALWAYS AS IDENTITY;",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        up: "ALTER TABLE events ADD COLUMN z INT UNIQUE;",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        up: "ALTER TABLE events ADD COLUMN z INT CHECK (z > 0);",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        up: "ALTER TABLE events ADD CONSTRAINT events_kind CHECK (kind <> '') NOT VALID;\nALTER TABLE events VALIDATE CONSTRAINT events_kind;",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        up: "DO $$ BEGIN CREATE INDEX events_kind ON events (kind); END $$;",
        ..Example::BAD
    },
    Example {
        engines: &[Engine::Sqlite],
        before: TABLE,
        rows: BIG,
        up: "CREATE INDEX events_kind ON events (kind);",
        ..Example::BAD
    },
    Example {
        // What nobody has validated proves nothing.
        engines: POSTGRES,
        before: "CREATE TABLE events (id BIGINT, kind TEXT); ALTER TABLE events ADD CONSTRAINT has_kind CHECK (kind IS NOT NULL) NOT VALID;",
        rows: BIG,
        up: "ALTER TABLE events ALTER COLUMN kind SET NOT NULL;",
        ..Example::BAD
    },
    Example {
        // Nor what is gone,
        engines: POSTGRES,
        before: "CREATE TABLE events (id BIGINT, kind TEXT); ALTER TABLE events ADD CONSTRAINT has_kind CHECK (kind IS NOT NULL); ALTER TABLE events DROP CONSTRAINT has_kind;",
        rows: BIG,
        up: "ALTER TABLE events ALTER COLUMN kind SET NOT NULL;",
        ..Example::BAD
    },
    Example {
        // or goes first;
        engines: POSTGRES,
        before: "CREATE TABLE events (id BIGINT, kind TEXT); ALTER TABLE events ADD CONSTRAINT has_kind CHECK (kind IS NOT NULL);",
        rows: BIG,
        up: "ALTER TABLE events ALTER COLUMN kind SET NOT NULL, DROP CONSTRAINT has_kind;",
        ..Example::BAD
    },
    Example {
        // or is validated afterwards;
        engines: POSTGRES,
        before: "CREATE TABLE events (id BIGINT, kind TEXT); ALTER TABLE events ADD CONSTRAINT has_kind CHECK (kind IS NOT NULL) NOT VALID;",
        rows: BIG,
        up: "ALTER TABLE events ALTER COLUMN kind SET NOT NULL;\nALTER TABLE events VALIDATE CONSTRAINT has_kind;",
        ..Example::BAD
    },
    Example {
        // or says something else.
        engines: POSTGRES,
        before: "CREATE TABLE events (id BIGINT, kind TEXT); ALTER TABLE events ADD CONSTRAINT has_kind CHECK ((kind IS NOT NULL) = (id > 0));",
        rows: BIG,
        up: "ALTER TABLE events ALTER COLUMN kind SET NOT NULL;",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        run_in_transaction: false,
        up: "CREATE INDEX CONCURRENTLY events_kind ON events (kind);",
        ..Example::GOOD
    },
    Example {
        engines: POSTGRES,
        before: VIEW,
        rows: BIG,
        up: "REFRESH MATERIALIZED VIEW CONCURRENTLY sums;",
        ..Example::GOOD
    },
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        run_in_transaction: false,
        up: "VACUUM (ANALYZE) events;",
        ..Example::GOOD
    },
    Example {
        engines: POSTGRES,
        before: "CREATE TABLE events (id BIGINT, kind TEXT); ALTER TABLE events ADD CONSTRAINT events_kind CHECK (kind <> '') NOT VALID;",
        rows: BIG,
        up: "ALTER TABLE events VALIDATE CONSTRAINT events_kind;",
        ..Example::GOOD
    },
    Example {
        engines: POSTGRES,
        before: "CREATE TABLE events (id BIGINT, kind TEXT); ALTER TABLE events ADD CONSTRAINT has_kind CHECK (kind IS NOT NULL) NOT VALID; ALTER TABLE events VALIDATE CONSTRAINT has_kind;",
        rows: BIG,
        up: "ALTER TABLE events ALTER COLUMN kind SET NOT NULL;\nALTER TABLE events DROP CONSTRAINT has_kind;",
        ..Example::GOOD
    },
    Example {
        engines: POSTGRES,
        before: "CREATE TABLE events (id BIGINT, kind TEXT); ALTER TABLE events ADD CHECK (kind IS NOT NULL) NOT VALID; ALTER TABLE events VALIDATE CONSTRAINT events_kind_check; ALTER TABLE events RENAME COLUMN kind TO word;",
        rows: BIG,
        up: "ALTER TABLE events ALTER COLUMN word SET NOT NULL;",
        ..Example::GOOD
    },
    Example {
        // What a valid check proves is not read again.
        engines: POSTGRES,
        before: "CREATE TABLE events (id BIGINT, kind TEXT); ALTER TABLE events ADD CONSTRAINT has_kind CHECK (kind IS NOT NULL);",
        rows: BIG,
        up: "ALTER TABLE events ALTER COLUMN kind SET NOT NULL;",
        ..Example::GOOD
    },
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        up: "ALTER TABLE events ADD COLUMN short VARCHAR(20) DEFAULT ''::VARCHAR(20), ADD COLUMN at TIMESTAMP DEFAULT timezone('UTC', now()), ADD COLUMN kind_of TEXT REFERENCES kinds (kind);",
        ..Example::GOOD
    },
    Example {
        before: TABLE,
        rows: BIG,
        up: "CREATE INDEX kinds_kind ON kinds (kind);",
        ..Example::GOOD
    },
    Example {
        before: TABLE,
        up: "CREATE INDEX events_kind ON events (kind);",
        ..Example::GOOD
    },
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        up: "ALTER TABLE events ADD CONSTRAINT nn CHECK (id > 0) NOT VALID, VALIDATE CONSTRAINT nn;",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        run_in_transaction: false,
        up: "ALTER TABLE events ADD CONSTRAINT nn CHECK (id > 0) NOT VALID, VALIDATE CONSTRAINT nn;",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        up: "DO $$ BEGIN ALTER TABLE events ADD CONSTRAINT nn CHECK (id > 0) NOT VALID; ALTER TABLE events VALIDATE CONSTRAINT nn; END $$;",
        ..Example::BAD
    },
    Example {
        // Of what the same file makes nobody waits.
        engines: POSTGRES,
        rows: BIG,
        up: "CREATE MATERIALIZED VIEW sums AS SELECT 1 AS id;\nCREATE UNIQUE INDEX sums_id ON sums (id);\nREFRESH MATERIALIZED VIEW sums;",
        ..Example::GOOD
    },
    Example {
        engines: POSTGRES,
        before: VIEW,
        rows: BIG,
        up: "CREATE MATERIALIZED VIEW IF NOT EXISTS sums AS SELECT 1 AS id;\nCREATE INDEX sums_again ON sums (id);",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        up: "ALTER TABLE events ADD COLUMN words TEXT[] DEFAULT string_to_array('a,b', ','), ADD COLUMN far INT DEFAULT abs(-1), ADD COLUMN word TEXT DEFAULT replace('abc', 'b', 'd');",
        ..Example::GOOD
    },
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        up: "ALTER TABLE events ADD COLUMN luck FLOAT8 DEFAULT round(random());",
        ..Example::BAD
    },
];
