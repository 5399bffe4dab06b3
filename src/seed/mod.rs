//! Seeds: data that a database is filled with, per environment, as often as one likes.
//!
//! The flow is `SeedSet + tracked attempts → plan → prepared seeds → runner → __dieselkit_seeds`.
//! The plan is pure; nothing is run before every seed of it could be read and fits the database.

mod blank;
mod capture;
mod credentials;
mod digest;
mod directive;
mod error;
mod failure;
mod file;
mod generate;
mod model;
mod named;
mod number;
mod options;
mod order;
mod plan;
mod prepare;
mod read;
mod report;
mod rights;
mod rows;
mod runner;
mod scaffold;
mod seeder;
mod shared;
mod sidecar;
mod source;
mod status;
mod store;
mod template;
mod verified;

pub use capture::{
    Anonymize, AnonymizeError, CaptureError, CaptureInto, CaptureOptions, CaptureReport,
    CapturedFile, Method, capture,
};
pub use credentials::Credential;
pub use error::{SeedError, SeedSourceError, UnfitSeed};
pub use failure::SeedFailure;
pub use generate::{GenerateError, GenerateOptions, GenerateReport};
pub use options::SeedOptions;
pub use plan::{PlannedSeed, Reason, SkipReason, Verdict};
pub use report::{SeedReport, SeedRun, SeedState, SeedStatus, SeedStatusReport};
pub use rows::Format as DataFormat;
pub use scaffold::{NewSeed, ScaffoldedSeed, SeedFormat, SeedScaffoldError, scaffold_seed};
pub use seeder::Seeder;
pub use source::{CommonSeeds, SeedSet};
pub use verified::{TableChange, VerifyReport};
