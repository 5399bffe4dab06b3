//! A hint for the place where the user worked: with the file, the role and the server that it only speaks of.

use std::path::Path;

use dieselkit::backend::address::Engine;
use dieselkit::shell::{command, quote};

use super::WRITING;
use crate::args::Again;
use crate::settings::Settings;

/// Returns a hint with what it speaks of by its name.
pub(super) fn told(hint: String, again: &Again, settings: Option<&Settings>) -> String {
    let hint = with_role(named(hint, settings), settings);
    let hint = to_role(hint, again, settings);
    on_server(hint, settings)
}

/// Returns a hint that says who drops a database, too, where reading it was asked for.
pub(super) fn with_owner(hint: &str, settings: &Settings) -> String {
    let database = settings.database().ok();
    let name = database.and_then(|database| database.address.database());
    let name = name.unwrap_or("NAME").replace('"', "\"\"");
    format!(
        "{hint}; only its owner drops a database, too: let a superuser run `ALTER DATABASE \"{name}\" OWNER TO ROLE;`"
    )
}

/// Returns a hint that names the database's file, and its folder, where it says `FILE` and `FOLDER`.
fn named(hint: String, settings: Option<&Settings>) -> String {
    let database = settings.and_then(|settings| settings.database().ok());
    let Some(file) = database.filter(|database| database.address.engine() == Engine::Sqlite) else {
        return hint;
    };
    let file = file.address.to_string();
    let folder = Path::new(&file).parent().unwrap_or(Path::new("."));
    hint.replace(" FILE", &format!(" {}", quote(&file)))
        .replace(" FOLDER", &format!(" {}", quote(&folder.to_string_lossy())))
}

/// Returns a hint in which the user who may make no database has its name, for a shell.
fn with_role(hint: String, settings: Option<&Settings>) -> String {
    const UNNAMED: &str = "`ALTER USER ROLE CREATEDB;`, ROLE being the user of the address";
    let database = settings.and_then(|settings| settings.database().ok());
    let address = database.map(|database| &database.address);
    let Some((user, psql)) =
        address.and_then(|address| Some((address.user()?, address.psql_of_another()?)))
    else {
        return hint;
    };
    let statement = format!("ALTER ROLE \"{}\" CREATEDB", user.replace('"', "\"\""));
    let grants = command(&format!("{psql} --command {{}}"), &[&statement]);
    hint.replace(UNNAMED, &grants)
}

/// Returns the hint of a command that works as a role with its name, as SQL has it, where it says what is
/// to be granted, or handed over, to whoever that is.
fn to_role(hint: String, again: &Again, settings: Option<&Settings>) -> String {
    const UNNAMED: &str = " TO ROLE;`, ROLE being the user of the address";
    let role = settings.and_then(|settings| settings.role().ok().flatten());
    match role {
        Some(role) if again.is(WRITING) => {
            let named = format!(" TO \"{}\";`", role.replace('"', "\"\""));
            hint.replace(UNNAMED, &named)
        }
        _ => hint,
    }
}

/// Returns a hint whose commands of psql go to the server of the address.
fn on_server(hint: String, settings: Option<&Settings>) -> String {
    let database = settings.and_then(|settings| settings.database().ok());
    match database.and_then(|database| database.address.psql()) {
        None => hint,
        Some(psql) => hint.replace("`psql postgres ", &format!("`{psql} ")),
    }
}
