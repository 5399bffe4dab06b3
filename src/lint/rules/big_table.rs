//! Work that takes as long as a table is large, on a table that is known to be large.

mod examples;

use crate::backend::lint::{Before, Level};
use crate::lint::advice;
use crate::lint::checks::Proof;
use crate::lint::context::Context;
use crate::lint::rule::{BOTH, Hit, Needs, Rule};
use crate::sql::effect::{Action, Effect, EffectKind, Name, ObjectKind, Rebuilding};

pub(super) const RULE: Rule = Rule {
    name: "big-table",
    level: Level::Error,
    ways: BOTH,
    needs: Needs::Sizes,
    finds: "an index, a rewrite or a check of all rows beneath a lock, on a table that is big in the database",
    hurts: "writers, and where a table is rewritten readers too, wait until it is done",
    instead: "Build the index concurrently; add the constraint as `NOT VALID` and validate it in the next migration; add a new column and fill it in batches; let `REINDEX` and `REFRESH MATERIALIZED VIEW` work `CONCURRENTLY`. From which size on a table is big, `[lint] big_table_rows` (default 100000) and `big_table_bytes` (default 100 MiB) say; how many rows there are in a table that was never analyzed, is guessed by its size.",
    examples: examples::EXAMPLES,
    check,
};

fn check(context: &Context<'_>) -> Vec<Hit> {
    if !context.facts.knows_tables() {
        return Vec::new();
    }
    let found = context.way.effects().flat_map(|(index, effect)| {
        let worked = worked(context, index, effect).into_iter();
        worked.filter_map(move |on| hit(context, index, effect, &on))
    });
    found.collect()
}

/// A table whose rows a change goes through.
struct On {
    table: Name,
    why: Why,
}

/// Why it is that table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// It is changed.
    Itself,
    /// It is the `DEFAULT` partition beside another that is new.
    BesideNew,
    /// It has a column of a domain that is changed.
    OfDomain,
}

/// Returns the tables whose rows a change goes through.
fn worked(context: &Context<'_>, index: usize, effect: &Effect) -> Vec<On> {
    let on = |why| move |table: Name| On { table, why };
    let default_of = |whole: &Name| {
        let defaults = context.defaults_before(index);
        defaults.of(whole).cloned().map(on(Why::BesideNew))
    };
    let itself = match &effect.kind {
        EffectKind::Rebuild(rebuilt) if rebuilt.how == Rebuilding::ReindexOne => {
            let table = context.table_of_index(&rebuilt.name, index);
            return table.map(on(Why::Itself)).into_iter().collect();
        }
        EffectKind::Create(created) if created.kind == ObjectKind::Table => {
            let whole = created.table.partition_of.as_ref();
            let whole = whole.filter(|_| !created.table.is_default);
            return whole.and_then(default_of).into_iter().collect();
        }
        EffectKind::Alter(altered) => match &altered.action {
            Action::AttachPartition {
                partition,
                is_default,
            } => {
                let beside = (!is_default).then(|| default_of(&altered.table)).flatten();
                let itself = on(Why::Itself)(partition.clone());
                return [Some(itself), beside].into_iter().flatten().collect();
            }
            _ => Some(&altered.table),
        },
        EffectKind::AlterDomain(altered) => {
            let domains = context.domains_before(index);
            let is_over = |of_type: &str| domains.is_over(of_type, &altered.domain);
            let tables = context.tables_of_type(is_over).into_iter();
            return tables.map(on(Why::OfDomain)).collect();
        }
        kind => kind.table(),
    };
    itself.cloned().map(on(Why::Itself)).into_iter().collect()
}

