//! What proves the rule.

use crate::backend::address::Engine;
use crate::lint::rule::Example;

const POSTGRES: &[Engine] = &[Engine::Postgres];
const TABLE: &str = "CREATE TABLE events (id BIGINT, kind TEXT, mark VARCHAR(10), price NUMERIC(10,2)); CREATE TABLE kinds (kind TEXT PRIMARY KEY);";
const MOMENTS: &str = "CREATE TABLE events (id BIGINT, kind TEXT, mark VARCHAR(10), at TIMESTAMP, seen TIMESTAMPTZ(3));";
const INDEXED: &str =
    "CREATE TABLE events (id BIGINT, at DATE); CREATE INDEX events_at ON events (at);";
const VIEW: &str =
    "CREATE MATERIALIZED VIEW sums AS SELECT 1 AS id; CREATE UNIQUE INDEX sums_id ON sums (id);";
const WHOLE: &str = "CREATE TABLE whole (id BIGINT, kind TEXT) PARTITION BY LIST (kind); CREATE TABLE events (id BIGINT, kind TEXT);";
const DOMAINS: &str = "CREATE TABLE events (id BIGINT, kind TEXT, mark VARCHAR(10)); CREATE TABLE kinds (kind TEXT PRIMARY KEY); CREATE DOMAIN word AS TEXT CHECK (VALUE <> ''); CREATE DOMAIN known AS TEXT NOT NULL; CREATE DOMAIN short AS word; CREATE DOMAIN plain AS TEXT; CREATE DOMAIN freed AS TEXT CHECK (VALUE <> ''); ALTER DOMAIN freed DROP CONSTRAINT freed_check;";
const TYPED: &str = "CREATE DOMAIN word AS TEXT CHECK (VALUE <> ''); CREATE DOMAIN other AS TEXT; CREATE DOMAIN short AS word; ALTER DOMAIN word ADD CONSTRAINT z CHECK (VALUE <> 'z') NOT VALID; CREATE TABLE events (id BIGINT, kind short); CREATE TABLE kinds (kind other);";
const DIVIDED: &str = "CREATE TABLE whole (id BIGINT, kind TEXT) PARTITION BY LIST (kind); CREATE TABLE events PARTITION OF whole DEFAULT; CREATE TABLE part (id BIGINT, kind TEXT);";
const BIG: &[(&str, i64)] = &[("events", 5_000_000), ("sums", 5_000_000), ("kinds", 7)];

