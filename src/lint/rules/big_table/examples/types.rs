//! Other types of columns, which rewrite the rows or leave them as they are.

use super::{BIG, POSTGRES, TABLE};
use crate::lint::rule::Example;

const MOMENTS: &str = "CREATE TABLE events (id BIGINT, kind TEXT, mark VARCHAR(10), at TIMESTAMP, seen TIMESTAMPTZ(3));";

pub(super) const EXAMPLES: &[Example] = &[
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
];
