//! What is wrong with a migration before it runs: rules over the SQL of files.
//!
//! The flow is `Migration → Subject → ways with what each statement changes → rules → ignores →
//! Report`. A rule is a file of `rules/`; those of an engine's own linter (squawk, for PostgreSQL)
//! come in through `backend::lint`. What only the runner knows comes in as facts: how each way is
//! run is read from the migration, what was made before it in the same run from the migrations
//! before it, the server's version and the sizes of its tables from [`Facts`].
//!
//! Pure: files are read, and databases asked, by whoever calls.

mod advice;
mod around;
mod catalog;
mod checks;
mod context;
mod default_partitions;
mod domains;
mod facts;
mod finding;
mod ignore;
mod indexes;
mod key_indexes;
mod linter;
mod locks;
mod nearest;
mod new_tables;
mod options;
mod page;
mod report;
mod rule;
mod rules;
mod subject;
#[cfg(test)]
mod tests;
mod unreadable;

pub use crate::backend::caught::is_panic_caught;
pub use crate::backend::lint::Level;
pub use catalog::{RuleInfo, UnknownRule, rule, rule_infos};
pub use facts::Facts;
pub use finding::{Finding, Fix};
pub use linter::{Linter, Together};
pub use options::Options;
pub use page::rules_page;
pub use report::{Ignored, Report, Totals};
pub use subject::Subject;
