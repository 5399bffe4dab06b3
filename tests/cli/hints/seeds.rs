//! Hints of seedings, which never migrate.

use super::{Comes, SECOND, follow, hinted};
use crate::processes::{Running, slow};
use crate::session::{VERSIONS, studio, up_of};
use crate::support::engine::Engine;

on_both_engines![
    a_lock_that_is_held_from_a_seeding,
    a_seeding_that_failed_with_flags,
];

fn a_lock_that_is_held_from_a_seeding(database: &dyn Engine) {
    let project = studio(database);
    project.write("seeds/common/010_nothing.sql", "SELECT 1;\n");
    project.run(["up", "--steps", "1"]).succeeds();
    let right = project.read(&up_of(SECOND));
    project.write(&up_of(SECOND), slow(database));
    project.write(
        "dieselkit.toml",
        "[environments.development]\nseeds = 'common'\n",
    );
    let mut running = Running::up(&project);
    running.wait_until_locked(&project);
    let flags = ["--allow-pending", "--lock-wait", "0"];
    let generate = &["seed", "generate", "users", "--rows", "1"][..];
    for verb in [&["seed"][..], &["seed", "--verify"], generate] {
        let refused = project.run([verb, &flags].concat()).exits(4);
        let hinted = hinted(&refused);
        let words: Vec<&str> = hinted[0].split(' ').collect();
        assert!(words.starts_with(&["dieselkit", "seed"]), "{hinted:?}");
        assert!(words.ends_with(&["--lock-wait", "10m"]), "{hinted:?}");
        for flag in verb[1..].iter().chain(&["--allow-pending"]) {
            assert!(words.contains(flag), "{hinted:?}");
        }
    }
    let refused = project.run([&["seed"][..], &flags].concat()).exits(4);
    drop(running);
    project.write(&up_of(SECOND), &right);
    follow(&project, &refused, Comes::Done);
    assert_eq!(database.applied(), VERSIONS[..1]);
}

fn a_seeding_that_failed_with_flags(database: &dyn Engine) {
    let project = studio(database);
    project.write("seeds/development/010_a.sql", "SELECT 1;\n");
    project.write(
        "seeds/development/020_b.sql",
        "INSERT INTO absent VALUES (1);\n",
    );
    project.run(["up", "--steps", "1"]).succeeds();
    let flags = "--allow-pending --transaction batch --only 020_b";
    let refused = project.shell(&format!("dieselkit seed {flags}")).exits(1);
    project.write("seeds/development/020_b.sql", "SELECT 2;\n");
    let followed = follow(&project, &refused, Comes::Done);
    assert!(followed.stdout.starts_with("seeded development/020_b.sql"));
    assert!(followed.stdout.contains("1 seed in"), "{}", followed.stdout);
    let pending = project.run(["seed", "--only", "010_a"]).exits(1);
    let [_, seeding] = hinted(&pending).try_into().expect("two commands");
    assert_eq!(seeding, "dieselkit seed --only 010_a --allow-pending");
}
