//! What `SQLite` tells of itself, and of the file.

use diesel::sqlite::SqliteConnection;

use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::examine::{Defect, Examination, Way};
use crate::backend::query::Query;
use crate::shell::command;

/// Examines the library and the file; there is nobody to ask for a privilege, and no index that is
/// built while others write.
pub(super) fn examine(connection: &mut SqliteConnection) -> Result<Examination, DatabaseError> {
    let rows = connection.load(&Query::new("SELECT sqlite_version()"))?;
    let version = rows.first().map(|row| row.text(0)).transpose()?;
    let file = "SELECT file FROM pragma_database_list WHERE name = 'main'";
    let rows = connection.load(&Query::new(file))?;
    let file = rows.first().map(|row| row.text(0)).transpose()?;
    Ok(Examination {
        server_version: format!("SQLite {}", version.unwrap_or_default()),
        way: Way::Here,
        read_only: file.as_deref().and_then(why_read_only),
        lacking: Vec::new(),
        invalid_indexes: Vec::new(),
        undroppable_indexes: Vec::new(),
        waiting_indexes: Vec::new(),
        pending_detaches: Vec::new(),
        idle: Vec::new(),
    })
}

/// Returns why a file cannot be written, or its folder, where its log has to be made.
fn why_read_only(file: &str) -> Option<Defect> {
    let path = std::path::Path::new(file);
    let is_read_only =
        |path: &std::path::Path| path.metadata().is_ok_and(|it| it.permissions().readonly());
    if file.is_empty() {
        return None;
    }
    if is_read_only(path) {
        return Some(Defect {
            what: format!("nobody may write `{file}`"),
            cure: command("chmod u+w {}", &[&file]),
        });
    }
    let folder = path.parent().filter(|folder| is_read_only(folder))?;
    let cure = command("chmod u+w {}", &[&folder]);
    let folder = folder.display();
    Some(Defect {
        what: format!("nobody may write into `{folder}`, where its log has to be made"),
        cure,
    })
}
