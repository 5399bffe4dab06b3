//! Links that lead nowhere, pipes and the like, in the place of what the program reads: each is
//! named, with what it is, and nothing hangs.

use std::os::unix::fs::symlink;

use crate::session::{Session, up_of};
use crate::support::project::{Output, Project};

const FIRST: &str = "2026-01-01-000000_a";

fn project() -> Project {
    Project::new()
        .migration(
            FIRST,
            "CREATE TABLE a (id INTEGER PRIMARY KEY);",
            "DROP TABLE a;",
        )
        .env("DATABASE_URL", "sqlite:x.db")
}

fn link(project: &Project, from: &str, to: &str) {
    let from = project.path(from);
    if from.symlink_metadata().is_ok() {
        std::fs::remove_file(&from).expect("it is ours");
    }
    symlink(to, from).expect("it is free");
}

/// Returns the commands of a hint.
#[track_caller]
fn hinted(output: &Output) -> Vec<String> {
    let (_, hint) = output.stderr.rsplit_once("hint: ").expect("there is one");
    hint.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_database_that_is_a_link_to_nowhere_is_named_with_its_target() {
    let project = project();
    link(&project, "x.db", "there/second.db");
    std::fs::create_dir(project.path("there")).expect("the folder is ours");
    link(&project, "there/second.db", "../data/real.db");
    let mut session = Session::of(&project);
    for line in ["db create", "up", "up --dry-run", "status", "db drop --yes"] {
        session.run(line).exits(1);
    }
    let refused = session.run("up --json").exits(1);
    assert!(refused.json()["hint"].is_string());
    let refused = project.run(["up"]).exits(1);
    let create = &hinted(&refused)[0];
    // One cure after the other.
    let no_folder = project.shell(create).exits(1);
    project.shell(&hinted(&no_folder)[0]).succeeds();
    project.shell(create).succeeds();
    session.run("up").succeeds();
    assert!(project.path("data/real.db").exists());
    session.run("db drop --yes").succeeds();
    link(&project, "x.db", "x.db");
    session.run("up").exits(1);
    session.matches("dead_link_database");
}

#[test]
fn a_folder_that_is_a_link_to_nowhere_is_named_with_its_target() {
    let project = project();
    project.run(["up"]).succeeds();
    project.remove("migrations");
    link(&project, "migrations", "elsewhere/migrations");
    let mut session = Session::of(&project);
    for line in ["status", "up", "init"] {
        session.run(line).exits(2);
    }
    session.run("new something").exits(2);
    let refused = project.run(["up"]).exits(2);
    project.shell(&hinted(&refused)[0]).succeeds();
    project.run(["new", "something"]).succeeds();
    project.remove("elsewhere");
    std::fs::remove_file(project.path("migrations")).expect("it is ours");
    project.write(&up_of(FIRST), "CREATE TABLE a (id INTEGER PRIMARY KEY);");
    link(&project, "seeds", "elsewhere/seeds");
    for line in ["seed", "reset --yes"] {
        session.run(line).exits(2);
    }
    session.run("seed new a").exits(1);
    std::fs::remove_file(project.path("seeds")).expect("it is ours");
    project.write("seeds/development/010_a.csv", "id\n1\n");
    link(&project, "seeds/common", "../elsewhere");
    session.run("seed").exits(2);
    session.matches("dead_link_folder");
}

#[test]
fn a_file_that_is_a_link_to_nowhere_is_named_with_its_target() {
    let project = project();
    project.run(["up"]).succeeds();
    let mut session = Session::of(&project);
    for name in ["up.sql", "down.sql", "metadata.toml"] {
        project.remove("migrations");
        project.write(&up_of(FIRST), "CREATE TABLE a (id INTEGER PRIMARY KEY);");
        link(
            &project,
            &format!("migrations/{FIRST}/{name}"),
            "../gone.sql",
        );
        session.run("up").exits(1);
    }
    session.run("check").exits(3);
    project.remove("migrations");
    project.write(&up_of(FIRST), "CREATE TABLE a (id INTEGER PRIMARY KEY);");
    link(&project, "migrations/002_b.sql", "/nowhere/at/all.sql");
    session.run("up").exits(1);
    project.remove("migrations");
    project.write(&up_of(FIRST), "CREATE TABLE a (id INTEGER PRIMARY KEY);");
    project.write("seeds/development/010_a.csv", "id\n1\n");
    for name in ["020_b.csv", "020_b.sql", "010_a.toml", "credentials.toml"] {
        let path = format!("seeds/development/{name}");
        link(&project, &path, "gone");
        session.run("seed").exits(1);
        std::fs::remove_file(project.path(&path)).expect("it is ours");
    }
    session.matches("dead_link_file");
}

#[test]
fn a_pipe_in_the_place_of_a_file_is_named_and_not_opened() {
    let project = project();
    project.run(["up"]).succeeds();
    project.write("seeds/development/010_a.csv", "id\n1\n");
    let mut said = String::new();
    for (path, line, code) in [
        ("dieselkit.toml", "status", 2),
        ("diesel.toml", "status", 2),
        ("migrations/002_b.sql", "up", 1),
        ("migrations/002_b.sql", "status", 1),
        ("migrations/002_b/up.sql", "up", 1),
        ("migrations/2026-01-01-000000_a/metadata.toml", "up", 1),
        ("seeds/development/020_b.sql", "seed", 1),
        ("seeds/development/020_b.csv", "seed", 1),
        ("seeds/development/010_a.toml", "seed", 1),
        ("seeds/development/010_a.toml", "seed capture a --force", 0),
        ("seeds/development/credentials.toml", "seed", 1),
    ] {
        let refused = project.shell(&format!(
            "mkdir -p $(dirname {path}); mkfifo {path} || exit 9; timeout 10 dieselkit {line}; \
             code=$?; rm {path}; rmdir migrations/002_b 2>/dev/null; exit $code"
        ));
        let shown = refused.exits(code).snapshot();
        said += &[path, ", ", line, "\n", &shown, "\n"].concat();
    }
    crate::session::assert_text("pipes", &said);
}

/// Programs that keep passwords hand them out in a pipe of that name.
#[test]
fn variables_may_come_through_a_pipe() {
    let project = Project::new().migration(
        FIRST,
        "CREATE TABLE a (id INTEGER PRIMARY KEY);",
        "DROP TABLE a;",
    );
    project
        .shell("mkfifo .env; echo DATABASE_URL=sqlite:x.db > .env & timeout 10 dieselkit up")
        .succeeds();
}

#[test]
fn a_folder_of_migrations_that_is_a_pipe_is_named_and_not_waited_for() {
    let project = project();
    project.remove("migrations");
    project.shell("mkfifo migrations").succeeds();
    let mut session = Session::of(&project);
    for command in ["new something", "status", "up", "init"] {
        session.run(command).exits(2);
    }
    session.matches("migrations_pipe");
    let refused = project.run(["status"]).exits(2);
    project.shell(&hinted(&refused)[0]).succeeds();
    project.run(["new", "something"]).succeeds();
}

/// Returns what a command said that must end by itself.
#[cfg(feature = "sqlite")]
#[track_caller]
fn ends(project: &Project, line: &str, codes: &[i32]) -> String {
    let said = project.shell(&format!(
        "timeout 20 dieselkit {line} 2>&1; echo \"exit $?\""
    ));
    let said = said.succeeds().stdout;
    let is_expected = |code: &i32| said.ends_with(&format!("exit {code}\n"));
    assert!(codes.iter().any(is_expected), "{line}: {said}");
    said
}

/// The disk may not be mounted: what is on it is not gone.
#[cfg(feature = "sqlite")]
#[test]
fn a_folder_of_backups_that_is_a_link_to_nowhere_is_named_with_its_target() {
    let project = project();
    project.run(["up"]).succeeds();
    link(&project, "backups", "mnt/backups");
    for line in [
        "backup list",
        "backup create",
        "backup health --max-age 26h",
        "backup prune",
        "backup prune --dry-run",
        "backup verify",
        "backup show latest",
        "restore --dry-run",
        "restore x --dry-run",
    ] {
        let said = ends(&project, line, &[1]);
        assert!(
            said.contains("backups` is a link to `")
                && said.contains("mnt/backups`, which does not exist"),
            "{line}: {said}"
        );
    }
    let said = project.run(["doctor"]).stdout;
    assert!(
        said.contains("mnt/backups`, which does not exist"),
        "{said}"
    );
    let refused = project.run(["backup", "list"]).exits(1);
    assert!(
        refused.stderr.contains("hint: mount the disk"),
        "{}",
        refused.stderr
    );
    project.shell(&hinted(&refused)[0]).succeeds();
    project.run(["backup", "create"]).succeeds();
    assert!(project.path("mnt/backups").is_dir());
}

/// What a hint names is pasted.
#[cfg(feature = "sqlite")]
#[test]
fn the_hint_of_a_manifest_that_is_no_file_does_not_wait_for_it() {
    let project = project();
    project.run(["up"]).succeeds();
    project.run(["backup"]).succeeds();
    let id = "shop.db_20261122T030000Z_20260101000000";
    project
        .shell(&format!("mkfifo backups/{id}.json"))
        .succeeds();
    let refused = project.run(["backup", "show", id]).exits(1);
    let hinted = hinted(&refused);
    assert!(hinted[0].starts_with("ls -ld "), "{hinted:?}");
    project.shell(&hinted[0]).succeeds();
}

#[cfg(feature = "sqlite")]
#[test]
fn pipes_in_the_place_of_manifests_are_not_opened() {
    let project = project();
    project.run(["up"]).succeeds();
    project.run(["backup"]).succeeds();
    project
        .shell(
            "cd backups && for end in json json.making json.removing; \
             do mkfifo \"shop.db_20261122T030000Z_20260101000000.$end\" || exit 9; done",
        )
        .succeeds();
    for (line, codes) in [
        ("backup list", &[0][..]),
        ("backup verify all", &[0, 3]),
        ("backup prune", &[0]),
        ("backup create", &[0]),
        ("backup health --max-age 26h", &[0]),
        ("restore --dry-run", &[0]),
    ] {
        let said = ends(&project, line, codes);
        if line == "backup list" || line == "backup prune" {
            assert!(said.contains("it is a pipe, not a file"), "{line}: {said}");
        }
    }
}

#[cfg(feature = "sqlite")]
#[test]
fn a_pipe_in_the_place_of_a_backups_data_is_not_opened() {
    let project = project();
    project.run(["up"]).succeeds();
    project.run(["backup"]).succeeds();
    project
        .shell("cd backups && file=$(ls *.gz) && mv $file ../kept && mkfifo $file")
        .succeeds();
    let named = ".sqlite.gz` is a pipe, not a file";
    for (line, codes) in [
        ("backup verify all", &[3][..]),
        ("backup verify latest --restore", &[1, 3]),
        ("backup verify $(basename backups/*.json .json)", &[3]),
        (
            "backup verify $(basename backups/*.json .json) --restore",
            &[3],
        ),
        ("restore $(basename backups/*.json .json) --into y.db", &[1]),
        ("restore backups/*.gz --into y.db", &[1]),
        ("restore $(basename backups/*.json .json) --dry-run", &[1]),
        ("backup list", &[0]),
        ("backup show $(basename backups/*.json .json)", &[0]),
        ("backup health --max-age 26h", &[3]),
        ("backup prune", &[0]),
    ] {
        let said = ends(&project, line, codes);
        let tells = !line.ends_with("list") && !line.ends_with("prune") && !line.contains("latest");
        assert!(!tells || said.contains(named), "{line}: {said}");
        assert!(said.matches("  damage ").count() < 2, "{line}: {said}");
    }
    assert!(!project.path("y.db").exists());
    project
        .shell("cd backups && rm *.gz && mv ../kept $(basename *.json .json).sqlite.gz")
        .succeeds();
    ends(&project, "backup verify all", &[0]);
}

#[cfg(feature = "sqlite")]
#[test]
fn a_pipe_in_the_place_of_the_lock_of_backups_is_not_opened() {
    let project = project();
    project.run(["up"]).succeeds();
    project.run(["backup"]).succeeds();
    let lock = "backups/.dieselkit-backups.lock";
    project
        .shell(&format!("rm {lock} && mkfifo {lock}"))
        .succeeds();
    for line in [
        "backup create",
        "backup pin $(basename backups/*.json .json)",
        "backup prune",
    ] {
        let said = ends(&project, line, &[1]);
        assert!(
            said.contains(&format!("failed to open `{lock}`")),
            "{line}: {said}"
        );
        assert!(said.contains("it is a pipe, not a file"), "{line}: {said}");
    }
    // That it cannot be written down is no fault of the backup's.
    ends(&project, "backup verify all", &[0]);
    ends(&project, "restore latest --dry-run", &[0]);
    let refused = project.run(["backup"]).exits(1);
    project.shell(&hinted(&refused)[0]).succeeds();
    ends(&project, "backup create", &[0]);
}
