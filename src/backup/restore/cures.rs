//! What helps where a backup cannot be restored: a command for each thing that is not there.
//!
//! Pure.

use crate::backend::restore::{Lack, makes_roles};
use crate::shell::command;

/// The packages of Debian and its like whose names are not made of the extension's: `%` stands for the
/// server's major version. What comes with the server itself is in a package of its own elsewhere.
const PACKAGES: &[(&str, &str)] = &[
    ("address_standardizer", "postgresql-%-postgis-3"),
    ("hypopg", "postgresql-%-hypopg"),
    ("pg_cron", "postgresql-%-cron"),
    ("pg_partman", "postgresql-%-partman"),
    ("pg_repack", "postgresql-%-repack"),
    ("pgaudit", "postgresql-%-pgaudit"),
    ("pgrouting", "postgresql-%-pgrouting"),
    ("plperl", "postgresql-plperl-%"),
    ("plperlu", "postgresql-plperl-%"),
    ("plpython3u", "postgresql-plpython3-%"),
    ("pltcl", "postgresql-pltcl-%"),
    ("postgis", "postgresql-%-postgis-3"),
    ("postgis_raster", "postgresql-%-postgis-3"),
    ("postgis_tiger_geocoder", "postgresql-%-postgis-3"),
    ("postgis_topology", "postgresql-%-postgis-3"),
    ("vector", "postgresql-%-pgvector"),
];
/// What comes with the server, or in its companion.
const CONTRIB: &[&str] = &[
    "btree_gin",
    "btree_gist",
    "citext",
    "cube",
    "dblink",
    "earthdistance",
    "fuzzystrmatch",
    "hstore",
    "intarray",
    "ltree",
    "pg_stat_statements",
    "pg_trgm",
    "pgcrypto",
    "postgres_fdw",
    "tablefunc",
    "unaccent",
    "uuid-ossp",
];

/// What may be done where it is not certain that it fails.
pub(super) const TRY_IT: &str = "or try it: `dieselkit restore --force`";

/// Returns a command for each thing that is not there.
pub(super) fn cures(lacks: &[Lack], loads_roles: Option<&str>) -> String {
    let cures: Vec<String> = lacks.iter().map(|lack| cure(lack, loads_roles)).collect();
    cures.join("; ")
}

fn cure(lack: &Lack, loads_roles: Option<&str>) -> String {
    match lack {
        Lack::Roles { roles } => {
            let roles: Vec<&str> = roles.iter().map(String::as_str).collect();
            let made = loads_roles.map_or_else(|| makes_roles(&roles), str::to_owned);
            format!(
                "make the roles: {made}; or leave out who owns what and who may do what: `dieselkit restore --no-owner --no-privileges`"
            )
        }
        Lack::Extensions { extensions, major } => {
            let cures: Vec<String> = extensions
                .iter()
                .map(|extension| install(extension, *major))
                .collect();
            format!("install on the server: {}", cures.join(", "))
        }
        Lack::OlderServer { .. } => format!("restore on a server of that version, {TRY_IT}"),
        Lack::Room { folder, .. } => {
            format!("make room: {}; {TRY_IT}", command("df -h {}", &[folder]))
        }
        Lack::NoFolder { folder } => command("mkdir -p {}", &[folder]),
        Lack::ClosedFolder { folder } => command("ls -ld {}", &[folder]),
        Lack::MayNotCreate { user } => {
            let user = identifier(user);
            format!("let a superuser run `ALTER ROLE {user} CREATEDB;`")
        }
        Lack::NotOwned { database, user } => {
            let (database, user) = (identifier(database), identifier(user));
            format!(
                "let a superuser run `ALTER DATABASE {database} OWNER TO {user};`, or restore beside it: `dieselkit restore --into NAME`"
            )
        }
        Lack::NoSuchRole { role } => {
            format!("make it: {}", makes_roles(&[role]))
        }
        Lack::NotAMember { role, user } => {
            let (role, user) = (identifier(role), identifier(user));
            format!("let a superuser run `GRANT {role} TO {user};`")
        }
    }
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Returns the command that installs an extension, or looks for the package that holds it.
fn install(extension: &str, major: u32) -> String {
    let listed = PACKAGES.iter().find(|(name, _)| *name == extension);
    let package = match listed {
        Some((_, package)) => package.replace('%', &major.to_string()),
        None if CONTRIB.contains(&extension) => "postgresql-contrib".to_owned(),
        None => return command("apt-cache search {}", &[&extension]),
    };
    command("apt-get install {}", &[&package])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_right_or_a_folder_that_is_missing_has_a_command() {
        let (user, database) = ("ci".to_owned(), "shop".to_owned());
        let folder = std::path::PathBuf::from("/no where");
        let lacks = [
            Lack::NoFolder {
                folder: folder.clone(),
            },
            Lack::ClosedFolder { folder },
            Lack::MayNotCreate { user: user.clone() },
            Lack::NotOwned { database, user },
        ];
        insta::assert_snapshot!(cures(&lacks, None), @r#"`mkdir -p '/no where'`; `ls -ld '/no where'`; let a superuser run `ALTER ROLE "ci" CREATEDB;`; let a superuser run `ALTER DATABASE "shop" OWNER TO "ci";`, or restore beside it: `dieselkit restore --into NAME`"#);
    }

    #[test]
    fn each_lack_has_a_command() {
        let roles = Lack::Roles {
            roles: names(&["ada", "the owner"]),
        };
        let extensions = Lack::Extensions {
            extensions: names(&["postgis", "citext", "odd"]),
            major: 15,
        };
        let member = Lack::NotAMember {
            role: "app".to_owned(),
            user: "ci".to_owned(),
        };
        let cured = cures(&[roles.clone(), extensions, member], None);
        insta::assert_snapshot!(cured, @r#"make the roles: `psql postgres --command 'CREATE ROLE "ada"; CREATE ROLE "the owner"'`; or leave out who owns what and who may do what: `dieselkit restore --no-owner --no-privileges`; install on the server: `apt-get install postgresql-15-postgis-3`, `apt-get install postgresql-contrib`, `apt-cache search odd`; let a superuser run `GRANT "app" TO "ci";`"#);
        let loads = "`gunzip --stdout a.globals.sql.gz | psql postgres`";
        insta::assert_snapshot!(cures(&[roles], Some(loads)), @r#"make the roles: `gunzip --stdout a.globals.sql.gz | psql postgres`; or leave out who owns what and who may do what: `dieselkit restore --no-owner --no-privileges`"#);
        let older = Lack::OlderServer {
            made_of: "PostgreSQL 17.2".to_owned(),
            server: "PostgreSQL 15.14".to_owned(),
        };
        let room = Lack::Room {
            needed_bytes: 2_000_000,
            free_bytes: 1,
            folder: "/var/lib".into(),
        };
        insta::assert_snapshot!(cures(&[older, room], None), @r#"restore on a server of that version, or try it: `dieselkit restore --force`; make room: `df -h /var/lib`; or try it: `dieselkit restore --force`"#);
    }
}
