//! Parsing the command line as a whole: what clap refuses, and the contradictions that
//! it cannot see because the two flags stand before and after the command's name.
//!
//! It must not print or exit: whoever calls it knows how errors are reported.

use std::ffi::OsString;
use std::fmt;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _, ValueEnum as _};
use dieselkit::backend::redact::Redactor;

use super::{Again, Cli, Command, Lint, LintFormat};

/// The command line, understood.
pub(crate) struct Parsed {
    pub(crate) cli: Cli,
    /// How it can be typed again.
    pub(crate) again: Again,
    /// Blots out what was typed and is secret.
    pub(crate) redactor: Redactor,
}

/// The command line was not understood, or asked for help or the version.
pub(crate) struct UsageError {
    /// What clap says; its `kind` tells help and version from errors.
    pub(crate) error: clap::Error,
    /// The form in which the answer was asked for.
    pub(crate) json: bool,
    /// The command that was typed, as far as it is one.
    pub(crate) command: Option<String>,
    /// Blots passwords out of what clap quotes.
    pub(crate) redactor: Redactor,
}

impl UsageError {
    /// Returns whether this is help or the version, which belong on stdout, exit code 0.
    pub(crate) fn is_answer(&self) -> bool {
        matches!(
            self.error.kind(),
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
        )
    }

    /// Returns the text to show, without colour and without passwords.
    pub(crate) fn text(&self) -> String {
        self.redactor
            .redact(&self.error.render().to_string())
            .into_owned()
    }

    /// Returns the text to show, with terminal colours and without passwords.
    pub(crate) fn styled(&self) -> String {
        self.redactor
            .redact(&self.error.render().ansi().to_string())
            .into_owned()
    }
}

impl fmt::Debug for UsageError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text())
    }
}

/// Returns what was typed; `raw` begins with the program's name.
///
/// # Errors
/// A `UsageError`, which knows whether the raw arguments asked for JSON.
pub(crate) fn parse(raw: &[OsString]) -> Result<Parsed, UsageError> {
    let redactor = redactor_of(raw);
    let understood = Cli::command()
        .try_get_matches_from(raw)
        .and_then(|matches| {
            let cli = refuse_contradictions(Cli::from_arg_matches(&matches)?)?;
            Ok((cli, Again::of(&matches, &redactor)))
        });
    match understood {
        Ok((cli, again)) => Ok(Parsed {
            cli,
            again,
            redactor,
        }),
        Err(error) => Err(UsageError {
            error: error.format(&mut Cli::command()),
            json: asks_for_json(raw),
            command: command_of(raw),
            redactor,
        }),
    }
}

/// Returns whether `--json` stands among the raw arguments, before any `--`; with a value it is
/// wrong, and asks for a document all the same.
fn asks_for_json(raw: &[OsString]) -> bool {
    raw.iter()
        .take_while(|argument| *argument != "--")
        .filter_map(|argument| argument.to_str())
        .any(|argument| argument == "--json" || argument.starts_with("--json="))
}

/// Returns the command among the raw arguments, which clap does not tell where it refuses others.
fn command_of(raw: &[OsString]) -> Option<String> {
    let mut all = Cli::command();
    all.build();
    let (mut known, mut names) = (&all, Vec::new());
    let mut words = raw.iter().skip(1).map(|word| word.to_string_lossy());
    while let Some(word) = words.next() {
        if word.starts_with('-') {
            if takes_next(known, &word) {
                words.next();
            }
            continue;
        }
        let Some(below) = known.find_subcommand(&*word) else {
            break;
        };
        names.extend(Some(below.get_name()).filter(|name| *name != "help"));
        known = if below.get_name() == "help" {
            &all
        } else {
            below
        };
    }
    (!names.is_empty()).then(|| names.join(" "))
}

/// Returns whether the word behind a flag is the flag's value.
fn takes_next(known: &clap::Command, flag: &str) -> bool {
    let takes = |is_meant: &dyn Fn(&clap::Arg) -> bool| {
        let mut meant = known.get_arguments().filter(|argument| is_meant(argument));
        meant.any(|argument| argument.get_action().takes_values())
    };
    match flag.strip_prefix("--") {
        Some(long) => takes(&|argument| argument.get_long() == Some(long)),
        None => flag
            .chars()
            .next_back()
            .is_some_and(|short| takes(&|argument| argument.get_short() == Some(short))),
    }
}

/// Returns what blots out the secrets of every address among the raw arguments, wherever it
/// stands: one that was typed in the wrong place would be quoted by the error.
fn redactor_of(raw: &[OsString]) -> Redactor {
    raw.iter()
        .map(|argument| Redactor::for_text(&argument.to_string_lossy()))
        .fold(Redactor::default(), Redactor::and)
}

/// Returns `cli` unless global flags and the command's own contradict each other.
fn refuse_contradictions(mut cli: Cli) -> Result<Cli, clap::Error> {
    let watches = matches!(&cli.command, Command::Status(status) if status.watch);
    if watches && cli.global.json {
        return Err(conflict("--watch", "--json"));
    }
    if matches!(&cli.command, Command::Up(up) if up.is_batch_that_keeps_going()) {
        return Err(conflict("--transaction batch", "--keep-going"));
    }
    if let Command::Lint(lint) = &cli.command {
        refuse_other_forms(lint, cli.global.json)?;
    }
    if cli.global.quiet && cli.global.verbose > 0 {
        return Err(conflict("--quiet", "--verbose"));
    }
    if let Command::Lint(lint) = &cli.command {
        cli.global.json = lint.form(cli.global.json) == LintFormat::Json;
    }
    Ok(cli)
}

/// Refuses two forms for one answer.
fn refuse_other_forms(lint: &Lint, json: bool) -> Result<(), clap::Error> {
    let form = lint.form(json);
    let name = || {
        let value = form.to_possible_value();
        format!(
            "--format {}",
            value
                .map(|value| value.get_name().to_owned())
                .unwrap_or_default()
        )
    };
    if json && form != LintFormat::Json {
        return Err(conflict(&name(), "--json"));
    }
    let is_of_findings = matches!(form, LintFormat::Github | LintFormat::Sarif);
    if is_of_findings && (lint.list || lint.explain.is_some()) {
        let other = if lint.list { "--list" } else { "--explain" };
        return Err(conflict(&name(), other));
    }
    Ok(())
}

fn conflict(one: &str, other: &str) -> clap::Error {
    Cli::command().error(
        ErrorKind::ArgumentConflict,
        format!("the argument '{one}' cannot be used with '{other}'"),
    )
}
