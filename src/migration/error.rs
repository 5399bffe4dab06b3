//! What can be wrong with migrations: their files, the plan, a step before it runs, and the run.

mod plan;
mod prepare;
mod run;
mod source;

pub use plan::PlanError;
pub use prepare::PrepareError;
pub use run::RunError;
pub use source::SourceError;
