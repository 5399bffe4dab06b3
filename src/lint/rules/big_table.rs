//! Work that takes as long as a table is large, on a table that is known to be large.

use crate::backend::address::Engine;
use crate::backend::lint::{Before, Level};
use crate::lint::checks::Proof;
use crate::lint::context::Context;
use crate::lint::rule::{BOTH, Example, Hit, Needs, Rule};
use crate::sql::effect::{Action, Effect, EffectKind, Name, Rebuilding};

const POSTGRES: &[Engine] = &[Engine::Postgres];
const TABLE: &str = "CREATE TABLE events (id BIGINT, kind TEXT, mark VARCHAR(10), price NUMERIC(10,2)); CREATE TABLE kinds (kind TEXT PRIMARY KEY);";
const INDEXED: &str =
    "CREATE TABLE events (id BIGINT, at DATE); CREATE INDEX events_at ON events (at);";
const VIEW: &str =
    "CREATE MATERIALIZED VIEW sums AS SELECT 1 AS id; CREATE UNIQUE INDEX sums_id ON sums (id);";
const WHOLE: &str = "CREATE TABLE whole (id BIGINT, kind TEXT) PARTITION BY LIST (kind); CREATE TABLE events (id BIGINT, kind TEXT);";
const BIG: &[(&str, i64)] = &[("events", 5_000_000), ("sums", 5_000_000), ("kinds", 7)];

pub(super) const RULE: Rule = Rule {
    name: "big-table",
    level: Level::Error,
    ways: BOTH,
    needs: Needs::Sizes,
    finds: "an index, a rewrite or a check of all rows beneath a lock, on a table that is big in the database",
    hurts: "writers, and where a table is rewritten readers too, wait until it is done",
    instead: "Build the index concurrently; add the constraint as `NOT VALID` and validate it in the next migration; add a new column and fill it in batches; let `REINDEX` and `REFRESH MATERIALIZED VIEW` work `CONCURRENTLY`. From which size on a table is big, `[lint] big_table_rows` (default 100000) and `big_table_bytes` (default 100 MiB) say; how many rows there are in a table that was never analyzed, is guessed by its size.",
    examples: &[
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
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Hit> {
    let found = context.way.effects().filter_map(|(index, effect)| {
        let table = worked(context, effect)?;
        let proof = proof(context, index, effect);
        let work = work(context, index, effect, proof)?;
        let size = size(context, table)?;
        if context.is_new(table, index) {
            return None;
        }
        let message = format!("{work} `{table}`, which has {size}, beneath a lock");
        let hit = Hit::new(effect.span, message);
        Some(match proof {
            Proof::Perhaps => hit.at_most(Level::Warning).with_help(PERHAPS),
            _ => hit,
        })
    });
    found.collect()
}

/// What is said of a check of which nobody knows whether it is enough.
const PERHAPS: &str = "The rows are not read where a validated check of the table implies the bounds of the partition: by what the table is divided is not known, so look whether it does.";

/// Returns whether a check that stands proves what a change would have to read all rows for.
fn proof(context: &Context<'_>, index: usize, effect: &Effect) -> Proof {
    let EffectKind::Alter(altered) = &effect.kind else {
        return Proof::Missing;
    };
    match &altered.action {
        Action::SetNotNull { column } => {
            let checks = context.checks_before(index);
            checks.prove_not_null(&altered.table, column)
        }
        Action::AttachPartition { partition, .. } => {
            let checks = context.checks_before(index);
            checks.prove_bounds(&altered.table, partition)
        }
        _ => Proof::Missing,
    }
}

/// Returns the table whose rows a change goes through.
fn worked<'a>(context: &'a Context<'_>, effect: &'a Effect) -> Option<&'a Name> {
    match &effect.kind {
        EffectKind::Rebuild(rebuilt) if rebuilt.how == Rebuilding::ReindexOne => {
            context.around.table_of_index(&rebuilt.name)
        }
        EffectKind::Alter(altered) => match &altered.action {
            Action::AttachPartition { partition, .. } => Some(partition),
            _ => Some(&altered.table),
        },
        kind => kind.table(),
    }
}

/// Returns what a change does with all rows.
fn work(
    context: &Context<'_>,
    index: usize,
    effect: &Effect,
    proof: Proof,
) -> Option<&'static str> {
    let EffectKind::Alter(altered) = &effect.kind else {
        return context.grammar.works_through(effect, &Before::default());
    };
    let (table, action) = (&altered.table, &altered.action);
    let of_type = match action {
        Action::SetType { column, .. } => context.type_before(table, column),
        _ => None,
    };
    let before = Before {
        of_type: of_type.as_deref(),
        is_proven: proof == Proof::There,
        is_locked: context.is_locked_before(table, index),
    };
    context.grammar.works_through(effect, &before)
}

/// Returns how big a table is, if it is. What the server has noted may be old, or of one partition, or
/// not there at all.
fn size(context: &Context<'_>, table: &Name) -> Option<String> {
    let (big_rows, big_bytes) = (context.options.big_rows, context.options.big_bytes);
    let known = context.facts.table(table)?;
    let guessed = context.facts.extent(table);
    let guessed_rows = guessed.map(|extent| extent.rows);
    // Of what was noted of an empty file, nothing holds any more.
    let noted = known.rows.filter(|_| guessed_rows != Some(0));
    let rows = noted.filter(|rows| *rows >= big_rows);
    let bytes = guessed.map(|extent| extent.bytes).max(known.bytes);
    match (rows, guessed_rows, bytes) {
        (Some(rows), ..) => Some(format!("{rows} rows")),
        (None, Some(rows), _) if rows >= big_rows => Some(format!("some {rows} rows by its size")),
        (None, _, Some(bytes)) if bytes >= big_bytes => {
            Some(format!("{} MiB", bytes / 1024 / 1024))
        }
        _ => None,
    }
}
