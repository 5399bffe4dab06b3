//! What holds of every plan, whatever happened before: random commands on a world in memory, each
//! planned by the planner and foretold from the truth.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::world::{World, version};
use crate::event::Direction;
use crate::migration::error::PlanError;
use crate::migration::options::{GotoOptions, OutOfOrder, UpOptions};
use crate::migration::plan::{self, Plan};
use crate::migration::status::StatusReport;
use crate::version::{Target, UpTarget, Version};

/// The newest version that there may be.
const VERSIONS: usize = 9;

#[derive(Debug, Clone)]
enum Command {
    Up(UpTarget, OutOfOrder),
    Rollback(Target),
    Redo(Target),
    Goto(Version, OutOfOrder),
    Fail,
    CutOff,
    DieselRun,
    DieselRevert,
    AddFile(Version),
    DeleteFile(Version),
}

fn any_version() -> impl Strategy<Value = Version> {
    (1..=VERSIONS).prop_map(version)
}

fn policy() -> impl Strategy<Value = OutOfOrder> {
    prop_oneof![Just(OutOfOrder::Refuse), Just(OutOfOrder::Allow)]
}

fn up_target() -> impl Strategy<Value = UpTarget> {
    prop_oneof![
        Just(UpTarget::All),
        any_version().prop_map(UpTarget::To),
        (0..4_usize).prop_map(UpTarget::Steps),
    ]
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        Just(Target::All),
        any_version().prop_map(Target::To),
        (0..4_usize).prop_map(Target::Steps),
        proptest::option::of(1..6_i64).prop_map(Target::Batch),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        4 => (up_target(), policy()).prop_map(|(target, policy)| Command::Up(target, policy)),
        3 => target().prop_map(Command::Rollback),
        1 => target().prop_map(Command::Redo),
        1 => (any_version(), policy()).prop_map(|(to, policy)| Command::Goto(to, policy)),
        1 => Just(Command::Fail),
        1 => Just(Command::CutOff),
        1 => Just(Command::DieselRun),
        1 => Just(Command::DieselRevert),
        3 => any_version().prop_map(Command::AddFile),
        1 => any_version().prop_map(Command::DeleteFile),
    ]
}

fn versions(share: f64) -> impl Strategy<Value = BTreeSet<Version>> {
    let each = proptest::collection::vec(prop::bool::weighted(share), VERSIONS);
    each.prop_map(|chosen| {
        let numbered = chosen.into_iter().zip(1..);
        numbered
            .filter(|(chosen, _)| *chosen)
            .map(|(_, number)| version(number))
            .collect()
    })
}

proptest! {
    #[test]
    fn every_plan_does_what_its_command_says(
        files in versions(0.6),
        irreversible in versions(0.1),
        commands in proptest::collection::vec(command(), 0..24),
    ) {
        let mut world = World::default();
        world.truth.files = files;
        world.truth.irreversible = irreversible;
        for command in commands {
            perform(&mut world, &command);
            agrees_with_the_truth(&world);
        }
    }
}

/// The status says of every version what is so.
fn agrees_with_the_truth(world: &World) {
    let status = world.status();
    let applied = status.migrations.iter().filter(|entry| entry.is_applied());
    let applied: Vec<_> = applied.map(|entry| &entry.version).collect();
    assert_eq!(applied, world.truth.applied.keys().collect::<Vec<_>>());
    assert_eq!(status, world.status(), "surveying is deterministic");
}

fn perform(world: &mut World, command: &Command) {
    match command {
        Command::Up(target, policy) => up(world, target, *policy),
        Command::Rollback(target) => rollback(world, target),
        Command::Redo(target) => redo(world, target),
        Command::Goto(to, policy) => goto(world, to, *policy),
        Command::Fail => stop_first_step(world, World::fail),
        Command::CutOff => stop_first_step(world, World::cut_off),
        Command::DieselRun => world.diesel_run(),
        Command::DieselRevert => world.diesel_revert(),
        Command::AddFile(file) => drop(world.truth.files.insert(file.clone())),
        Command::DeleteFile(file) => drop(world.truth.files.remove(file)),
    }
}

