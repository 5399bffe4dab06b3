//! An index of a partitioned table that is to be built, or dropped, concurrently.
//!
//! <https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY>:
//! "Concurrent builds for indexes on partitioned tables are currently not supported."

use crate::backend::address::Engine;
use crate::backend::lint::Level;
use crate::lint::advice;
use crate::lint::context::Context;
use crate::lint::rule::{BOTH, Claim, Example, Hit, Needs, Rule};
use crate::sql::effect::EffectKind;

const POSTGRES: &[Engine] = &[Engine::Postgres];
const TABLE: &str = "CREATE TABLE visits (id INT, day DATE) PARTITION BY RANGE (day); CREATE TABLE visits_1 PARTITION OF visits DEFAULT; CREATE INDEX visits_id ON visits (id);";

pub(super) const RULE: Rule = Rule {
    name: "partitioned-concurrently",
    level: Level::Error,
    ways: BOTH,
    needs: Needs::Files,
    finds: "an index of a partitioned table that is built or dropped concurrently",
    hurts: "it fails, wherever it runs",
    instead: advice::INDEX,
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
        let is_concurrent = match &effect.kind {
            EffectKind::Create(created) => created.index.concurrently,
            EffectKind::Drop(dropped) => dropped.concurrently,
            _ => false,
        };
        let what = advice::partitioned_of_index(context, effect).filter(|_| is_concurrent)?;
        let message =
            format!("`{what}` is partitioned: its indexes cannot be worked on concurrently");
        Some(Hit::new(effect.span, message))
    });
    found.collect()
}
