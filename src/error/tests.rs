//! Every error that a user can read, as a user reads it: message, causes and hint.
//!
//! Each enum is listed variant by variant; one that is left out does not compile.

mod artifact;
mod backend;
mod backup;
mod dump;
mod migration;
mod run;
mod seed;

use std::error::Error as StdError;

use super::Error;
use crate::backend::BackendError;
use crate::backend::address::AddressError;
use crate::backend::dump::DumpError;
use crate::backend::restore::RestoreError;
use crate::backup::{BackupsError, CatalogError, CreateError, RestoreBackupError};
use crate::environment::EnvironmentError;
use crate::lint::UnknownRule;
use crate::migration::{Place, RunError, ScaffoldError, SourceError};
use crate::seed::{CaptureError, GenerateError, SeedError, SeedScaffoldError, SeedSourceError};
use crate::sql::{Position, SqlError};
use crate::startup::StartupError;
use crate::version::Version;

/// Makes a test that snapshots every variant of an error.
///
/// The match over the patterns is exhaustive, so that a new variant does not compile before it has
/// an example here.
macro_rules! all_errors {
    ($test:ident: $error:ident { $($pattern:pat => [$($example:expr),+ $(,)?]),+ $(,)? }) => {
        #[test]
        fn $test() {
            fn is_listed(error: &$error) -> bool {
                match error {
                    $($pattern => true),+
                }
            }
            let mut shown = String::new();
            $($(
                let error: $error = $example;
                assert!(is_listed(&error) && matches!(error, $pattern), "{error:?} stands wrong");
                shown.push_str(&$crate::error::tests::shown(&error, error.hint()));
            )+)+
            insta::assert_snapshot!(shown);
        }
    };
}
use all_errors;

/// Returns an error as the program prints it, after holding every line of it to the house's rules.
fn shown(error: &dyn StdError, hint: Option<String>) -> String {
    let mut lines = vec![format!("error: {error}")];
    is_a_fragment(&error.to_string());
    let mut above = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        assert!(!above.contains(&text), "`{text}` is said twice");
        lines.push(format!("  caused by: {text}"));
        (above, source) = (text, cause.source());
    }
    if let Some(hint) = hint {
        is_a_fragment(&hint);
        lines.push(format!("  hint: {hint}"));
    }
    lines.join("\n") + "\n\n"
}

/// A line begins in lower case, unless with a name or with SQL to paste, and has no final period.
fn is_a_fragment(text: &str) {
    let first = text.split_whitespace().next().unwrap_or_default();
    let is_name = first.len() > 1 && first.chars().all(char::is_uppercase);
    assert!(!text.starts_with(char::is_uppercase) || is_name, "{text}");
    assert!(!text.ends_with('.'), "{text}");
}

fn version(text: &str) -> Version {
    Version::from_name(text)
}

fn place() -> Place {
    Place {
        file: "migrations/003_add_users/up.sql".to_owned(),
        line: 4,
        column: 9,
    }
}

fn position() -> Position {
    Position { line: 4, column: 9 }
}

all_errors!(every_error_of_sql_reads_well: SqlError {
    SqlError::Unterminated { .. } => [SqlError::Unterminated {
        what: "string literal",
        position: position(),
    }],
    SqlError::CopyFromStdin { .. } => [SqlError::CopyFromStdin { position: position() }],
    SqlError::CopyToStdout { .. } => [SqlError::CopyToStdout { position: position() }],
    SqlError::PsqlCommand { .. } => [SqlError::PsqlCommand {
        command: "\\connect".to_owned(),
        position: position(),
    }],
    SqlError::NulByte { .. } => [SqlError::NulByte { position: position() }],
});

all_errors!(every_error_of_an_environment_reads_well: EnvironmentError {
    EnvironmentError::InvalidName { .. } => [EnvironmentError::InvalidName {
        name: "Production EU".to_owned(),
    }],
});

all_errors!(every_error_of_a_start_reads_well: StartupError {
    StartupError::Run(_) => [StartupError::Run(RunError::PlanChanged)],
    StartupError::Behind { .. } => [
        StartupError::Behind { pending: vec![version("20260131101500")] },
        StartupError::Behind { pending: vec![version("001"), version("002")] },
    ],
    StartupError::TimedOut { .. } => [StartupError::TimedOut {
        pending: vec![version("001"), version("002")],
        waited_ms: 30_000,
    }],
});

all_errors!(the_sum_of_all_says_what_its_parts_say: Error {
    Error::Address(_) => [AddressError::Empty.into()],
    Error::Environment(_) => [EnvironmentError::InvalidName { name: "a b".to_owned() }.into()],
    Error::Backend(_) => [BackendError::Cancelled.into()],
    Error::Restore(_) => [RestoreError::Interrupted.into()],
    Error::Dump(_) => [DumpError::Interrupted.into()],
    Error::Source(_) => [SourceError::NoFolder { path: "migrations".into() }.into()],
    Error::Run(_) => [RunError::NoReason.into()],
    Error::Scaffold(_) => [ScaffoldError::UnusableName { name: "--".to_owned() }.into()],
    Error::SeedSource(_) => [SeedSourceError::NotASeed { path: "seeds/common/x".into() }.into()],
    Error::Seed(_) => [SeedError::Protected { folder: "test".to_owned() }.into()],
    Error::SeedScaffold(_) => [SeedScaffoldError::UnusableName { name: "--".to_owned() }.into()],
    Error::Capture(_) => [CaptureError::FilterOfSeveral.into()],
    Error::Generate(_) => [GenerateError::Interrupted.into()],
    Error::Catalog(_) => [CatalogError::NoneGood {
        folder: "backups".into(),
        others: crate::backup::Others::default(),
    }.into()],
    Error::Create(_) => [CreateError::Interrupted.into()],
    Error::RestoreBackup(_) => [RestoreBackupError::NoFile { path: "dump.sql".into() }.into()],
    Error::Backups(_) => [BackupsError::EnvironmentMismatch {
        marked: "test".to_owned(),
        wanted: "production".to_owned(),
    }.into()],
    Error::UnknownRule(_) => [UnknownRule {
        name: "drop-data".to_owned(),
        meant: Some("drops-data"),
    }.into()],
    Error::Startup(_) => [StartupError::Behind { pending: vec![version("001")] }.into()],
});
