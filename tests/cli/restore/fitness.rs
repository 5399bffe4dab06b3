//! What a backup needs and the server or the disk does not have is said before anything is made.

use super::{backed_up, beside, contents, file_of, name_of, neighbours};
use crate::support::engine::Engine;
use crate::support::project::{Output, Project};

on_both_engines![a_disk_that_is_too_small_is_refused_before_anything_is_made];

/// Changes something in the manifest of a backup.
fn forge(project: &Project, id: &str, from: &str, to: &str) {
    let path = format!("backups/{id}.json");
    let manifest = project.read(&path);
    assert!(manifest.contains(from), "{manifest}");
    project.write(&path, &manifest.replacen(from, to, 1));
}

/// Checks that nothing is made, into whatever place, and returns what was said.
#[track_caller]
fn refuses(database: &dyn Engine, project: &Project, words: &[&str]) -> Output {
    let there = neighbours(database);
    let before = contents(database, &database.url());
    let copy = name_of(&beside(database, "copy"));
    let places = [&["--replace", "--yes"][..], &["--into", &copy]];
    let [_, said] = places.map(|place| {
        let said = project
            .run(["restore"].iter().chain(words).chain(place))
            .exits(1);
        assert!(
            said.stderr.contains("; nothing was restored\n"),
            "{}",
            said.stderr
        );
        assert_eq!(neighbours(database), there);
        assert!(contents(database, &database.url()) == before);
        said
    });
    said
}

fn a_disk_that_is_too_small_is_refused_before_anything_is_made(database: &dyn Engine) {
    let (project, id) = backed_up(database, &[]);
    let raw = project.read(&format!("backups/{id}.json"));
    let line = raw.lines().find(|line| line.contains("raw_bytes"));
    let line = line.expect("it was compressed here").trim().to_owned();
    forge(&project, &id, &line, "\"raw_bytes\": 1000000000000000,");
    let said = refuses(database, &project, &[&id]).stderr;
    assert!(
        said.contains("it takes 953674317 MiB at least, and `"),
        "{said}"
    );
    assert!(said.contains("hint: make room: `df -h /"), "{said}");
    // Verifying has nothing that passes it over.
    let verified = project.run(["backup", "verify", &id, "--restore"]).exits(1);
    let (_, hint) = verified.stderr.split_once("hint: ").expect("there is one");
    assert!(
        hint.starts_with("make room: `df -h /") && !hint.contains("force"),
        "{hint}"
    );
    let copy = name_of(&beside(database, "copy"));
    let forced = ["restore", &id, "--into", &copy, "--force"];
    let forced = project.run(forced).succeeds();
    assert!(
        forced.stderr.contains("warning: it takes 953674317 MiB"),
        "{}",
        forced.stderr
    );
    assert_eq!(neighbours(database).len(), 2);
    project
        .run(["status", "--database-url", &beside(database, "copy")])
        .succeeds();
    assert!(project.path(&file_of(database, &id)).exists());
}

/// A dry run sees it as well.
#[cfg(feature = "sqlite")]
#[test]
fn a_folder_that_is_not_there_is_named() {
    let database = crate::support::sqlite::SqliteDatabase::create();
    let (project, id) = backed_up(&database, &[]);
    for flags in [&["--dry-run"][..], &[]] {
        let words = ["restore", &id, "--into", "no/where/copy.db"];
        let said = project.run(words.iter().chain(flags)).exits(1).stderr;
        assert!(said.contains("there is no folder `no/where`"), "{said}");
        assert!(said.contains("hint: `mkdir -p no/where`"), "{said}");
    }
    assert!(!project.path("no").exists());
}

#[cfg(feature = "postgres")]
mod on_a_server {
    use super::*;
    use crate::restore::{back_up, dump};
    use crate::session::studio_applied;
    use crate::support::postgres::PostgresDatabase;