/// Returns what is found of one table, if it is big.
fn hit(context: &Context<'_>, index: usize, effect: &Effect, on: &On) -> Option<Hit> {
    let table = &on.table;
    let size = size(context, table)?;
    if context.is_new(table, index) {
        return None;
    }
    let proof = proof(context, index, effect, on);
    let (work, is_checked) = work(context, index, effect, proof)?;
    let message = format!("{work} `{table}`, which has {size}, beneath a lock");
    let hit = Hit::new(effect.span, message);
    let hit = match (on.why, proof) {
        (Why::BesideNew, _) => hit.with_help(BESIDE_NEW),
        (Why::OfDomain, _) => hit.with_help(OF_DOMAIN),
        (Why::Itself, Proof::Perhaps) => hit.with_help(PERHAPS),
        (Why::Itself, _) if is_checked => hit.with_help(CHECKED_TYPE),
        (Why::Itself, _) => match advice::of_effect(context, index, effect) {
            Some(advice) => hit.with_help(advice),
            None => hit,
        },
    };
    Some(if proof == Proof::Perhaps {
        hit.at_most(Level::Warning)
    } else {
        hit
    })
}

/// What is said of a check of which nobody knows whether it is enough.
const PERHAPS: &str = "The rows are not read where a validated check of the table implies the bounds of the partition: by what the table is divided is not known, so look whether it does.";

/// What is said of a partition beside the `DEFAULT` one.
const BESIDE_NEW: &str = "The server looks whether a row of the `DEFAULT` partition belongs into the new one. A validated check of the `DEFAULT` partition that none does spares it: add it before as `NOT VALID`, and validate it in the next migration.";

/// What is said of a domain's check.
const OF_DOMAIN: &str = "What a domain asks is checked beneath a lock against writers, in all tables at once, also by `VALIDATE CONSTRAINT`: add the check to each table instead, as `NOT VALID`, and validate it in the next migration.";

/// What is said of a column of a domain that checks.
const CHECKED_TYPE: &str = "A domain that checks its values makes the server write each row: give the column the type beneath it, add what the domain asks as a check of the table, `NOT VALID`, and validate it in the next migration.";

/// Returns whether a check that stands proves what a change would have to read all rows for.
fn proof(context: &Context<'_>, index: usize, effect: &Effect, on: &On) -> Proof {
    let bounds = |whole: &Name| {
        let checks = context.checks_before(index);
        checks.prove_bounds(whole, &on.table)
    };
    match &effect.kind {
        EffectKind::Alter(altered) => match &altered.action {
            Action::SetNotNull { column } => {
                let checks = context.checks_before(index);
                checks.prove_not_null(&altered.table, column)
            }
            Action::AttachPartition { .. } => bounds(&altered.table),
            _ => Proof::Missing,
        },
        EffectKind::Create(created) => {
            let whole = created.table.partition_of.as_ref();
            whole.map_or(Proof::Missing, bounds)
        }
        _ => Proof::Missing,
    }
}

/// Returns what a change does with all rows, and whether that is for a domain that checks them.
fn work(
    context: &Context<'_>,
    index: usize,
    effect: &Effect,
    proof: Proof,
) -> Option<(&'static str, bool)> {
    let is_proven = proof == Proof::There;
    let major_version = context.situation.major_version();
    let EffectKind::Alter(altered) = &effect.kind else {
        let before = Before {
            is_proven,
            major_version,
            ..Before::default()
        };
        let work = context.grammar.works_through(effect, &before)?;
        return Some((work, false));
    };
    let table = &altered.table;
    let (becomes, of_type) = match &altered.action {
        Action::AddColumn(added) => (Some(&added.of_type), None),
        Action::SetType { column, to, .. } => (Some(to), context.type_before(table, column)),
        _ => (None, None),
    };
    let domains = becomes.map(|_| context.domains_before(index));
    let (domains, becomes) = (domains.unwrap_or_default(), becomes.map(String::as_str));
    let before = Before {
        of_type: of_type.as_deref().map(|from| domains.stored(from)),
        stored_as: becomes.map(|to| domains.stored(to)),
        is_checked: becomes.is_some_and(|to| domains.check(to)),
        is_proven,
        is_locked: context.is_locked_before(table, index)
            || context.is_locked_within(table, index, effect),
        zone: context.zone_before(index),
        major_version,
    };
    let work = context.grammar.works_through(effect, &before)?;
    Some((work, before.is_checked))
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
