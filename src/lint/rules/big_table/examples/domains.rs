//! Domains: what they check, and where columns are of them.

use super::{BIG, POSTGRES};
use crate::lint::rule::Example;

const DOMAINS: &str = "CREATE TABLE events (id BIGINT, kind TEXT, mark VARCHAR(10)); CREATE TABLE kinds (kind TEXT PRIMARY KEY); CREATE DOMAIN word AS TEXT CHECK (VALUE <> ''); CREATE DOMAIN known AS TEXT NOT NULL; CREATE DOMAIN short AS word; CREATE DOMAIN plain AS TEXT; CREATE DOMAIN freed AS TEXT CHECK (VALUE <> ''); ALTER DOMAIN freed DROP CONSTRAINT freed_check;";
const TYPED: &str = "CREATE DOMAIN word AS TEXT CHECK (VALUE <> ''); CREATE DOMAIN other AS TEXT; CREATE DOMAIN short AS word; ALTER DOMAIN word ADD CONSTRAINT z CHECK (VALUE <> 'z') NOT VALID; CREATE TABLE events (id BIGINT, kind short); CREATE TABLE kinds (kind other);";

pub(super) const EXAMPLES: &[Example] = &[
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
];