    /// Returns a backup, taken with flags, in which two roles have something that are gone by now.
    fn without_its_roles(
        database: &PostgresDatabase<'_>,
        flags: &[&str],
    ) -> (Project, String, [String; 2]) {
        let project = studio_applied(database);
        let [owner, reader] = ["one", "two"].map(|word| {
            let chance = uuid::Uuid::new_v4().simple().to_string();
            let name = format!("The {word} {}", &chance[..8]);
            database.execute(&format!("CREATE ROLE \"{name}\""));
            name
        });
        database.execute(&format!("ALTER TABLE users OWNER TO \"{owner}\""));
        database.execute(&format!("GRANT SELECT ON users, rooms TO \"{reader}\""));
        let id = back_up(&project, flags);
        database.execute(&format!("REASSIGN OWNED BY \"{owner}\" TO postgres"));
        for role in [&owner, &reader] {
            database.execute(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\""));
        }
        (project, id, [owner, reader])
    }

    /// A dry run says what the restore would stumble over at its beginning, and at its end.
    #[test]
    fn who_may_make_no_database_is_told_before() {
        let database = PostgresDatabase::create();
        let (project, id) = backed_up(&database, &[]);
        let role = database.create_role("secret");
        let name = &role.name;
        let project = project.env("DATABASE_URL", &database.url_as(&role));
        let path = project.path("backups").join(format!("{id}.sql.gz"));
        let path = path.to_str().expect("it is text").to_owned();
        for place in [&["--replace", "--yes"][..], &["--into", "nowhere"]] {
            let words = [
                "restore",
                &path,
                "--dry-run",
                "--no-owner",
                "--no-privileges",
            ];
            let said = project.run(words.iter().chain(place)).exits(1);
            assert!(
                said.stderr
                    .contains(&format!("`{name}` may not create databases")),
                "{}",
                said.stderr
            );
            let cure = format!("`ALTER ROLE \"{name}\" CREATEDB;`");
            assert!(said.stderr.contains(&cure), "{}", said.stderr);
            let owns = said.stderr.contains("does not own the database");
            assert_eq!(owns, place[0] == "--replace", "{}", said.stderr);
        }
        database.execute(&format!("ALTER ROLE {name} CREATEDB"));
        let words = ["restore", &path, "--dry-run", "--into", "nowhere"];
        project.run(words).succeeds();
    }

    /// What others own it cannot give them.
    #[test]
    fn a_role_that_cannot_give_things_away_is_told_what_to_leave_out() {
        let database = PostgresDatabase::create();
        let (project, id) = backed_up(&database, &[]);
        let role = database.create_role("secret").name;
        let copy = name_of(&beside(&database, "copy"));
        let words = ["restore", &id, "--into", &copy, "--role", &role];
        let said = project.run(words).exits(1).stderr;
        let hint = format!(
            "hint: leave out who owns what: `dieselkit restore {id} --into {copy} --role {role} --no-owner`"
        );
        assert!(said.contains(&hint), "{said}");
        project.run(words.iter().chain(&["--no-owner"])).succeeds();
    }

    #[test]
    fn every_role_that_is_missing_is_named_with_what_makes_it() {
        let database = PostgresDatabase::create();
        let (project, id, [owner, reader]) = without_its_roles(&database, &[]);
        let said = refuses(&database, &project, &[&id]).stderr;
        assert!(
            said.contains(&format!("the roles `{owner}`, `{reader}` are missing")),
            "{said}"
        );
        let makes = format!("'CREATE ROLE \"{owner}\"; CREATE ROLE \"{reader}\"'`");
        assert!(said.contains(&makes), "{said}");
        assert!(
            said.contains(&format!(
                "`dieselkit restore {id} --into {} --no-owner --no-privileges`",
                name_of(&beside(&database, "copy"))
            )),
            "{said}"
        );
        let verified = project.run(["backup", "verify", &id, "--restore"]).exits(1);
        let hint = format!("`dieselkit backup verify {id} --restore --no-owner --no-privileges`");
        assert!(verified.stderr.contains(&hint), "{}", verified.stderr);
        let words = [
            "backup",
            "verify",
            &id,
            "--restore",
            "--no-owner",
            "--no-privileges",
        ];
        project.run(words).succeeds();
        let json = project.run(["restore", &id, "--json"]).exits(1).json();
        assert!(json["error"]["hint"].is_string(), "{json}");
    }

    /// What is typed is what was shown, on a machine whose own server is another.
    #[test]
    fn the_command_that_makes_a_role_goes_to_the_server() {
        let database = PostgresDatabase::create();
        let (project, id, [owner, reader]) = without_its_roles(&database, &[]);
        let script = format!(
            "CREATE TABLE a (id INTEGER);\nALTER TABLE a OWNER TO \"{owner}\";\n-- PostgreSQL database dump complete\n"
        );
        project.write("own.sql", &script);
        let copy = name_of(&beside(&database, "copy"));
        for source in [id.as_str(), "own.sql"] {
            let words = ["restore", source, "--into", &copy];
            let said = project.run(words).exits(1).stderr;
            let makes = said.split('`').find(|piece| piece.contains("CREATE ROLE"));
            let makes = makes.unwrap_or_else(|| panic!("no command in {said}"));
            assert!(makes.starts_with("psql --host "), "{makes}");
            let password = database.cluster().password();
            let line = format!("PGPASSWORD={password} {makes}");
            project.shell(&line).succeeds();
            project.run(words).succeeds();
            let cluster = database.cluster();
            cluster.execute(&format!("DROP DATABASE \"{copy}\""));
            for role in [&owner, &reader] {
                cluster.execute(&format!("DROP ROLE IF EXISTS \"{role}\""));
            }
        }
    }

    #[test]
    fn roles_can_be_left_out_in_every_format() {
        for format in ["plain", "custom"] {
            let database = PostgresDatabase::create();
            let (project, id, _) = without_its_roles(&database, &["--format", format]);
            let words = ["restore", &id, "--replace", "--yes", "--no-owner"];
            let half = project.run(words).exits(1);
            assert!(half.stderr.contains("--no-privileges"), "{}", half.stderr);
            assert_eq!(neighbours(&database).len(), 1);
            let words = words.iter().chain(&["--no-privileges"]);
            project.run(words).succeeds();
            project.run(["status"]).succeeds();
        }
    }

    #[test]
    fn globals_beside_a_backup_make_its_roles() {
        let database = PostgresDatabase::create();
        let (project, id, [owner, reader]) = without_its_roles(&database, &["--globals"]);
        let said = refuses(&database, &project, &[&id]).stderr;
        let (_, line) = said.split_once("make the roles: `").expect(&said);
        let (line, _) = line.split_once('`').expect(&said);
        let port = database.cluster().port();
        assert!(
            line.contains("gunzip --stdout ") && line.contains(port),
            "{line}"
        );
        // What else is in the file belongs to others, who may have dropped it on purpose.
        let psql = database.cluster().path_of("psql");
        let own = format!("grep -E 'CREATE ROLE \"({owner}|{reader})\"'");
        let line = line.replace("| psql", &format!("| {own} | '{psql}'"));
        let password = database.cluster().password();
        project
            .shell(&format!("export PGPASSWORD={password}; {line}"))
            .succeeds();
        let words = ["restore", &id, "--replace", "--yes"];
        project.run(words).succeeds();
        for role in [owner, reader] {
            database.execute(&format!("REASSIGN OWNED BY \"{role}\" TO postgres; DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\""));
        }
        // The one that was kept has nothing of theirs.
    }

    #[test]
    fn an_extension_that_is_not_there_is_named_with_its_package() {
        let database = PostgresDatabase::create();
        let (project, id) = backed_up(&database, &[]);
        forge(
            &project,
            &id,
            "\"extensions\": []",
            "\"extensions\": [\"postgis 3.4.2\", \"odd 1.0\"]",
        );
        let said = refuses(&database, &project, &[&id]).stderr;
        assert!(
            said.contains("the extensions `postgis`, `odd` are not installed on the server"),
            "{said}"
        );
        assert!(
            said.contains("-postgis-3`, `apt-cache search odd`"),
            "{said}"
        );
    }

    #[test]
    fn an_older_server_is_refused_unless_it_is_to_be_tried() {
        let database = PostgresDatabase::create();
        let (project, id) = backed_up(&database, &[]);
        forge(
            &project,
            &id,
            "\"engine_version\": \"PostgreSQL ",
            "\"engine_version\": \"PostgreSQL 9",
        );
        let said = refuses(&database, &project, &[&id]).stderr;
        assert!(said.contains("the server is PostgreSQL "), "{said}");
        assert!(said.contains(" --force`"), "{said}");
        let copy = name_of(&beside(&database, "copy"));
        project
            .run(["restore", &id, "--into", &copy, "--force"])
            .succeeds();
    }

    #[test]
    fn what_a_dump_says_of_itself_is_compared_too() {
        let database = PostgresDatabase::create();
        let project = studio_applied(&database);
        let role = format!("gone_{}", &uuid::Uuid::new_v4().simple().to_string()[..8]);
        database.execute(&format!(
            "CREATE ROLE {role}; ALTER TABLE users OWNER TO {role}"
        ));
        let program = database.cluster().path_of("pg_dump");
        let url = database.url();
        let line = format!(
            "'{program}' '{url}' > own.sql && gzip -k own.sql && '{program}' -Fc '{url}' > own.dump \
             && '{program}' -Fd -f own.folder '{url}'"
        );
        project.shell(&line).succeeds();
        database.execute(&format!(
            "REASSIGN OWNED BY {role} TO postgres; DROP ROLE {role}"
        ));
        for file in ["own.sql", "own.sql.gz", "own.dump", "./own.folder"] {
            let said = refuses(&database, &project, &[file]).stderr;
            assert!(
                said.contains(&format!("the role `{role}` is missing")),
                "{file}: {said}"
            );
        }
        let newer = project
            .read("own.sql")
            .replace("database version ", "database version 9");
        project.write("newer.sql", &newer);
        let said = refuses(&database, &project, &["newer.sql", "--no-owner"]).stderr;
        assert!(said.contains("older than PostgreSQL 9"), "{said}");
    }

    #[test]
    fn a_role_restores_and_owns_what_it_made() {
        for (format, jobs) in [("plain", "1"), ("custom", "2")] {
            let database = PostgresDatabase::create();
            let (project, id) = backed_up(&database, &["--hash", "--format", format]);
            let role = database.create_role("secret").name;
            let copy = name_of(&beside(&database, "copy"));
            let words = [
                "restore",
                &id,
                "--into",
                &copy,
                "--role",
                &role,
                "--no-owner",
                "--jobs",
                jobs,
            ];
            project.run(words).succeeds();
            let owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'";
            let url = beside(&database, "copy");
            let found = dump(database.cluster(), &url);
            assert!(
                found.contains(&format!("ALTER TABLE public.users OWNER TO {role};")),
                "{owners}"
            );
            assert!(!found.contains("OWNER TO postgres;"), "{format}");
            let owner = "SELECT datdba::regrole FROM pg_database WHERE datname = '";
            assert_eq!(database.query_text(&format!("{owner}{copy}'")), role);
            // In place of another it belongs to whom that belonged.
            let words = [
                "restore",
                &id,
                "--replace",
                "--yes",
                "--role",
                &role,
                "--no-owner",
            ];
            project.run(words).succeeds();
            assert_eq!(
                database.query_text(&format!("{owner}{}'", database.name())),
                "postgres"
            );
        }
    }

    #[test]
    fn a_role_that_is_not_there_or_not_ours_is_refused() {
        let database = PostgresDatabase::create();
        let (project, id) = backed_up(&database, &[]);
        let said = refuses(&database, &project, &[&id, "--role", "nobody at all"]).stderr;
        assert!(
            said.contains("there is no role `nobody at all` to restore as"),
            "{said}"
        );
        let [ours, theirs] = [(); 2].map(|()| database.create_role("secret"));
        database.execute(&format!(
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}",
            ours.name
        ));
        let copy = name_of(&beside(&database, "copy"));
        let url = database.url_as(&ours);
        let words = [
            "restore",
            &id,
            "--into",
            &copy,
            "--no-owner",
            "--role",
            &theirs.name,
            "--database-url",
            &url,
        ];
        let said = project.run(words).exits(1).stderr;
        assert!(
            said.contains(&format!(
                "`{}` is no member of the role `{}`",
                ours.name, theirs.name
            )),
            "{said}"
        );
        // One that may do more than whoever logs in makes the database, too.
        database.execute(&format!(
            "ALTER ROLE {} CREATEDB; ALTER ROLE {} NOINHERIT",
            theirs.name, ours.name
        ));
        database.execute(&format!("GRANT {} TO {}", theirs.name, ours.name));
        project.run(words).succeeds();
        assert_eq!(neighbours(&database).len(), 2);
    }
}
