//! How a database is removed that cannot say which it is: whoever drops one asks it first.

use std::path::Path;

use dieselkit::DatabaseAddress;
use dieselkit::backend::address::Engine;
use dieselkit::shell::{Word, command};

/// What `db drop` is told that asks a database which it is, and gets no answer.
const IN_ITS_PLACE: &str = "`dieselkit restore --replace`";

/// Returns the command that removes a database without asking it.
pub(crate) fn unasked(address: &DatabaseAddress) -> String {
    if address.engine() == Engine::Sqlite {
        return removes_file(&address.own_name());
    }
    let psql = address.psql().unwrap_or_else(|| "psql postgres".to_owned());
    let name = address.own_name().replace('"', "\"\"");
    let drop = format!("DROP DATABASE \"{name}\"");
    command(&format!("{psql} --command {{}}"), &[&drop])
}

/// Returns the command that removes a file of a database, with whatever holds a part of it.
fn removes_file(name: &str) -> String {
    let beside = ["", "-wal", "-shm", "-journal"].map(|ending| format!("{name}{ending}"));
    let there = beside.iter().filter(|file| Path::new(file).exists());
    let there: Vec<&dyn Word> = there.map(|file| file as &dyn Word).collect();
    command(&format!("rm{}", " {}".repeat(there.len())), &there)
}

/// Returns a hint for whoever wanted a damaged database to be gone. Of another than the address's none
/// is put in its place.
pub(super) fn of_damaged(hint: String, address: &DatabaseAddress, named: Option<&str>) -> String {
    if !hint.contains(IN_ITS_PLACE) {
        return hint;
    }
    match named {
        Some(name) => {
            let remove = unasked(&address.another(name));
            format!("it cannot be asked which database it is: if it is to go, {remove}")
        }
        None => format!("if it is to go, {}; else {hint}", unasked(address)),
    }
}
