//! What a dump of `pg_dump` says of itself: in the comments and statements that it begins with, or in
//! the list of what is in an archive.
//!
//! Pure. It is less than all that a dump needs, and nothing that it does not.

use std::collections::BTreeSet;

use super::Needs;

/// Returns what the beginning of a plain dump says, up to the first line that may be no statement.
pub(crate) fn needs_of_head(text: &str) -> Needs {
    let certain = |line: &&str| {
        !line.starts_with("COPY ") && !line.starts_with("INSERT ") && !line.contains('$')
    };
    let (mut needs, mut roles, mut extensions) = Default::default();
    for line in text.lines().take_while(certain) {
        note_version(line, "-- Dumped from database version ", &mut needs);
        let extension = between(line, "CREATE EXTENSION IF NOT EXISTS ", " ");
        extensions = with(extensions, extension);
        // Who owns the database itself is left out.
        if line.starts_with("ALTER ") && !line.starts_with("ALTER DATABASE ") {
            let owner = line.rsplit_once(" OWNER TO ");
            let owner = owner.and_then(|(_, owner)| owner.strip_suffix(';'));
            roles = with(roles, owner);
        }
    }
    finished(needs, roles, extensions)
}

/// Returns what the list of an archive says, as `pg_restore --list` writes it. It quotes nothing: a
/// line with blanks in its names is passed over.
#[cfg(any(feature = "postgres", test))]
pub(in crate::backend) fn needs_of_list(text: &str) -> Needs {
    let (mut needs, mut roles, mut extensions) = Default::default();
    for line in text.lines() {
        let version = line.trim_start_matches([';', ' ']);
        if line.starts_with(';') {
            note_version(version, "Dumped from database version: ", &mut needs);
            continue;
        }
        let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
        match words.as_slice() {
            [_, _, _, "EXTENSION", "-", name] => extensions = with(extensions, Some(name)),
            [_, _, _, "TABLE" | "SEQUENCE" | "VIEW", _, _, owner] => {
                roles = with(roles, Some(owner));
            }
            _ => {}
        }
    }
    finished(needs, roles, extensions)
}

fn note_version(line: &str, start: &str, needs: &mut Needs) {
    if let Some(version) = line.strip_prefix(start) {
        needs.engine_version = Some(format!("PostgreSQL {}", version.trim()));
    }
}

fn with(mut names: BTreeSet<String>, name: Option<&str>) -> BTreeSet<String> {
    names.extend(name.map(unquoted));
    names
}

fn finished(needs: Needs, roles: BTreeSet<String>, extensions: BTreeSet<String>) -> Needs {
    Needs {
        roles: roles.into_iter().collect(),
        extensions: extensions.into_iter().collect(),
        ..needs
    }
}

fn between<'a>(line: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(before)?;
    // A name in quotes may hold a blank.
    match rest.strip_prefix('"') {
        Some(quoted) => rest.get(..quoted.find('"')? + 2),
        None => Some(rest.split_once(after)?.0),
    }
}

/// Returns a name as it is, of one as SQL writes it.
fn unquoted(name: &str) -> String {
    let inner = name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'));
    inner.map_or_else(|| name.to_owned(), |inner| inner.replace("\"\"", "\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_dump_says_where_it_is_from_and_what_it_needs() {
        let needs = needs_of_head(
            "--
-- PostgreSQL database dump
--

-- Dumped from database version 16.4 (Debian 16.4-1)
-- Dumped by pg_dump version 17.0

SET statement_timeout = 0;
CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\" WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
CREATE TABLE public.a (t text);
ALTER TABLE public.a OWNER TO \"the \"\"owner\"\"\";
ALTER TABLE public.b OWNER TO ada;
ALTER DATABASE shop OWNER TO eve;
CREATE FUNCTION public.f() AS $$
ALTER TABLE public.b OWNER TO nobody;
",
        );
        assert_eq!(
            needs.engine_version.as_deref(),
            Some("PostgreSQL 16.4 (Debian 16.4-1)")
        );
        assert_eq!(needs.extensions, ["pg_trgm", "uuid-ossp"]);
        assert_eq!(needs.roles, ["ada", "the \"owner\""]);
        assert_eq!(needs_of_head("SQLite format 3\0"), Needs::default());
    }

    #[test]
    fn the_list_of_an_archive_says_so_too() {
        let needs = needs_of_list(
            ";
; Archive created at 2026-01-31 10:15:00 UTC
;     Dumped from database version: 15.14
;     Dumped by pg_dump version: 15.14
;
2; 3079 16385 EXTENSION - pg_trgm 
3400; 0 0 COMMENT - EXTENSION pg_trgm 
215; 1259 16466 TABLE public users ada
216; 1259 16467 TABLE public my users bob
3401; 0 16466 TABLE DATA public users ada
",
        );
        assert_eq!(needs.engine_version.as_deref(), Some("PostgreSQL 15.14"));
        assert_eq!(needs.extensions, ["pg_trgm"]);
        assert_eq!(needs.roles, ["ada"]);
    }
}
