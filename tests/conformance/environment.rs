//! The mark of a database: which environment it belongs to, and that it is itself.

use dieselkit::migration::RunError;
use dieselkit::{Environment, Migrator, Target, UpOptions};

use crate::scene::{Folder, migrator, reader, shown, state, up, version};
use crate::support::engine::Engine;

on_both_engines![
    the_first_writing_command_marks_the_database,
    another_environment_is_refused_by_whatever_writes,
    another_environment_may_read,
    a_mark_can_be_changed,
    mark_and_identity_survive_a_reset,
];

fn in_environment(database: &dyn Engine, folder: &Folder, name: &str) -> Migrator {
    let environment = Environment::new(name).expect("a name");
    migrator(database, folder).with_environment(environment)
}

fn metadata(database: &dyn Engine, key: &str) -> String {
    database.query_text(&format!(
        "SELECT value FROM __dieselkit_metadata WHERE key = '{key}'"
    ))
}

fn the_first_writing_command_marks_the_database(database: &dyn Engine) {
    let folder = Folder::of_six();
    // Without an environment there is nothing to mark it with.
    up(database, &folder);
    assert_eq!(shown(reader(database, &folder).marked_environment()), None);
    let identity = metadata(database, "identity");
    assert!(uuid::Uuid::parse_str(&identity).is_ok(), "{identity}");
    shown(in_environment(database, &folder, "staging").up(&UpOptions::default()));
    assert_eq!(metadata(database, "environment"), "staging");
    assert_eq!(metadata(database, "identity"), identity);
    assert_eq!(metadata(database, "layout_version"), "1");
}

fn another_environment_is_refused_by_whatever_writes(database: &dyn Engine) {
    let folder = Folder::of_six();
    shown(in_environment(database, &folder, "production").up(&UpOptions::default()));
    folder.add_table(7);
    let before = state(database);
    let mut other = in_environment(database, &folder, "development");
    let refusals = [
        other.up(&UpOptions::default()).err(),
        other.rollback(Target::All).err(),
        other.redo(Target::Steps(1)).err(),
        other
            .goto(&dieselkit::migration::GotoOptions::new(version("2")))
            .err(),
        other.baseline(version("7")).err(),
        other.repair(&version("2"), "why").err(),
        other.reset().err(),
    ];
    for refusal in refusals {
        match refusal.expect("it is refused") {
            RunError::EnvironmentMismatch { marked, wanted, .. } => {
                assert_eq!(
                    (marked.as_str(), wanted.as_str()),
                    ("production", "development")
                );
            }
            another => panic!("another error: {another}"),
        }
    }
    assert_eq!(state(database), before);
    shown(in_environment(database, &folder, "production").up(&UpOptions::default()));
}

fn another_environment_may_read(database: &dyn Engine) {
    let folder = Folder::of_six();
    shown(in_environment(database, &folder, "production").up(&UpOptions::default()));
    let other = Environment::new("development").expect("a name");
    let mut other = reader(database, &folder).with_environment(other);
    assert_eq!(shown(other.status()).totals.applied, 6);
    assert_eq!(
        shown(other.marked_environment()).as_deref(),
        Some("production")
    );
}

fn a_mark_can_be_changed(database: &dyn Engine) {
    let folder = Folder::of_six();
    let mut migrator = in_environment(database, &folder, "staging");
    shown(migrator.up(&UpOptions::default()));
    let production = Environment::new("production").expect("a name");
    shown(migrator.mark_environment(&production));
    assert_eq!(metadata(database, "environment"), "production");
    let refused = migrator.up(&UpOptions::default());
    assert!(matches!(refused, Err(RunError::EnvironmentMismatch { .. })));
}

fn mark_and_identity_survive_a_reset(database: &dyn Engine) {
    let folder = Folder::of_six();
    let mut migrator = in_environment(database, &folder, "staging");
    shown(migrator.up(&UpOptions::default()));
    let identity = metadata(database, "identity");
    let report = shown(migrator.reset());
    assert_eq!(report.applied.done.len(), 6);
    assert_eq!(metadata(database, "identity"), identity);
    assert_eq!(metadata(database, "environment"), "staging");
}
