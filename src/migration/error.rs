//! What can be wrong with migrations: their files, the plan, a step before it runs, the run, and
//! the making of a new one.
//!
//! Each error knows its own hint. What a step that failed has left is in `failure`.

mod halted;
mod plan;
mod prepare;
mod run;
mod scaffold;
mod source;

pub(crate) use halted::{Way, give_up_lost, go_on_down_or_settle, go_on_up_or_settle, settle};
pub use plan::PlanError;
pub use prepare::PrepareError;
pub use run::RunError;
pub(super) use scaffold::MAX_FILE_NAME_BYTES;
pub use scaffold::ScaffoldError;
pub use source::SourceError;
