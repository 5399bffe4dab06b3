//! Restores that go wrong half way: the database that was to be replaced is what it was, under its
//! name, and nothing is left beside it.

#[cfg(feature = "postgres")]
use super::back_up;
use super::{contents, many_backed_up, neighbours};
use crate::support::engine::Engine;
use crate::support::project::{Output, Project};

/// Returns a project with a backup of 200,000 rows, of which few are left by now.
fn backed_up(database: &dyn Engine) -> (Project, String) {
    let (project, id) = many_backed_up(database);
    database.execute("DELETE FROM users WHERE id > 10");
    (project, id)
}

/// Checks that a restore in place of a database fails and leaves all as it was; returns what it said.
#[track_caller]
fn leaves_all_as_it_was(database: &dyn Engine, restore: impl FnOnce() -> Output) -> String {
    let before = contents(database, &database.url());
    let there = neighbours(database);
    let output = restore().exits(1);
    assert_eq!(neighbours(database), there, "{}", output.stderr);
    assert!(
        contents(database, &database.url()) == before,
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains("\nhint: "), "{}", output.stderr);
    output.stderr
}

#[cfg(feature = "sqlite")]
mod of_files {
    use super::*;
    use crate::disk::{SmallDisk, run_after};
    use crate::support::sqlite::SqliteDatabase;

    #[test]
    fn a_file_that_may_not_grow_leaves_all_as_it_was() {
        let database = SqliteDatabase::create();
        let (project, id) = backed_up(&database);
        let said = leaves_all_as_it_was(&database, || {
            // Blocks of 512 bytes; without the trap the system would end the process.
            let limited = "trap '' XFSZ; ulimit -f 1000";
            run_after(&project, limited, &format!("restore {id} --replace --yes"))
        });
        assert!(said.contains("failed to write `"), "{said}");
        assert!(said.contains("make room: `df -h "), "{said}");
        project
            .run(["restore", &id, "--replace", "--yes"])
            .succeeds();
        assert_eq!(database.query_i64("SELECT count(*) FROM users"), 200_000);
    }

    #[test]
    fn a_full_disk_leaves_all_as_it_was() {
        let Some(disk) = SmallDisk::mount_of("2m") else {
            eprintln!("skipped: only root may mount a small file system");
            return;
        };
        let source = SqliteDatabase::create();
        let (project, id) = backed_up(&source);
        let small = disk.path().join("small.db");
        let project = project.env("DATABASE_URL", &format!("sqlite:{}", small.display()));
        project.run(["up", "-q"]).succeeds();
        let ballast = format!(
            "head -c 900000 /dev/zero > {}/ballast",
            disk.path().display()
        );
        project.shell(&ballast).succeeds();
        let before = std::fs::read(&small).expect("it is there");
        let left = |said: &str| {
            assert_eq!(
                std::fs::read(&small).expect("it is there"),
                before,
                "{said}"
            );
            let names = std::fs::read_dir(disk.path()).expect("it is ours").count();
            // The database, the file of its lock, and what fills the disk.
            assert_eq!(names, 3, "{said}");
        };
        let words = ["restore", &id, "--replace", "--yes"];
        let refused = project.run(words).exits(1);
        assert!(
            refused.stderr.contains(" KiB free; nothing was restored"),
            "{}",
            refused.stderr
        );
        left(&refused.stderr);
        let full = project.run(words.iter().chain(&["--force"])).exits(1);
        assert!(
            full.stderr.contains("No space left on device"),
            "{}",
            full.stderr
        );
        assert!(
            full.stderr.contains("make room: `df -h "),
            "{}",
            full.stderr
        );
        left(&full.stderr);
        std::fs::remove_file(disk.path().join("ballast")).expect("it is ours");
        project.run(words).succeeds();
    }
}

#[cfg(feature = "postgres")]
mod on_a_server {
    use super::*;
    use crate::support::postgres::PostgresDatabase;

    /// Puts a script in the place of a program of the engine, once it was asked for its version.
    fn falsify(
        database: &PostgresDatabase<'_>,
        project: Project,
        name: &str,
        script: &str,
    ) -> Project {
        for program in ["pg_dump", name] {
            let then = if program == name {
                script
            } else {
                "exec $REAL \"$@\""
            };
            database.cluster().stand_in(&project, program, then);
        }
        project.config("[backups]\npg_dump = \"./pg_dump\"\n")
    }

    /// Checks what a restore leaves whose program does this instead.
    #[track_caller]
    fn leaves_all(name: &str, format: &str, script: &str) -> String {
        let database = PostgresDatabase::create();
        let (project, id) = backed_up(&database);
        let id = if format == "plain" {
            id
        } else {
            back_up(&project, &["--format", format])
        };
        let project = falsify(&database, project, name, script);
        leaves_all_as_it_was(&database, || {
            project.run(["restore", &id, "--replace", "--yes"])
        })
    }

    const FULL: &str =
        "echo 'ERROR:  could not extend file \"base/1/2\": No space left on device' >&2\nexit 3\n";

    #[test]
    fn a_full_disk_of_the_server_leaves_all_as_it_was() {
        let half = "head -c 500000 | $REAL \"$@\"\n";
        let said = leaves_all("psql", "plain", &format!("{half}{FULL}"));
        assert!(said.contains("No space left on device"), "{said}");
        assert!(said.contains("make room on the server's disk"), "{said}");
        let said = leaves_all("pg_restore", "custom", FULL);
        assert!(said.contains("make room on the server's disk"), "{said}");
    }

    #[test]
    fn half_that_ends_well_is_not_taken_for_the_whole() {
        let said = leaves_all(
            "psql",
            "plain",
            "head -c 500000 | $REAL \"$@\"\ncat > /dev/null\nexit 0\n",
        );
        assert!(said.contains("is not what was backed up"), "{said}");
        let said = leaves_all("psql", "plain", "cat > /dev/null\nexit 0\n");
        assert!(said.contains("is missing"), "{said}");
    }

    #[test]
    fn a_program_that_is_killed_leaves_all_as_it_was() {
        let said = leaves_all(
            "psql",
            "plain",
            "head -c 500000 | $REAL \"$@\"\nkill -KILL $$\n",
        );
        assert!(said.contains("signal: 9"), "{said}");
    }

    #[test]
    fn a_role_that_is_missing_half_way_leaves_all_as_it_was() {
        let database = PostgresDatabase::create();
        let (project, id) = backed_up(&database);
        // Behind the rows, where nobody looks before.
        let file = format!("backups/{id}.sql.gz");
        let late = "-- PostgreSQL database dump complete";
        let line = format!(
            "gunzip --stdout {file} | sed 's/^{late}/GRANT SELECT ON public.users TO nobody_at_all;\\n&/' > late.sql"
        );
        project.shell(&line).succeeds();
        let said = leaves_all_as_it_was(&database, || {
            project.run(["restore", "late.sql", "--replace", "--yes"])
        });
        assert!(
            said.contains("role \"nobody_at_all\" does not exist"),
            "{said}"
        );
        let words = [
            "restore",
            "late.sql",
            "--replace",
            "--yes",
            "--no-privileges",
        ];
        project.run(words).succeeds();
        assert_eq!(database.query_i64("SELECT count(*) FROM users"), 200_000);
    }
}