/// Plans as a writing verb does, and runs the plan; a refusal leaves everything as it was.
fn run(
    world: &mut World,
    make: impl Fn(&StatusReport) -> Result<Plan, PlanError>,
) -> Result<Plan, PlanError> {
    let foreseen = make(&world.status());
    world.reconcile();
    let status = world.status();
    let planned = make(&status);
    assert_eq!(planned, make(&status), "planning is deterministic");
    assert_eq!(
        foreseen.as_ref().map(steps),
        planned.as_ref().map(steps),
        "a dry run, which reconciles nothing, shows the same"
    );
    let plan = planned?;
    for direction in [Direction::Up, Direction::Down] {
        let in_direction = going(&plan, direction);
        let distinct: BTreeSet<_> = in_direction.iter().collect();
        assert_eq!(distinct.len(), in_direction.len(), "no version twice");
    }
    world.run(&plan);
    Ok(plan)
}

fn steps(plan: &Plan) -> Vec<(Version, Direction)> {
    let steps = plan.steps.iter();
    steps
        .map(|step| (step.version.clone(), step.direction))
        .collect()
}

fn going(plan: &Plan, direction: Direction) -> Vec<Version> {
    let steps = plan.steps.iter().filter(|step| step.direction == direction);
    steps.map(|step| step.version.clone()).collect()
}

fn stop_first_step(world: &mut World, stop: fn(&mut World, &plan::PlannedStep)) {
    world.reconcile();
    let options = UpOptions::default().out_of_order(OutOfOrder::Allow);
    if let Ok(plan) = plan::up(&world.status(), &options)
        && let Some(step) = plan.steps.first()
    {
        stop(world, step);
    }
}

fn up(world: &mut World, target: &UpTarget, policy: OutOfOrder) {
    let before = world.truth.clone();
    let mut wanted = before.pending();
    match target {
        UpTarget::All => {}
        UpTarget::To(last) => wanted.retain(|version| version <= last),
        UpTarget::Steps(steps) => wanted.truncate(*steps),
    }
    let newest = before.applied.keys().next_back();
    let is_late = |version: &Version| {
        newest.is_some_and(|newest| version < newest) && !before.half_way.contains_key(version)
    };
    let late = wanted.iter().any(is_late);

    let options = UpOptions::default()
        .until(target.clone())
        .out_of_order(policy);
    let ran = run(world, |status| plan::up(status, &options));
    match (ran, target) {
        (Err(PlanError::UnknownVersion { version, .. }), UpTarget::To(last)) => {
            assert!(version == *last && !before.is_known(last));
        }
        (Err(PlanError::Hole { .. }), _) => assert!(before.has_hole()),
        (Err(PlanError::WayUpHalted { version, .. }), _) => {
            assert!(before.is_half_way_without_file(&version));
        }
        (Err(PlanError::OutOfOrder { .. }), _) => {
            assert!(late && policy == OutOfOrder::Refuse);
        }
        (Err(error), _) => panic!("{error}"),
        (Ok(plan), _) => {
            assert!(!before.has_hole());
            assert!(!late || policy == OutOfOrder::Allow);
            assert_eq!(going(&plan, Direction::Up), wanted);
            assert_eq!(going(&plan, Direction::Down), []);
            if *target == UpTarget::All {
                assert_eq!(world.truth.pending(), [], "nothing is pending after `up`");
                assert_eq!(world.status().totals.pending, 0);
            }
        }
    }
}

/// Returns what a rollback takes, newest first; `None` where there is no such thing.
fn taken(world: &World, target: &Target) -> Option<Vec<Version>> {
    let truth = &world.truth;
    let mut order = truth.order();
    order.reverse();
    match target {
        Target::All => {}
        Target::Steps(steps) => order.truncate(*steps),
        Target::To(last) => {
            let place = order.iter().position(|version| version == last)?;
            order.truncate(place);
        }
        Target::Batch(wanted) => {
            let batch = wanted.or(truth.batch.values().max().copied());
            order.retain(|version| batch.is_some() && truth.batch.get(version).copied() == batch);
            if wanted.is_some() && order.is_empty() {
                return None;
            }
        }
    }
    Some(order)
}

fn rollback(world: &mut World, target: &Target) {
    let before = world.clone();
    let taken = taken(world, target);
    let ran = run(world, |status| plan::rollback(status, target));
    refused_for_a_reason(&before, taken.as_deref(), ran.as_ref().err());
    let Ok(plan) = ran else { return };
    let taken = taken.expect("nothing was refused");
    assert_eq!(
        going(&plan, Direction::Down),
        taken,
        "in reverse order of application"
    );
    assert_eq!(going(&plan, Direction::Up), []);
    let mut left = before.truth.order();
    left.retain(|version| !taken.contains(version));
    assert_eq!(world.truth.order(), left, "nothing else moves");
    if let Target::To(last) = target {
        assert_eq!(
            left.last(),
            Some(last),
            "it stays, with what came before it"
        );
    }
}

