//! Migrations as they are named on the command line.

use crate::session::{Session, VERSIONS, studio};
use crate::support::engine::Engine;

on_both_engines![
    a_full_name_has_to_be_the_right_one,
    a_piece_of_a_name_is_no_version,
];

/// What takes a version, with another's name for it.
const WRONG: [&str; 11] = [
    "up --to 2026-01-02-000000_zzz",
    "up --to 2026-01-02-000000_zzz --dry-run",
    "goto 2026-01-02-000000_zzz",
    "goto 2026-01-02-000000_create_rooms_",
    "goto 20260102000000_zzz --dry-run",
    "rollback --to 2026-01-02-000000_zzz --yes",
    "redo --to 2026-01-02-000000_zzz --yes",
    "baseline 2026-01-02-000000_zzz",
    "resolve 2026-01-02-000000_zzz --reverted --reason x",
    "repair 2026-01-02-000000_zzz --reason x",
    "history 2026-01-02-000000_zzz",
];

fn a_full_name_has_to_be_the_right_one(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    let mut session = Session::of(&project);
    for line in WRONG {
        session.run(line).exits(2);
    }
    assert_eq!(database.applied(), VERSIONS);
    // One that only the history knows still has its name.
    project.remove("migrations/2026-01-03-000000_create_bookings");
    session
        .run("resolve 2026-01-03-000000_zzz --reverted --reason x")
        .exits(2);
    for line in [
        "history 2026-01-03-000000_create_bookings",
        "goto 2026-01-02 --dry-run",
        "goto 2026-01-02-000000 --dry-run",
        "rollback --to 2026-01-02-000000_create_rooms --yes",
    ] {
        let code = if line.contains("2026-01-02 ") { 2 } else { 0 };
        session.run(line).exits(code);
    }
    assert_eq!(database.applied(), VERSIONS[..2]);
    session.matches("full_names");
}

fn a_piece_of_a_name_is_no_version(database: &dyn Engine) {
    let project = studio(database);
    for (line, hint) in [
        (
            "up --to create_rooms",
            "if that is what you mean: `dieselkit up --to 2026-01-02-000000_create_rooms`",
        ),
        (
            "goto Create_B",
            "if that is what you mean: `dieselkit goto 2026-01-03-000000_create_bookings`",
        ),
        ("history zzz", "`dieselkit status` lists them"),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let output = project.run(&words).exits(2);
        let typed = words.last().expect("there are words");
        let said = format!(
            "error: `{typed}` is neither a version nor a migration's full name\nhint: {hint}\n"
        );
        assert!(output.stderr.ends_with(&said), "{}", output.stderr);
    }
    assert_eq!(database.applied(), [""; 0]);
}
