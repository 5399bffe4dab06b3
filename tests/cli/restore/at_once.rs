//! Two restores at the same time: nothing is lost, and nobody is told of a bare error.

use super::{backed_up, beside, contents, name_of, neighbours};
use crate::processes::Running;
use crate::support::engine::Engine;
use crate::support::project::{Output, Project};

on_both_engines![
    two_without_a_name_both_end_well,
    of_two_with_one_name_one_is_refused,
    of_two_that_replace_none_is_lost,
    two_in_the_place_of_one_that_is_gone_lose_nothing,
];

/// How often it is tried: each time the two meet somewhere else.
const ROUNDS: usize = 4;

/// Runs a command twice at the same time.
fn twice(project: &Project, words: &[&str]) -> [Output; 2] {
    let both = [0, 1].map(|_| Running::of(project, words));
    both.map(|running| running.ends(project))
}

/// Returns how many of them ended well; checks that whoever did not says why.
#[track_caller]
fn ended_well(outputs: &[Output; 2], codes: &[i32], words: &[&str]) -> usize {
    let failed = outputs.iter().filter(|output| output.code != Some(0));
    for output in failed {
        let code = output.code.expect("it was not killed");
        assert!(codes.contains(&code), "{}", output.stderr);
        assert!(
            words.iter().any(|said| output.stderr.contains(said)),
            "{}",
            output.stderr
        );
        assert!(output.stderr.contains("\nhint: "), "{}", output.stderr);
    }
    let well = outputs.iter().filter(|output| output.code == Some(0));
    well.count()
}

#[track_caller]
fn nothing_is_half_made(database: &dyn Engine) {
    let there = neighbours(database);
    let half = there.iter().any(|name| name.contains("restoring"));
    assert!(!half, "{there:?}");
}

fn two_without_a_name_both_end_well(database: &dyn Engine) {
    let (project, id) = backed_up(database, &[]);
    for round in 1..=ROUNDS {
        let outputs = twice(&project, &["restore", &id]);
        assert_eq!(ended_well(&outputs, &[], &[]), 2);
        assert_eq!(neighbours(database).len(), 1 + 2 * round);
    }
}

fn of_two_with_one_name_one_is_refused(database: &dyn Engine) {
    let (project, id) = backed_up(database, &[]);
    for round in 1..=ROUNDS {
        let copy = beside(database, &format!("copy{round}"));
        let outputs = twice(&project, &["restore", &id, "--into", &name_of(&copy)]);
        let words = ["was made by somebody else meanwhile", "exists already"];
        assert_eq!(ended_well(&outputs, &[1, 2], &words), 1);
        assert_eq!(neighbours(database).len(), 1 + round);
        assert!(contents(database, &copy) == contents(database, &database.url()));
    }
}

fn of_two_that_replace_none_is_lost(database: &dyn Engine) {
    let (project, id) = backed_up(database, &[]);
    let mut replaced = 0;
    for _ in 0..ROUNDS {
        let outputs = twice(&project, &["restore", &id, "--replace", "--yes"]);
        let words = ["is in use", "migration lock", "locked"];
        let well = ended_well(&outputs, &[1, 4], &words);
        assert!(well >= 1, "{}\n{}", outputs[0].stderr, outputs[1].stderr);
        replaced += well;
        // Each that ended well has kept one.
        assert_eq!(neighbours(database).len(), 1 + replaced);
        nothing_is_half_made(database);
        assert_eq!(database.query_i64("SELECT count(*) FROM users"), 1);
    }
}

fn two_in_the_place_of_one_that_is_gone_lose_nothing(database: &dyn Engine) {
    let (project, id) = backed_up(database, &[]);
    let drop = [
        "db",
        "drop",
        "--yes",
        "--confirm",
        &super::last_part(database),
    ];
    for _ in 0..ROUNDS {
        project.run(drop).succeeds();
        let before = neighbours(database).len();
        let outputs = twice(&project, &["restore", &id, "--replace", "--yes"]);
        let well = ended_well(
            &outputs,
            &[1, 4],
            &["is in use", "migration lock", "locked"],
        );
        assert!(well >= 1, "{}\n{}", outputs[0].stderr, outputs[1].stderr);
        assert_eq!(neighbours(database).len(), before + well);
        nothing_is_half_made(database);
        assert_eq!(database.query_i64("SELECT count(*) FROM users"), 1);
    }
}