fn redo(world: &mut World, target: &Target) {
    let before = world.clone();
    let taken = taken(world, target);
    let ran = run(world, |status| plan::redo(status, target));
    if let Err(PlanError::MissingFile { .. }) = &ran {
        let has_file = |version: &Version| before.truth.files.contains(version);
        assert!(!taken.expect("they are applied").iter().all(has_file));
        return;
    }
    refused_for_a_reason(&before, taken.as_deref(), ran.as_ref().err());
    let Ok(plan) = ran else { return };
    let mut up = going(&plan, Direction::Up);
    up.reverse();
    assert_eq!(
        going(&plan, Direction::Down),
        up,
        "up in the order in which they had come"
    );
    let applied = |world: &World| world.truth.applied.keys().cloned().collect::<Vec<_>>();
    assert_eq!(applied(world), applied(&before), "the same set is applied");
}

fn refused_for_a_reason(before: &World, taken: Option<&[Version]>, error: Option<&PlanError>) {
    let can_go_down = |version: &Version| before.truth.can_go_down(version);
    let beneath = |version: &Version| before.truth.is_beneath_half_way(version);
    match (error, taken) {
        (None, Some(taken)) => {
            assert!(taken.iter().all(can_go_down) && !taken.iter().any(beneath));
        }
        (Some(PlanError::BeneathHalted { .. }), Some(taken)) => {
            assert!(taken.iter().any(beneath));
        }
        (Some(PlanError::Irreversible { .. } | PlanError::NoWayDown { .. }), Some(taken)) => {
            assert!(!taken.iter().all(can_go_down));
        }
        (Some(PlanError::UnknownVersion { version, .. }), None) => {
            assert!(!before.truth.is_known(version));
        }
        (Some(PlanError::NotApplied { version }), None) => {
            assert!(!before.truth.is_applied(version));
        }
        (Some(PlanError::UnknownBatch { .. }), None) => {}
        (refused, taken) => panic!("{refused:?}, and {taken:?} is to be taken"),
    }
}

fn goto(world: &mut World, to: &Version, policy: OutOfOrder) {
    let before = world.truth.clone();
    let options = GotoOptions::new(to.clone()).out_of_order(policy);
    let ran = run(world, |status| plan::goto(status, &options));
    let newest_kept = before.applied.keys().rev().find(|version| *version <= to);
    match ran {
        Err(PlanError::UnknownVersion { .. }) => assert!(!before.is_known(to)),
        Err(PlanError::MissingFile { .. }) => {
            assert!(!before.files.contains(to) && !before.is_applied(to));
        }
        Err(PlanError::Hole { .. }) => {
            assert!(before.has_hole(), "going up alone is what `up` does");
            assert!(before.applied.keys().all(|version| version <= to));
        }
        Err(PlanError::Irreversible { .. } | PlanError::NoWayDown { .. }) => {
            let mut newer = before.applied.keys().filter(|version| *version > to);
            assert!(!newer.all(|version| before.can_go_down(version)));
        }
        Err(PlanError::BeneathHalted { .. }) => {
            let mut newer = before.applied.keys().filter(|version| *version > to);
            assert!(newer.any(|version| before.is_beneath_half_way(version)));
        }
        Err(PlanError::WayUpHalted { version, .. }) => {
            let above = version > *to && before.half_way.contains_key(&version);
            assert!(above || before.is_half_way_without_file(&version));
        }
        Err(PlanError::OutOfOrder { .. }) => {
            assert_eq!(policy, OutOfOrder::Refuse);
            let pending = before.pending();
            assert!(pending.iter().any(|version| Some(version) < newest_kept));
        }
        Err(error) => panic!("{error}"),
        Ok(plan) => {
            assert!(before.half_way.keys().all(|version| version <= to));
            let kept = before.applied.keys().chain(&before.files);
            let kept: BTreeSet<_> = kept.filter(|version| *version <= to).collect();
            let applied: BTreeSet<_> = world.truth.applied.keys().collect();
            assert_eq!(applied, kept, "exactly the versions up to {to}");
            let last_down = plan
                .steps
                .iter()
                .rposition(|step| step.direction == Direction::Down);
            let first_up = plan
                .steps
                .iter()
                .position(|step| step.direction == Direction::Up);
            assert!(first_up.is_none() || last_down < first_up, "down before up");
        }
    }
}
