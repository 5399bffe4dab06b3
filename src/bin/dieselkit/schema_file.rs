//! Brings the file of `[print_schema] file` up to date, by the `diesel` program.
//!
//! Whatever goes wrong here is a warning: the migrations are applied.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::time::Duration;

use dieselkit::DatabaseAddress;
use dieselkit::backend::tool::{self, Invocation, Patience};

use crate::app::App;
use crate::args::Schema;
use crate::interrupt::{self, Stage};

/// The program.
const DIESEL: &str = "diesel";

/// How long it may take; nobody waits for a file that can be made later.
const LIMIT: Duration = Duration::from_secs(30);

/// What became of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SchemaFile {
    /// There is none to look after, or it is not to be.
    NotAsked,
    /// It says what the database is.
    Updated(String),
    /// It said so before.
    Unchanged(String),
    /// It may not, for this reason.
    Warning(String),
}

impl SchemaFile {
    /// Returns why the file may not say what the database is.
    pub(crate) fn warning(self) -> Option<String> {
        match self {
            Self::Warning(warning) => Some(warning),
            _ => None,
        }
    }

    /// Returns the word for a program.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::NotAsked => "not_asked",
            Self::Updated(_) => "updated",
            Self::Unchanged(_) => "unchanged",
            Self::Warning(_) => "not_updated",
        }
    }
}

/// Returns the schema file, and the one that names it, unless it was asked to be left alone, or the
/// environment is protected.
fn wanted<'a>(app: &'a App<'_>, args: &Schema) -> Option<(&'a Path, &'a Path)> {
    let settings = &app.settings;
    let file = settings.schema_file.as_deref();
    let files = file.zip(settings.diesel_file.as_deref());
    files.filter(|_| !args.no_schema && !settings.environment.is_protected())
}

/// Returns what becomes of the file after a run that failed: it is left as it is.
pub(crate) fn leave(app: &App<'_>, args: &Schema) -> SchemaFile {
    match wanted(app, args) {
        None => SchemaFile::NotAsked,
        Some((file, _)) => SchemaFile::Warning(format!(
            "`{}` was not brought up to date: the run failed",
            app.shown(file)
        )),
    }
}

/// Writes the schema file anew, if it is to be looked after.
pub(crate) fn refresh(app: &App<'_>, args: &Schema) -> SchemaFile {
    let Some((file, diesel_file)) = wanted(app, args) else {
        return SchemaFile::NotAsked;
    };
    let shown = app.shown(file);
    let cancellation = interrupt::on_ctrl_c();
    interrupt::at(Stage::SchemaFile);
    let patience = Patience::of(LIMIT, cancellation);
    if !tool::is_installed(DIESEL, &patience) {
        return SchemaFile::Warning(format!(
            "`{shown}` was not brought up to date: the `{DIESEL}` program is not installed (cargo install diesel_cli)"
        ));
    }
    let folder = diesel_file.parent().unwrap_or(&app.settings.root);
    let printed = app
        .address()
        .map_err(|error| error.to_string())
        .and_then(|address| print_schema(address, folder, &patience))
        .and_then(|text| write_if_other(file, &text));
    match printed {
        Ok(true) => SchemaFile::Updated(shown),
        Ok(false) => SchemaFile::Unchanged(shown),
        Err(error) => {
            let error = app.settings.redactor.redact(&error).into_owned();
            SchemaFile::Warning(format!("`{shown}` was not brought up to date: {error}"))
        }
    }
}

/// The address goes by the environment: arguments can be read by every user of the machine.
fn print_schema(
    address: &DatabaseAddress,
    folder: &Path,
    patience: &Patience,
) -> Result<Vec<u8>, String> {
    let url = address.for_tools();
    let invocation = Invocation {
        program: DIESEL,
        arguments: &[OsStr::new("print-schema")],
        folder,
        variables: &[("DATABASE_URL", &url)],
        without: &[],
    };
    let output = tool::run(&invocation, patience).map_err(|error| error.to_string())?;
    // Of an empty database, too, it prints a line.
    if output.stdout.trim_ascii().is_empty() {
        return Err(format!("`{DIESEL} print-schema` printed nothing"));
    }
    Ok(output.stdout)
}

fn write_if_other(file: &Path, text: &[u8]) -> Result<bool, String> {
    if fs::read(file).is_ok_and(|present| present == text) {
        return Ok(false);
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    fs::write(file, text).map_err(|error| error.to_string())?;
    Ok(true)
}
