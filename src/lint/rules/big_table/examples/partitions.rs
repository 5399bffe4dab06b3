//! Partitions that are attached or made, and what their bounds are proven by.

use super::{BIG, POSTGRES};
use crate::lint::rule::Example;

const WHOLE: &str = "CREATE TABLE whole (id BIGINT, kind TEXT) PARTITION BY LIST (kind); CREATE TABLE events (id BIGINT, kind TEXT);";
const DIVIDED: &str = "CREATE TABLE whole (id BIGINT, kind TEXT) PARTITION BY LIST (kind); CREATE TABLE events PARTITION OF whole DEFAULT; CREATE TABLE part (id BIGINT, kind TEXT);";

pub(super) const EXAMPLES: &[Example] = &[
    Example {
        engines: POSTGRES,
        before: WHOLE,
        rows: BIG,
        up: "ALTER TABLE whole ATTACH PARTITION events FOR VALUES IN ('x');",
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
        // So is where a table belongs as a partition.
        engines: POSTGRES,
        before: "CREATE TABLE whole (id BIGINT, kind TEXT) PARTITION BY LIST (kind); CREATE TABLE events (id BIGINT, kind TEXT, CHECK (kind IS NOT NULL AND kind = 'x'));",
        rows: BIG,
        up: "ALTER TABLE whole ATTACH PARTITION events FOR VALUES IN ('x');",
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
];
