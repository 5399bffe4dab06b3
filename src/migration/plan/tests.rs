//! Why a plan is refused, one test an error, and what holds of all plans.

mod properties;
mod world;

use super::{Plan, baseline, goto, redo, rollback, up};
use crate::event::Direction;
use crate::migration::error::PlanError;
use crate::migration::model::KeptBy;
use crate::migration::options::{GotoOptions, OutOfOrder, UpOptions};
use crate::migration::status::{Mark, StatusReport};
use crate::version::{Target, UpTarget, Version};
use world::{World, version};

fn files(numbers: &[usize]) -> World {
    let mut world = World::default();
    world.truth.files = numbers.iter().copied().map(version).collect();
    world
}

/// A world where all files are applied, in one batch.
fn applied(numbers: &[usize]) -> World {
    let mut world = files(numbers);
    let plan = up(&world.status(), &UpOptions::default()).expect("nothing is in its way");
    world.run(&plan);
    world
}

/// Returns the status with a mark added to one of its entries.
fn marked(world: &World, number: usize, mark: Mark) -> StatusReport {
    let mut status = world.status();
    let entry = status
        .migrations
        .iter_mut()
        .find(|entry| entry.version == version(number))
        .expect("it is there");
    entry.marks.push(mark);
    status
}

fn up_all(status: &StatusReport) -> Result<Plan, PlanError> {
    up(status, &UpOptions::default())
}

fn names(numbers: &[usize]) -> Vec<String> {
    let name = |number: &usize| format!("{number:03}_name");
    numbers.iter().map(name).collect()
}

#[test]
fn an_unknown_version_is_refused_with_the_nearest_that_exists() {
    let status = applied(&[1, 2]).status();
    let unknown = |text: &str, nearest: Option<Version>| PlanError::UnknownVersion {
        version: Version::from_name(text),
        nearest,
    };
    let to = Version::from_name("005");
    assert_eq!(
        up(
            &status,
            &UpOptions::default().until(UpTarget::To(to.clone()))
        ),
        Err(unknown("005", Some(version(2))))
    );
    assert_eq!(
        rollback(&status, &Target::To(to.clone())),
        Err(unknown("005", Some(version(2))))
    );
    assert_eq!(
        goto(&status, &GotoOptions::new(Version::from_name("2026"))),
        Err(unknown("2026", None))
    );
    assert_eq!(
        baseline(&status, &to).map(|marked| marked.len()),
        Err(unknown("005", Some(version(2))))
    );
}

#[test]
fn rolling_back_to_what_is_not_applied_is_refused() {
    let mut world = applied(&[1]);
    world.truth.files.insert(version(2));
    assert_eq!(
        rollback(&world.status(), &Target::To(version(2))),
        Err(PlanError::NotApplied {
            version: version(2)
        })
    );
}

#[test]
fn a_batch_that_nothing_belongs_to_is_refused_but_the_newest_of_none_is_empty() {
    let status = applied(&[1]).status();
    assert_eq!(
        rollback(&status, &Target::Batch(Some(7))),
        Err(PlanError::UnknownBatch { batch: 7 })
    );
    let nothing = files(&[1]).status();
    assert_eq!(
        rollback(&nothing, &Target::Batch(None)),
        Ok(Plan::default())
    );
}

#[test]
fn a_late_migration_is_refused_by_up_and_by_goto_unless_allowed() {
    let mut world = applied(&[1, 3]);
    world.truth.files.insert(version(2));
    let status = world.status();
    let refused = |allowing: &str| {
        Err(PlanError::OutOfOrder {
            names: names(&[2]),
            newest: version(3),
            allowing: format!("dieselkit {allowing} --allow-out-of-order"),
        })
    };
    assert_eq!(up_all(&status), refused("up"));
    let forced = UpOptions::default().force();
    assert_eq!(up(&status, &forced), refused("up --force"));
    let options = GotoOptions::new(version(3));
    assert_eq!(goto(&status, &options), refused("goto 003"));

    let allowed = UpOptions::default().out_of_order(OutOfOrder::Allow);
    assert_eq!(up(&status, &allowed).map(|plan| plan.steps.len()), Ok(1));
    let allowed = options.out_of_order(OutOfOrder::Allow);
    assert_eq!(goto(&status, &allowed).map(|plan| plan.steps.len()), Ok(1));
    // What is newer goes down first, so that nothing is late any more.
    let back = GotoOptions::new(version(2));
    assert_eq!(goto(&status, &back).map(|plan| plan.steps.len()), Ok(2));
}

#[test]
fn a_modified_migration_is_refused_unless_it_is_to_be_applied_again() {
    let status = marked(&applied(&[1, 2]), 1, Mark::Modified);
    assert_eq!(
        up_all(&status),
        Err(PlanError::Modified { names: names(&[1]) })
    );
    let plan = up(&status, &UpOptions::default().force()).expect("it is forced");
    let again: Vec<_> = plan
        .steps
        .iter()
        .map(|step| (&step.name, step.again))
        .collect();
    assert_eq!(again, [(&"001_name".to_owned(), true)]);
}

#[test]
fn a_hole_in_the_middle_is_refused_and_a_database_that_is_ahead_is_not() {
    let mut world = applied(&[1, 2, 3]);
    world.truth.files.remove(&version(2));
    assert_eq!(
        up_all(&world.status()),
        Err(PlanError::Hole { names: names(&[2]) })
    );
    world.truth.files.remove(&version(3));
    assert_eq!(up_all(&world.status()), Ok(Plan::default()));
}

