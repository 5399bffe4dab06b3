//! The schema file of `[print_schema]`, kept by the `diesel` program where there is one.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use crate::processes::Running;
use crate::session::studio;
use crate::support::engine::Engine;
use crate::support::project::{Output, Project};

on_both_engines![
    the_schema_file_follows_every_change,
    it_is_left_alone_where_it_should_be,
    whatever_goes_wrong_is_a_warning,
    a_reset_that_fails_leaves_it,
    a_program_that_prints_nothing_empties_no_file,
    ctrl_c_ends_the_wait_for_the_program,
    the_password_reaches_the_program_by_the_environment_alone,
];

/// A program that notes how it was called, and prints how often it was.
const DIESEL: &str = "\
#!/bin/sh
[ \"$1\" = --version ] && exit 0
echo \"$*\" >> \"$CALLS/arguments\"
echo \"$DATABASE_URL\" >> \"$CALLS/urls\"
tr '\\0' ' ' < /proc/$PPID/cmdline >> \"$CALLS/parents\"
tr '\\0' ' ' < /proc/$$/cmdline >> \"$CALLS/parents\"
echo \"// schema $(wc -l < \"$CALLS/arguments\" | tr -d ' ')\"
";

/// Returns a project with a schema file and this `diesel` first in `PATH`.
fn project(database: &dyn Engine, diesel: Option<&str>) -> Project {
    let project = studio(database)
        .file("diesel.toml", "[print_schema]\nfile = \"src/schema.rs\"\n")
        .file("bin/.keep", "");
    if let Some(script) = diesel {
        project.write("bin/diesel", script);
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(project.path("bin/diesel"), executable).expect("it is ours");
    }
    let bin = project.path("bin").display().to_string();
    let folder = project.path("").display().to_string();
    project
        .env("PATH", &format!("{bin}:/usr/bin:/bin"))
        .env("CALLS", &folder)
}

/// Returns what the document says became of the file.
#[track_caller]
fn became(output: &Output) -> String {
    output.json()["data"]["schema_file"]
        .as_str()
        .expect("a word")
        .to_owned()
}

fn the_schema_file_follows_every_change(database: &dyn Engine) {
    let project = project(database, Some(DIESEL));
    let up = project.run(["up"]).succeeds();
    assert!(
        up.stdout.ends_with("brought `src/schema.rs` up to date\n"),
        "{}",
        up.stdout
    );
    assert_eq!(project.read("src/schema.rs"), "// schema 1\n");
    for (number, line) in [
        (2, "rollback --yes --json"),
        (3, "redo --yes --json"),
        (4, "goto 20260101000000 --yes --json"),
        (5, "goto 20260103000000 --json"),
        (6, "reset --yes --json"),
    ] {
        assert_eq!(
            became(&project.run(line.split(' ')).succeeds()),
            "updated",
            "{line}"
        );
        assert_eq!(
            project.read("src/schema.rs"),
            format!("// schema {number}\n"),
            "{line}"
        );
    }
    assert_eq!(project.read("arguments"), "print-schema\n".repeat(6));
}

fn it_is_left_alone_where_it_should_be(database: &dyn Engine) {
    let project = project(database, Some(DIESEL));
    assert_eq!(
        became(&project.run(["up", "--no-schema", "--json"]).succeeds()),
        "not_asked"
    );
    assert_eq!(
        became(&project.run(["up", "--json"]).succeeds()),
        "not_asked"
    );
    project.run(["rollback", "--dry-run"]).succeeds();
    let rollback = project.run(["rollback", "--yes", "--no-schema"]).succeeds();
    assert!(!rollback.stdout.contains("schema"), "{}", rollback.stdout);
    project
        .run(["db", "mark", "production", "--confirm", &name(database)])
        .succeeds();
    assert_eq!(
        became(
            &project
                .run(["up", "--env", "production", "--json"])
                .succeeds()
        ),
        "not_asked"
    );
    assert!(!project.path("src/schema.rs").exists());
    assert!(!project.path("arguments").exists());
}

/// Returns the name that confirms.
fn name(database: &dyn Engine) -> String {
    let url = database.url();
    url.rsplit('/').next().expect("it has a path").to_owned()
}

fn whatever_goes_wrong_is_a_warning(database: &dyn Engine) {
    let absent = project(database, None);
    let output = absent.run(["up", "--steps", "1"]).succeeds();
    assert!(
        output.stderr.contains("warning: `src/schema.rs` was not brought up to date: the `diesel` program is not installed"),
        "{}",
        output.stderr
    );
    assert!(
        output.stderr.contains("cargo install diesel_cli"),
        "{}",
        output.stderr
    );
    let failing = project(
        database,
        Some(
            "#!/bin/sh\n[ \"$1\" = --version ] && exit 0\necho first >&2\necho no such table >&2\nexit 1\n",
        ),
    );
    let output = failing.run(["up", "--steps", "1", "--json"]).succeeds();
    assert_eq!(became(&output), "not_updated");
    let warning = output.json()["warnings"][0]
        .as_str()
        .expect("a warning")
        .to_owned();
    assert!(warning.contains("no such table"), "{warning}");
    failing.write("src", "a file where a folder should be\n");
    failing.write("bin/diesel", DIESEL);
    assert_eq!(
        became(&failing.run(["up", "--json"]).succeeds()),
        "not_updated"
    );
}

fn a_reset_that_fails_leaves_it(database: &dyn Engine) {
    let project = project(database, Some(DIESEL));
    project.run(["up", "--no-schema"]).succeeds();
    project.write(
        "migrations/2026-01-03-000000_create_bookings/up.sql",
        "DROP TABLE nowhere;\n",
    );
    for (line, word) in [
        ("reset --yes --json", "not_updated"),
        ("reset --yes --json --no-schema", "not_asked"),
    ] {
        let failed = project.run(line.split(' ')).exits(1);
        assert_eq!(became(&failed), word, "{line}");
    }
    assert!(!project.path("src/schema.rs").exists());
}

fn a_program_that_prints_nothing_empties_no_file(database: &dyn Engine) {
    let project = project(database, Some("#!/bin/sh\nexit 0\n"));
    project.write("src/schema.rs", "// precious\n");
    let output = project.run(["up", "--json"]).succeeds();
    assert_eq!(became(&output), "not_updated");
    assert_eq!(
        output.json()["warnings"][0],
        "`src/schema.rs` was not brought up to date: `diesel print-schema` printed nothing"
    );
    assert_eq!(project.read("src/schema.rs"), "// precious\n");
}

fn ctrl_c_ends_the_wait_for_the_program(database: &dyn Engine) {
    const HANGING: &str = "#!/bin/sh\n[ \"$1\" = --version ] && exit 0\n\
                           touch \"$CALLS/called\"\nsleep 60\n";
    for signal in ["INT", "TERM"] {
        let project = project(database, Some(HANGING));
        project.run(["up", "--no-schema"]).succeeds();
        let running = Running::of(&project, &["redo", "--yes"]);
        let begun = Instant::now();
        while !project.path("called").exists() {
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "it is not called"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        running.signal(signal);
        let signalled = Instant::now();
        let output = running.ends(&project).succeeds();
        assert!(signalled.elapsed() < Duration::from_secs(10), "{signal}");
        assert!(
            output.stderr.ends_with(
                "stopping: the run is done, and the schema file is left as it is\n\
                 warning: `src/schema.rs` was not brought up to date: failed to run `diesel`: it was interrupted\n"
            ),
            "{}",
            output.stderr
        );
    }
}

fn the_password_reaches_the_program_by_the_environment_alone(database: &dyn Engine) {
    let project = project(database, Some(DIESEL));
    project.run(["up"]).succeeds();
    assert_eq!(project.read("arguments"), "print-schema\n");
    let parents = project.read("parents");
    assert!(parents.contains("dieselkit up"), "{parents}");
    if let Some((_, rest)) = database.url().split_once("postgres:") {
        let password = rest.split('@').next().expect("split yields one part");
        let password = password
            .rsplit(':')
            .next()
            .expect("split yields one part")
            .to_owned();
        assert!(password.len() > 8 && project.read("urls").contains(&password));
        assert!(!parents.contains(&password), "{parents}");
    }
}
