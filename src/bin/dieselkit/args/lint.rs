//! The command that looks at migrations before they run: `lint`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use dieselkit::lint::Level;

use super::value;

/// Finds what is wrong with migrations before they run
///
/// Looks at the pending ones, or at the files that are named: on PostgreSQL by squawk's rules
/// as well as its own. It knows how each file will be run, what the same run made before it,
/// and, where the database can be asked, the server's version and how big its tables are.
/// `-- lint:ignore RULE -- reason` before a statement has it passed over; [lint.rules] of
/// dieselkit.toml gives a rule another level.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit lint                             # what is pending
  dieselkit lint migrations/2026-01-31-101500_add_users/up.sql
  dieselkit lint --since origin/main --format github
  dieselkit lint --all --format sarif > lint.sarif
  dieselkit lint --explain write-without-where

Exit codes: 3 if anything weighs as much as --deny, or more; see also those of `dieselkit`.")]
pub(crate) struct Lint {
    /// Files, or folders of migrations [default: what is pending]
    #[arg(value_name = "FILES", value_hint = ValueHint::AnyPath)]
    pub(crate) files: Vec<PathBuf>,

    /// Only what differs from this revision of git, files that are not added yet included
    #[arg(long, value_name = "REV", conflicts_with_all = ["files", "all"], value_parser = value::not_blank)]
    pub(crate) since: Option<String>,

    /// Every migration, applied ones too
    #[arg(long, conflicts_with = "files")]
    pub(crate) all: bool,

    /// How the findings are printed [default: human; with --json, json]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) format: Option<LintFormat>,

    /// Exit with 3 on findings of this level or above [default: `[lint] deny`, else error]
    #[arg(long, value_name = "LEVEL", value_enum)]
    pub(crate) deny: Option<LintLevel>,

    /// Mend in the files what can be mended of errors and warnings, applied migrations excepted
    #[arg(long)]
    pub(crate) fix: bool,

    /// List every rule with its level here
    #[arg(long, conflicts_with_all = ["files", "since", "all", "fix", "explain"])]
    pub(crate) list: bool,

    /// Explain a rule: what it finds, why it hurts, what to write instead
    #[arg(long, value_name = "RULE", conflicts_with_all = ["files", "since", "all", "fix"], value_parser = value::not_blank)]
    pub(crate) explain: Option<String>,
}

impl Lint {
    /// Returns the form in which the findings are printed.
    pub(crate) fn form(&self, json: bool) -> LintFormat {
        let usual = if json {
            LintFormat::Json
        } else {
            LintFormat::Human
        };
        self.format.unwrap_or(usual)
    }
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LintFormat {
    /// For people
    Human,
    /// One JSON document, as --json
    Json,
    /// Workflow commands of GitHub, which show each finding at its line
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// With --list: the page of all rules
    #[value(hide = true)]
    Markdown,
}

/// From which level on a finding counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LintLevel {
    /// Nothing counts
    Off,
    /// Everything
    Info,
    /// What can hurt
    Warning,
    /// What fails or destroys
    Error,
}

impl From<LintLevel> for Level {
    fn from(typed: LintLevel) -> Self {
        match typed {
            LintLevel::Off => Self::Off,
            LintLevel::Info => Self::Info,
            LintLevel::Warning => Self::Warning,
            LintLevel::Error => Self::Error,
        }
    }
}
