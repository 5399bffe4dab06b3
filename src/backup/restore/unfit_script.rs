//! Scripts that no new database takes, known by their beginning: what they are, and what makes
//! something of them.
//!
//! Pure, but for the path that it names.

use std::path::Path;

use super::kind::refused;
use super::{OtherKind, RestoreBackupError};
use crate::shell::command;

/// What a dump of a whole server begins with, or of its roles (`dumpTimestamp`, `main` in
/// `pg_dumpall.c`).
const CLUSTER: &str = "-- PostgreSQL database cluster dump";

/// Refuses a script that cannot be restored into a new database, by its beginning.
pub(super) fn refuse_unfit_script(
    path: &Path,
    head: &str,
    psql: Option<&str>,
) -> Result<(), RestoreBackupError> {
    let psql = psql.unwrap_or("psql postgres");
    let is_packed = path.extension().is_some_and(|ending| ending == "gz");
    let unpack = if is_packed { "gunzip --stdout" } else { "cat" };
    let other = if head.lines().take(3).any(|line| line.starts_with(CLUSTER)) {
        Some(OtherKind {
            what: "a dump of a whole server, or of its roles, by `pg_dumpall`, and no database"
                .to_owned(),
            cure: format!(
                "let psql make on the server what is in it: {}",
                command(&format!("{unpack} {{}} | {psql}"), &[&path])
            ),
        })
    } else if drops_first(head) {
        Some(OtherKind {
            what: "a dump by `pg_dump --clean`, which begins by dropping what a new database does not hold".to_owned(),
            cure: format!(
                "make it with `--if-exists` too, or leave that out: {}",
                command(
                    &format!("{unpack} {{}} | sed -E '1,/^CREATE /{{/^(DROP|ALTER) /d;}}' > NEW"),
                    &[&path]
                )
            ),
        })
    } else {
        None
    };
    refused(path, other)
}

/// Returns whether the first statement that does something drops what is not there.
fn drops_first(head: &str) -> bool {
    let mut lines = head.lines().filter(|line| {
        let settles = ["--", "SET ", "SELECT pg_catalog.set_config", "\\restrict "];
        // Each new database has that one, and a dump makes it again.
        let is_public = *line == "DROP SCHEMA public;";
        !line.is_empty() && !is_public && !settles.iter().any(|word| line.starts_with(word))
    });
    lines.next().is_some_and(|line| {
        let drops = line.starts_with("DROP ") && !line.starts_with("DROP DATABASE ");
        let alters = line.starts_with("ALTER TABLE ") && line.contains(" DROP ");
        (drops || alters) && !line.contains("IF EXISTS ")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_drops_what_is_not_there_is_known_by_its_beginning() {
        let head = "--\n-- PostgreSQL database dump\n--\n\nSET lock_timeout = 0;\nSELECT pg_catalog.set_config('search_path', '', false);\n\n";
        for (statement, drops) in [
            ("DROP TABLE public.a;", true),
            ("DROP SCHEMA public;\nDROP TABLE public.a;", true),
            ("ALTER TABLE ONLY public.a DROP CONSTRAINT a_pkey;", true),
            ("ALTER TABLE public.a ALTER COLUMN id DROP DEFAULT;", true),
            ("DROP TABLE IF EXISTS public.a;", false),
            (
                "ALTER TABLE IF EXISTS ONLY public.a DROP CONSTRAINT IF EXISTS a_pkey;",
                false,
            ),
            ("DROP SCHEMA public;\n--\nCREATE SCHEMA public;", false),
            ("DROP DATABASE shop;", false),
            ("CREATE TABLE a (id INTEGER);\nDROP TABLE a;", false),
            ("ALTER TABLE a ADD b TEXT DEFAULT 'DROP ';", false),
        ] {
            assert_eq!(
                drops_first(&format!("{head}{statement}\n")),
                drops,
                "{statement}"
            );
        }
    }
}
