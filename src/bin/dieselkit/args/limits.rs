//! The flags of the commands that run migrations: how long a statement may wait, and run.

use clap::Args;
use dieselkit::migration::{Limit, Limits};

use super::value;

/// How long statements wait for locks, and run.
#[derive(Debug, Args)]
pub(crate) struct TimeLimits {
    /// How long a statement waits for a lock [default: the file's, else configured, else 3s]
    ///
    /// Such as 500ms or 10s; `off` waits as long as it takes. PostgreSQL alone. Whoever waits for
    /// the lock of a table keeps everybody behind it from reading it: a migration that does not
    /// get it in time is rolled back and tried again, up to ten times within five minutes.
    #[arg(long, value_name = "DURATION", value_parser = value::limit)]
    lock_timeout: Option<Limit>,

    /// How long a statement runs [default: the file's, else configured, else the server's]
    ///
    /// Such as 30s or 5m; `off` has no limit, whatever the server's is. PostgreSQL alone.
    #[arg(long, value_name = "DURATION", value_parser = value::limit)]
    statement_timeout: Option<Limit>,
}

impl TimeLimits {
    /// Returns what was said.
    pub(crate) fn said(&self) -> Limits {
        Limits::of(self.lock_timeout, self.statement_timeout)
    }
}
