//! The one JSON document of each command, whatever its exit code.

use chrono::{NaiveDateTime, SecondsFormat};
use serde::Serialize;
use serde_json::Value;

use super::{Answer, Context};
use crate::error::{Failure, Partial};

/// The version of the documents' form; it changes when a field changes its meaning or goes.
const SCHEMA_VERSION: u32 = 1;

/// What is around every command's data.
#[derive(Serialize)]
pub(crate) struct Document<'a> {
    schema_version: u32,
    tool_version: &'static str,
    command: Option<&'a str>,
    /// Whether the exit code is 0.
    ok: bool,
    exit_code: u8,
    /// `user@host:port/database`, or the file's path.
    database: Option<&'a str>,
    environment: Option<&'a str>,
    data: Value,
    warnings: &'a [String],
    hint: Option<&'a str>,
    error: Option<ErrorData<'a>>,
}

/// What went wrong.
#[derive(Serialize)]
struct ErrorData<'a> {
    message: &'a str,
    causes: &'a [String],
    hint: Option<&'a str>,
}

/// Returns a command's data as the document holds it.
pub(crate) fn data(data: &impl Serialize) -> Value {
    serde_json::to_value(data).expect("the data has text for its keys and finite numbers")
}

/// Returns a document as it is printed.
pub(super) fn text(document: &Document<'_>) -> String {
    let mut text = serde_json::to_string_pretty(document)
        .expect("the document has text for its keys and finite numbers");
    text.push('\n');
    text
}

/// Returns a moment in UTC after RFC 3339, to the millisecond.
pub(crate) fn moment(at: NaiveDateTime) -> String {
    at.and_utc().to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Returns the document of an answer.
pub(super) fn answer<'a>(answer: &'a Answer, context: &'a Context) -> Document<'a> {
    let exit = answer.exit();
    Document {
        schema_version: SCHEMA_VERSION,
        tool_version: env!("CARGO_PKG_VERSION"),
        command: context.command.as_deref(),
        ok: exit.code() == 0,
        exit_code: exit.code(),
        database: context.database.as_deref(),
        environment: context.environment.as_deref(),
        data: answer.data.clone(),
        warnings: &answer.warnings,
        hint: answer.hint.as_deref(),
        error: None,
    }
}

/// Returns the document of an error.
pub(crate) fn failure<'a>(failure: &'a Failure, context: &'a Context) -> Document<'a> {
    Document {
        schema_version: SCHEMA_VERSION,
        tool_version: env!("CARGO_PKG_VERSION"),
        command: context.command.as_deref(),
        ok: false,
        exit_code: failure.exit.code(),
        database: context.database.as_deref(),
        environment: context.environment.as_deref(),
        data: match &failure.partial {
            Partial::Nothing => Value::Null,
            Partial::Run(report) => data(report),
            Partial::Seeds(report) => data(report),
            Partial::Did(found) | Partial::Found(found) => found.data.clone(),
        },
        warnings: match &failure.partial {
            Partial::Did(found) | Partial::Found(found) => &found.warnings,
            Partial::Nothing | Partial::Run(_) | Partial::Seeds(_) => &[],
        },
        hint: failure.hint.as_deref(),
        error: Some(ErrorData {
            message: &failure.message,
            causes: &failure.causes,
            hint: failure.hint.as_deref(),
        }),
    }
}