pub(super) const EXAMPLES: &[Example] = &[
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
        up: "ALTER TABLE events ALTER COLUMN kind TYPE VARCHAR(30);",
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
        before: WHOLE,
        rows: BIG,
        up: "ALTER TABLE whole ATTACH PARTITION events FOR VALUES IN ('x');",
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
        up: "ALTER TABLE events ALTER COLUMN mark TYPE VARCHAR(5);",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        up: "ALTER TABLE events ALTER COLUMN id TYPE TEXT;",
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
        before: "CREATE TABLE whole (id BIGINT, kind TEXT) PARTITION BY LIST (kind); CREATE TABLE events (id BIGINT, kind TEXT); ALTER TABLE events ADD CHECK (kind IS NOT NULL AND kind = 'x') NOT VALID;",
        rows: BIG,
        up: "ALTER TABLE whole ATTACH PARTITION events FOR VALUES IN ('x');",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: "CREATE TABLE whole (id BIGINT, kind TEXT) PARTITION BY LIST (kind); CREATE TABLE events (id BIGINT, kind TEXT); ALTER TABLE events ADD CHECK (id > 0);",
        rows: BIG,
        up: "ALTER TABLE whole ATTACH PARTITION events FOR VALUES IN ('x');",
        ..Example::BAD
    },
    Example {
        // What a domain asks is computed for each row, even of nulls,
        engines: POSTGRES,
        before: DOMAINS,
        rows: BIG,
        up: "ALTER TABLE events ADD COLUMN z word;",
        ..Example::BAD
    },
    Example {
        // also where the domain beneath asks it,
        engines: POSTGRES,
        before: DOMAINS,
        rows: BIG,
        up: "ALTER TABLE events ADD COLUMN z public.short DEFAULT 'x';",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: DOMAINS,
        rows: BIG,
        up: "ALTER TABLE events ADD COLUMN z known DEFAULT 'x';",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: DOMAINS,
        rows: BIG,
        up: "ALTER TABLE events ALTER COLUMN kind TYPE word;",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: TYPED,
        rows: BIG,
        up: "ALTER DOMAIN word ADD CONSTRAINT a CHECK (VALUE <> 'a');",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: TYPED,
        rows: BIG,
        up: "ALTER DOMAIN public.word VALIDATE CONSTRAINT z;",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: TYPED,
        rows: BIG,
        up: "ALTER DOMAIN short SET NOT NULL;",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: DIVIDED,
        rows: BIG,
        up: "CREATE TABLE part_x PARTITION OF whole FOR VALUES IN ('x');",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: DIVIDED,
        rows: BIG,
        up: "ALTER TABLE whole ATTACH PARTITION part FOR VALUES IN ('x');",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: DIVIDED,
        rows: BIG,
        up: "ALTER TABLE events ADD CHECK (id > 0);\nALTER TABLE events ADD CONSTRAINT no_x CHECK (kind IS NOT NULL AND kind <> 'x') NOT VALID;\nCREATE TABLE part_x PARTITION OF whole FOR VALUES IN ('x');",
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
        before: TABLE,
        rows: BIG,
        up: "ALTER TABLE events ADD CONSTRAINT events_kind CHECK (kind <> '') NOT VALID;\nALTER TABLE events ADD COLUMN seen BOOLEAN NOT NULL DEFAULT false;\nALTER TABLE events ALTER COLUMN kind SET DEFAULT 'x';\nALTER TABLE events ALTER COLUMN kind TYPE TEXT;",
        ..Example::GOOD
    },
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        up: "ALTER TABLE events ALTER COLUMN mark TYPE VARCHAR(20);\nALTER TABLE events ALTER COLUMN price TYPE NUMERIC(14,2);",
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
        // So is where a table belongs as a partition.
        engines: POSTGRES,
        before: "CREATE TABLE whole (id BIGINT, kind TEXT) PARTITION BY LIST (kind); CREATE TABLE events (id BIGINT, kind TEXT, CHECK (kind IS NOT NULL AND kind = 'x'));",
        rows: BIG,
        up: "ALTER TABLE whole ATTACH PARTITION events FOR VALUES IN ('x');",
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
        // A domain that asks nothing is what is beneath it.
        engines: POSTGRES,
        before: DOMAINS,
        rows: BIG,
        up: "ALTER TABLE events ADD COLUMN z plain DEFAULT 'x', ADD COLUMN y word[], ADD COLUMN x freed;\nALTER TABLE events ALTER COLUMN kind TYPE plain;\nALTER TABLE kinds ADD COLUMN z word;",
        ..Example::GOOD
    },
    Example {
        engines: POSTGRES,
        before: TYPED,
        rows: BIG,
        up: "ALTER DOMAIN word ADD CONSTRAINT a CHECK (VALUE <> 'a') NOT VALID;\nALTER DOMAIN other SET NOT NULL;\nALTER DOMAIN word DROP CONSTRAINT z;\nALTER TABLE events ALTER COLUMN kind TYPE TEXT;",
        ..Example::GOOD
    },
    Example {
        engines: POSTGRES,
        before: DIVIDED,
        rows: BIG,
        up: "ALTER TABLE whole DETACH PARTITION events;\nCREATE TABLE part_x PARTITION OF whole FOR VALUES IN ('x');\nCREATE TABLE part_y PARTITION OF whole DEFAULT;\nCREATE TABLE part_z PARTITION OF whole FOR VALUES IN ('z');",
        ..Example::GOOD
    },
    Example {
        // Into what a check of it excludes nobody looks.
        engines: POSTGRES,
        before: "CREATE TABLE whole (id BIGINT, kind TEXT) PARTITION BY LIST (kind); CREATE TABLE events PARTITION OF whole DEFAULT; ALTER TABLE events ADD CONSTRAINT no_x CHECK (kind IS NOT NULL AND kind <> 'x');",
        rows: BIG,
        up: "CREATE TABLE part_x PARTITION OF whole FOR VALUES IN ('x');",
        ..Example::GOOD
    },
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        up: "ALTER TABLE events ALTER COLUMN id TYPE TEXT USING id::TEXT;",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        up: "ALTER TABLE events ALTER COLUMN kind TYPE TEXT USING trim(kind);",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        up: "ALTER TABLE events ALTER COLUMN mark TYPE VARCHAR(20) USING mark::VARCHAR;",
        ..Example::BAD
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
        engines: POSTGRES,
        before: MOMENTS,
        rows: BIG,
        up: "ALTER TABLE events ALTER COLUMN at TYPE TIMESTAMPTZ(3);",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: MOMENTS,
        rows: BIG,
        up: "ALTER TABLE events ALTER COLUMN at TYPE TIMESTAMPTZ USING at AT TIME ZONE 'UTC';",
        ..Example::BAD
    },
    Example {
        // What is cast to the type that it gets is as it was without.
        engines: POSTGRES,
        before: TABLE,
        rows: BIG,
        up: "ALTER TABLE events ALTER COLUMN mark TYPE VARCHAR(20) USING mark::VARCHAR(20), ALTER COLUMN kind TYPE VARCHAR USING CAST((events.kind) AS VARCHAR);",
        ..Example::GOOD
    },
    Example {
        // A run works in UTC, where a moment with a zone is stored as one without.
        engines: POSTGRES,
        before: MOMENTS,
        rows: BIG,
        up: "ALTER TABLE events ALTER COLUMN at TYPE TIMESTAMPTZ, ALTER seen TYPE TIMESTAMP;",
        ..Example::GOOD
    },
    Example {
        // Elsewhere it is another number,
        engines: POSTGRES,
        before: MOMENTS,
        rows: BIG,
        up: "SET TimeZone = 'Europe/Berlin';\nALTER TABLE events ALTER COLUMN at TYPE TIMESTAMPTZ;",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: MOMENTS,
        rows: BIG,
        up: "SET LOCAL TIME ZONE DEFAULT;\nALTER TABLE events ALTER COLUMN seen TYPE TIMESTAMP;",
        ..Example::BAD
    },
    Example {
        engines: POSTGRES,
        before: MOMENTS,
        rows: BIG,
        up: "SET TimeZone TO 'Europe/Berlin';\nSET TIME ZONE 'UTC';\nALTER TABLE events ALTER COLUMN at TYPE TIMESTAMPTZ;",
        ..Example::GOOD
    },
    Example {
        // and before PostgreSQL 12 each row was written anew in any case.
        engines: POSTGRES,
        before: MOMENTS,
        rows: BIG,
        server_version: Some("11.22"),
        up: "ALTER TABLE events ALTER COLUMN at TYPE TIMESTAMPTZ;",
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
