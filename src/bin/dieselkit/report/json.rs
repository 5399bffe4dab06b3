//! The one JSON document of each command, whatever its exit code.

use serde::Serialize;
use serde_json::{Value, json};

use super::Answer;
use crate::app::App;
use crate::error::Failure;

/// The version of the documents' form; it changes when a field changes its meaning or goes.
const SCHEMA_VERSION: u32 = 1;

/// What is around every command's data.
#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    tool_version: &'static str,
    command: Option<&'a str>,
    /// Whether the exit code is 0.
    ok: bool,
    exit_code: u8,
    /// `user@host:port/database`, or the file's path.
    database: Option<String>,
    environment: Option<&'a str>,
    data: &'a Value,
    warnings: &'a [String],
    hint: Option<&'a str>,
    error: Value,
}

/// Returns the document of an answer.
pub(crate) fn answer(command: &str, app: &App<'_>, answer: &Answer) -> Value {
    let exit = answer.exit();
    json!(Document {
        schema_version: SCHEMA_VERSION,
        tool_version: env!("CARGO_PKG_VERSION"),
        command: Some(command),
        ok: exit.code() == 0,
        exit_code: exit.code(),
        database: app
            .settings
            .database()
            .ok()
            .map(|database| database.address.to_string()),
        environment: Some(app.settings.environment.name()),
        data: &answer.data,
        warnings: &answer.warnings,
        hint: answer.hint.as_deref(),
        error: Value::Null,
    })
}

/// Returns the document of an error.
pub(crate) fn failure(
    command: Option<&str>,
    database: Option<String>,
    failure: &Failure,
) -> Value {
    json!(Document {
        schema_version: SCHEMA_VERSION,
        tool_version: env!("CARGO_PKG_VERSION"),
        command,
        ok: false,
        exit_code: failure.exit.code(),
        database,
        environment: None,
        data: &failure.data,
        warnings: &[],
        hint: failure.hint.as_deref(),
        error: failure.json(),
    })
}
