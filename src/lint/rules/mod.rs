//! The rules of this tool, one file each: what it finds, why it hurts, what to write instead, and
//! examples that the tests put before the linter, and before a database where a rule says that it
//! refuses them.
//!
//! A new rule is a file here with a `pub(super) const RULE: Rule`, its line in [`RULES`], and its section
//! in `docs/lint.md`, which `dieselkit lint --list --format markdown` prints. Its examples are its tests:
//! what a manual or an issue warns of as a false positive is a good one.

mod big_table;
mod down_destroys_more;
mod down_forgets;
mod down_without_if_exists;
mod drops_data;
mod enum_value_used;
mod foreign_key_without_index;
mod hidden_sql;
mod lock_then_write;
mod missing_alter;
mod mixed_transaction;
mod narrows_type;
mod not_in_transaction;
mod partitioned_concurrently;
mod partitioned_not_valid;
mod secret_literal;
mod setting_in_transaction;
mod template_left;
#[cfg(test)]
mod tests;
mod write_without_where;

use super::rule::Rule;

/// All of them, by name.
pub(super) const RULES: &[&Rule] = &[
    &big_table::RULE,
    &down_destroys_more::RULE,
    &down_forgets::RULE,
    &down_without_if_exists::RULE,
    &drops_data::RULE,
    &enum_value_used::RULE,
    &foreign_key_without_index::RULE,
    &hidden_sql::RULE,
    &lock_then_write::RULE,
    &missing_alter::RULE,
    &mixed_transaction::RULE,
    &narrows_type::RULE,
    &not_in_transaction::RULE,
    &partitioned_concurrently::RULE,
    &partitioned_not_valid::RULE,
    &secret_literal::RULE,
    &setting_in_transaction::RULE,
    &template_left::RULE,
    &write_without_where::RULE,
];
