//! `init`: `dieselkit.toml` and the folder of migrations, never overwriting anything.

use std::fmt::Write as _;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use dieselkit::migration::SourceError;
use serde::Serialize;

use super::Answered;
use crate::app::App;
use crate::error::CommandError;
use crate::report::{About, Answer, json};

#[derive(Serialize)]
struct Data {
    made: Vec<String>,
    kept: Vec<String>,
    diesel_toml: Option<String>,
}

const CONFIG: &str = include_str!("init/dieselkit.toml");

pub(super) fn run(app: &App<'_>) -> Answered {
    let root = &app.settings.root;
    let config = app
        .settings
        .config_file
        .clone()
        .unwrap_or_else(|| root.join("dieselkit.toml"));
    let folder = &app.settings.migrations;
    let mut made = Vec::new();
    let mut kept = Vec::new();
    let mut note = |path: &Path, is_new| {
        if is_new { &mut made } else { &mut kept }.push(app.shown(path));
    };
    note(folder, make_folder(folder)?);
    note(&config, write_new(&config, &config_text(app))?);
    let adopted = app.settings.diesel_file.as_deref();
    let mut text = String::new();
    for path in &made {
        let _ = writeln!(text, "made {path}");
    }
    for path in &kept {
        let _ = writeln!(text, "kept {path}, which was there");
    }
    if let Some(diesel) = adopted {
        let diesel = app.shown(diesel);
        let _ = writeln!(text, "goes on with the Diesel project of {diesel}");
    }
    Ok(Answer {
        text,
        data: json::data(&Data {
            made,
            kept,
            diesel_toml: adopted.map(|path| app.shown(path)),
        }),
        hint: Some(next(app)),
        about: About::Deed,
        ..Answer::default()
    })
}

fn next(app: &App<'_>) -> String {
    let empty =
        fs::read_dir(&app.settings.migrations).map_or(true, |mut entries| entries.next().is_none());
    if empty {
        "`dieselkit new create_users`".to_owned()
    } else {
        "`dieselkit status`".to_owned()
    }
}

/// Names the folder where Diesel does not, and it is not the usual one.
fn config_text(app: &App<'_>) -> String {
    let folder = app
        .settings
        .migrations
        .strip_prefix(&app.settings.root)
        .unwrap_or(&app.settings.migrations);
    CONFIG.replace(
        "\"migrations\"",
        &format!("{:?}", folder.display().to_string()),
    )
}

fn make_folder(folder: &Path) -> Result<bool, CommandError> {
    if folder.is_dir() {
        return Ok(false);
    }
    if let Some(place) = SourceError::of_place(folder) {
        return Err(place.into());
    }
    fs::create_dir_all(folder).map_err(|source| CommandError::Write {
        path: folder.to_owned(),
        source,
    })?;
    Ok(true)
}

fn write_new(path: &Path, text: &str) -> Result<bool, CommandError> {
    let written = fs::File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(source) => Err(CommandError::Write {
            path: path.to_owned(),
            source,
        }),
    }
}
