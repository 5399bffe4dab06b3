//! An index of a partitioned table that is to be built, or dropped, concurrently.
//!
//! <https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY>:
//! "Concurrent builds for indexes on partitioned tables are currently not supported."

use crate::backend::address::Engine;
use crate::backend::lint::Level;
use crate::lint::context::Context;
use crate::lint::rule::{BOTH, Claim, Example, Hit, Needs, Rule};
use crate::sql::effect::{Effect, EffectKind, Name, ObjectKind};

const POSTGRES: &[Engine] = &[Engine::Postgres];
const TABLE: &str = "CREATE TABLE visits (id INT, day DATE) PARTITION BY RANGE (day); CREATE TABLE visits_1 PARTITION OF visits DEFAULT; CREATE INDEX visits_id ON visits (id);";

pub(super) const RULE: Rule = Rule {
    name: "partitioned-concurrently",
    level: Level::Error,
    ways: BOTH,
    needs: Needs::Files,
    finds: "an index of a partitioned table that is built or dropped concurrently",
    hurts: "it fails, wherever it runs",
    instead: "Make the index `ON ONLY` the partitioned table, build one on each partition concurrently, and attach them: `ALTER INDEX whole ATTACH PARTITION part`. Drop it without `CONCURRENTLY`.",
    examples: &[
        Example {
            engines: POSTGRES,
            before: TABLE,
            run_in_transaction: false,
            up: "CREATE INDEX CONCURRENTLY visits_day ON visits (day);",
            claim: Claim::Refused("concurrently"),
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            run_in_transaction: false,
            up: "DROP INDEX CONCURRENTLY visits_id;",
            claim: Claim::Refused("concurrently"),
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            run_in_transaction: false,
            up: "CREATE INDEX CONCURRENTLY visits_1_day ON visits_1 (day);",
            ..Example::GOOD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "CREATE INDEX visits_day ON ONLY visits (day);",
            ..Example::GOOD
        },
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Hit> {
    let found = context.way.effects().filter_map(|(_, effect)| {
        let what = partitioned(context, effect)?;
        let message =
            format!("`{what}` is partitioned: its indexes cannot be worked on concurrently");
        Some(Hit::new(effect.span, message))
    });
    found.collect()
}

/// Returns the partitioned table whose index is built or dropped concurrently; of an index that the
/// database alone knows, the index.
fn partitioned<'a>(context: &'a Context<'_>, effect: &'a Effect) -> Option<&'a Name> {
    match &effect.kind {
        EffectKind::Create(created) if created.index.concurrently => {
            let table = created.on.as_ref();
            table.filter(|table| is_partitioned(context, table))
        }
        EffectKind::Drop(dropped) if dropped.kind == ObjectKind::Index && dropped.concurrently => {
            let mut known = dropped.names.iter().map(|index| {
                let table = context.around.table_of_index(index);
                table.unwrap_or(index)
            });
            known.find(|known| is_partitioned(context, known))
        }
        _ => None,
    }
}

/// Returns whether migrations made something to be partitioned, or the database has it so.
fn is_partitioned(context: &Context<'_>, name: &Name) -> bool {
    context.around.is_partitioned(name) || context.facts.is_partitioned(name)
}
