//! What to write instead where a table is divided into partitions: much of what is advised of a table
//! PostgreSQL refuses of such a one.
//!
//! <https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-MAINTENANCE>

use super::context::Context;
use crate::sql::effect::{Action, ConstraintKind, Effect, EffectKind, Name, ObjectKind};

/// What to write instead of an index that is built or dropped concurrently.
pub(super) const INDEX: &str = "Make the index `ON ONLY` the partitioned table, build one on each partition concurrently, and attach them: `ALTER INDEX whole ATTACH PARTITION part`. Drop it without `CONCURRENTLY`.";

/// What to write instead of a foreign key that is `NOT VALID`.
pub(super) const KEY: &str = "Add the key to each partition as `NOT VALID`, validate each in the next migration, and then add it to the partitioned table, which takes theirs over and reads their rows no more.";

/// What to write instead of a constraint that takes over an index.
const UNIQUE: &str = "A constraint of a partitioned table cannot take over an index. Make a unique index `ON ONLY` the partitioned table, build one on each partition concurrently, and attach them: `ALTER INDEX whole ATTACH PARTITION part`.";

/// What to write instead of a unique constraint, which is never `NOT VALID`.
const TAKE_OVER: &str = "Build a unique index concurrently, in a migration of its own, outside of a transaction, and let the constraint take it over in the next one: `ADD CONSTRAINT … UNIQUE USING INDEX …`, or `PRIMARY KEY USING INDEX`.";

/// What to write instead of a constraint that excludes, which is neither `NOT VALID` nor takes an index
/// over.
const EXCLUDE: &str = "Nothing spares it the lock while its index is built: add it while the table is small or nobody writes, in a migration of its own with a short `lock_timeout`; or make a new table with it, fill that in batches, and let it take the old one's place.";

/// What to write instead of a partition that is detached concurrently.
const DETACH: &str = "Beside a `DEFAULT` partition none can be detached concurrently: detach it as it is, in a migration of its own, whose lock is a short one.";

/// The rules of an engine's own linter whose advice is one for tables that are not partitioned.
const ADVISING: [&str; 6] = [
    "adding-foreign-key-constraint",
    "constraint-missing-not-valid",
    "disallowed-unique-constraint",
    "require-concurrent-index-creation",
    "require-concurrent-index-deletion",
    "require-concurrent-partition-detach",
];

/// Returns the advice that replaces that of a rule for what stands at a place of the way, where the
/// server would refuse what the rule advises.
pub(super) fn of_rule(context: &Context<'_>, rule: &str, offset: usize) -> Option<&'static str> {
    if !ADVISING.contains(&rule) {
        return None;
    }
    let index = context.way.script.statement_at(offset)?;
    let mut effects = context.way.effects[index].iter();
    let of_whole = effects.find_map(|effect| of_effect(context, index, effect));
    of_whole.or_else(|| {
        let mut here = context.way.effects[index].iter();
        let here = here.find(|effect| effect.span.contains(offset))?;
        instead_of_not_valid(&here.kind).filter(|_| rule == "constraint-missing-not-valid")
    })
}

/// Returns what to write where `NOT VALID` is no word for a constraint.
fn instead_of_not_valid(kind: &EffectKind) -> Option<&'static str> {
    let EffectKind::Alter(altered) = kind else {
        return None;
    };
    match &altered.action {
        Action::AddConstraint(added) => match added.kind {
            ConstraintKind::Unique | ConstraintKind::PrimaryKey => Some(TAKE_OVER),
            ConstraintKind::Exclusion => Some(EXCLUDE),
            _ => None,
        },
        _ => None,
    }
}

/// Returns what to write instead of a change of a partitioned table.
pub(super) fn of_effect(
    context: &Context<'_>,
    index: usize,
    effect: &Effect,
) -> Option<&'static str> {
    let EffectKind::Alter(altered) = &effect.kind else {
        return partitioned_of_index(context, effect).map(|_| INDEX);
    };
    if let Action::DetachPartition { .. } = &altered.action {
        let defaults = context.defaults_before(index);
        return defaults.of(&altered.table).map(|_| DETACH);
    }
    if !context.is_partitioned(&altered.table) {
        return None;
    }
    match &altered.action {
        Action::AddConstraint(added) => match added.kind {
            ConstraintKind::ForeignKey => refuses_not_valid(context).then_some(KEY),
            ConstraintKind::Unique | ConstraintKind::PrimaryKey => Some(UNIQUE),
            ConstraintKind::Check | ConstraintKind::Exclusion | ConstraintKind::Other => None,
        },
        Action::AddColumn(added) if added.key => Some(UNIQUE),
        Action::AddColumn(added) if added.references.is_some() => {
            refuses_not_valid(context).then_some(KEY)
        }
        _ => None,
    }
}

/// Returns whether the server refuses a foreign key of a partitioned table that is not valid, or may do
/// so: those before 18 do (<https://www.postgresql.org/docs/release/18.0/>).
pub(super) fn refuses_not_valid(context: &Context<'_>) -> bool {
    let version = context.situation.major_version();
    version.is_none_or(|version| version < 18)
}

/// Returns the partitioned table whose index is made or dropped; of an index that the database alone
/// knows, the index.
pub(super) fn partitioned_of_index<'a>(
    context: &'a Context<'_>,
    effect: &'a Effect,
) -> Option<&'a Name> {
    match &effect.kind {
        EffectKind::Create(created) if created.kind == ObjectKind::Index => {
            let table = created.on.as_ref();
            table.filter(|table| context.is_partitioned(table))
        }
        EffectKind::Drop(dropped) if dropped.kind == ObjectKind::Index => {
            let mut known = dropped.names.iter().map(|index| {
                let table = context.around.table_of_index(index);
                table.unwrap_or(index)
            });
            known.find(|known| context.is_partitioned(known))
        }
        _ => None,
    }
}
