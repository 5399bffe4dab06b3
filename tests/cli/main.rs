//! The program as a user meets it: arguments in, output and exit code out; one module a topic.
//!
//! What holds on both engines runs as two tests, `sqlite::NAME` and `postgres::NAME`, against one
//! snapshot: the engine must not be seen in the output.
#![cfg(feature = "cli")]

#[path = "../support/mod.rs"]
#[macro_use]
mod support;

mod session;

mod backup;
mod backup_beside;
mod backup_create;
mod backup_faults;
mod backup_globals;
mod backup_identity;
#[cfg(feature = "postgres")]
mod backup_private;
#[cfg(feature = "postgres")]
mod backup_verdicts;
mod backup_verify;
mod database;
mod demo;
mod disk;
mod doctor;
mod extras;
mod full_device;
mod hints;
mod json;
mod lint;
mod lint_known;
mod lint_many;
mod names;
#[cfg(feature = "sqlite")]
mod new;
mod nightly;
mod password;
#[cfg(feature = "sqlite")]
mod pasted;
mod pooler;
mod processes;
mod protected;
mod record;
mod rehearse;
mod restore;
mod run;
mod safety_backup;
#[cfg(feature = "postgres")]
mod sarif;
mod schema_file;
mod seed;
mod seed_capture;
mod seed_credentials;
mod seed_files;
mod seed_generate;
mod seed_new;
mod seed_places;
mod seed_processes;
mod seed_settings;
mod seed_verify;
#[cfg(feature = "sqlite")]
mod setup;
#[cfg(feature = "sqlite")]
mod special_files;
#[cfg(feature = "sqlite")]
mod sqlite_busy;
mod terminal;
#[cfg(feature = "postgres")]
mod unanswered;
#[cfg(feature = "postgres")]
mod waiting;
mod write_ahead_log;
#[cfg(feature = "sqlite")]
mod wrong_files;