#[test]
fn an_irreversible_migration_stops_a_rollback_a_redo_and_a_goto_over_it() {
    let mut world = files(&[1, 2, 3]);
    world.truth.irreversible.insert(version(2));
    let plan = up_all(&world.status()).expect("nothing is in its way");
    world.run(&plan);
    let status = world.status();
    let refused = Err(PlanError::Irreversible {
        names: names(&[2]),
        reasons: std::collections::BTreeMap::new(),
    });
    assert_eq!(rollback(&status, &Target::All), refused);
    assert_eq!(redo(&status, &Target::Steps(2)), refused);
    assert_eq!(goto(&status, &GotoOptions::new(version(1))), refused);
    let last = rollback(&status, &Target::Steps(1));
    assert_eq!(last.map(|plan| plan.steps.len()), Ok(1));
}

#[test]
fn what_has_no_file_cannot_be_applied_again_but_rolled_back() {
    let mut world = applied(&[1, 2]);
    world.truth.files.remove(&version(2));
    let status = world.status();
    assert_eq!(
        redo(&status, &Target::Steps(1)),
        Err(PlanError::MissingFile { names: names(&[2]) })
    );
    let back = rollback(&status, &Target::Steps(1)).expect("the history keeps its way down");
    assert_eq!(back.steps.len(), 1);
}

#[test]
fn a_way_down_that_stopped_half_way_is_refused_by_up_and_gone_on_with_by_rollback() {
    let mut status = marked(&applied(&[1]), 1, Mark::HalfRolledBack);
    let entry = status.migrations.first_mut().expect("there is one");
    (entry.statements_done, entry.statements_total) = (Some(2), Some(3));
    assert_eq!(
        up_all(&status),
        Err(PlanError::WayDownHalted {
            name: "001_name".to_owned(),
            version: version(1),
            done: 2,
            total: 3,
            going_on: Some("dieselkit rollback".to_owned()),
            kept_by: KeptBy::File,
        })
    );
    let plan = rollback(&status, &Target::Steps(1)).expect("it goes on");
    assert_eq!(plan.steps[0].statements_done, 2);
}

#[test]
fn a_way_up_that_stopped_half_way_is_refused_by_baseline_and_gone_on_with_by_up() {
    let mut world = files(&[1, 2]);
    let plan = up_all(&world.status()).expect("nothing is in its way");
    world.cut_off(&plan.steps[0]);
    let status = world.status();
    assert_eq!(
        baseline(&status, &version(2)).map(|marked| marked.len()),
        Err(PlanError::WayUpHalted {
            name: "001_name".to_owned(),
            version: version(1),
            done: 1,
            total: 3,
            going_on: Some("dieselkit up".to_owned()),
        })
    );
    let plan = up_all(&status).expect("it goes on");
    let done: Vec<_> = plan.steps.iter().map(|step| step.statements_done).collect();
    assert_eq!(done, [1, 0]);
}

#[test]
fn what_lies_beneath_a_way_up_that_stopped_half_way_is_not_taken_away() {
    let mut world = applied(&[1, 2]);
    world.truth.files.insert(version(3));
    let plan = up_all(&world.status()).expect("nothing is in its way");
    world.cut_off(&plan.steps[0]);
    let refused = |numbers: &[usize]| {
        Err(PlanError::BeneathHalted {
            names: names(numbers),
            name: "003_name".to_owned(),
            version: version(3),
            direction: Direction::Up,
            done: 1,
            total: 3,
            going_on: Some("dieselkit up".to_owned()),
        })
    };
    let status = world.status();
    assert_eq!(rollback(&status, &Target::Steps(1)), refused(&[2]));
    assert_eq!(rollback(&status, &Target::All), refused(&[2, 1]));
    assert_eq!(redo(&status, &Target::Steps(1)), refused(&[2]));
    let back = GotoOptions::new(version(1));
    assert_eq!(goto(&status, &back), refused(&[2]));
}

#[test]
fn what_came_after_a_way_up_that_stopped_half_way_can_be_taken_away() {
    let mut world = applied(&[1]);
    world.truth.files.insert(version(2));
    let plan = up_all(&world.status()).expect("nothing is in its way");
    world.cut_off(&plan.steps[0]);
    world.truth.files.insert(version(3));
    let plan = up_all(&world.status()).expect("it goes on");
    let later = Plan {
        steps: plan.steps[1..].to_vec(),
    };
    world.run(&later);
    let taken = rollback(&world.status(), &Target::Steps(1)).expect("it stands on top");
    assert_eq!(taken.steps[0].version, version(3));
}

#[test]
fn what_lies_beneath_a_way_down_that_stopped_half_way_is_not_taken_away() {
    let mut world = applied(&[1]);
    world.truth.files.insert(version(2));
    let plan = up_all(&world.status()).expect("nothing is in its way");
    world.run(&plan);
    let mut status = marked(&world, 2, Mark::HalfRolledBack);
    let entry = status.migrations.last_mut().expect("there are two");
    (entry.statements_done, entry.statements_total) = (Some(2), Some(3));
    assert_eq!(
        rollback(&status, &Target::Batch(Some(1))),
        Err(PlanError::BeneathHalted {
            names: names(&[1]),
            name: "002_name".to_owned(),
            version: version(2),
            direction: Direction::Down,
            done: 2,
            total: 3,
            going_on: Some("dieselkit rollback".to_owned()),
        })
    );
    let all = rollback(&status, &Target::All).expect("it goes first");
    assert_eq!(all.steps.len(), 2);
}

#[test]
fn baseline_marks_the_files_up_to_a_version_that_are_not_applied() {
    let mut world = applied(&[1]);
    world.truth.files.extend([2, 3, 4].map(version));
    let status = world.status();
    let marked = baseline(&status, &version(3)).expect("nothing is in its way");
    let marked: Vec<_> = marked.iter().map(|entry| &entry.version).collect();
    assert_eq!(marked, [&version(2), &version(3)]);
}
