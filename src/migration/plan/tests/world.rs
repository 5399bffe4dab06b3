//! A database and a folder in memory: Diesel's rows, the history as `history::store` writes it,
//! and beside them what is true, kept in the simplest way, to compare plans with.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDateTime, TimeDelta};

use crate::event::Direction;
use crate::history::{Attempt, Ledger, Operation, Status};
use crate::migration::examples::dialect;
use crate::migration::model::{Body, Migration};
use crate::migration::plan::{Plan, PlannedStep};
use crate::migration::set::MigrationSet;
use crate::migration::status::{StatusReport, survey};
use crate::version::Version;

/// The statements of every migration here.
const STATEMENTS: i64 = 3;

pub(super) fn version(number: usize) -> Version {
    Version::from_name(&format!("{number:03}"))
}

/// Everything that planning depends on.
#[derive(Debug, Clone, Default)]
pub(super) struct World {
    diesel: Vec<(Version, NaiveDateTime)>,
    attempts: Vec<Attempt>,
    seconds: i64,
    pub(super) truth: Truth,
}

/// What is so, whatever the tables say.
#[derive(Debug, Clone, Default)]
pub(super) struct Truth {
    pub(super) files: BTreeSet<Version>,
    /// What has no way down in its file.
    pub(super) irreversible: BTreeSet<Version>,
    /// What is applied, and when its way up began.
    pub(super) applied: BTreeMap<Version, i64>,
    /// What stopped half way up, and when it began.
    pub(super) half_way: BTreeMap<Version, i64>,
    pub(super) batch: BTreeMap<Version, i64>,
    /// Where the history keeps a way down.
    kept_down: BTreeSet<Version>,
}

impl Truth {
    /// Returns what is applied in the order of application.
    pub(super) fn order(&self) -> Vec<Version> {
        let mut order: Vec<_> = self.applied.iter().collect();
        order.sort_by_key(|(_, began)| **began);
        order
            .into_iter()
            .map(|(version, _)| version.clone())
            .collect()
    }

    pub(super) fn is_applied(&self, version: &Version) -> bool {
        self.applied.contains_key(version)
    }

    pub(super) fn is_known(&self, version: &Version) -> bool {
        let traces = self.is_applied(version) || self.half_way.contains_key(version);
        traces || self.files.contains(version)
    }

    /// Returns what `up` would apply: files that are not applied, by version.
    pub(super) fn pending(&self) -> Vec<Version> {
        let files = self.files.iter();
        files
            .filter(|file| !self.is_applied(file))
            .cloned()
            .collect()
    }

    /// Returns whether something that is applied lacks its file though newer files are there.
    pub(super) fn has_hole(&self) -> bool {
        let mut without_file = self
            .applied
            .keys()
            .filter(|version| !self.files.contains(*version));
        without_file.any(|version| self.files.last().is_some_and(|newest| version < newest))
    }

    /// Returns whether a version stopped half way, and no file has it to go on with.
    pub(super) fn is_half_way_without_file(&self, version: &Version) -> bool {
        self.half_way.contains_key(version) && !self.files.contains(version)
    }

    /// Returns whether a version was applied before something began that stopped half way.
    pub(super) fn is_beneath_half_way(&self, version: &Version) -> bool {
        let began = self.applied.get(version);
        let mut halted = self.half_way.values();
        began.is_some_and(|began| halted.any(|stopped| began < stopped))
    }

    pub(super) fn can_go_down(&self, version: &Version) -> bool {
        if self.files.contains(version) {
            !self.irreversible.contains(version)
        } else {
            self.kept_down.contains(version)
        }
    }

    fn note_down(&mut self, version: &Version) {
        if self.files.contains(version) && !self.irreversible.contains(version) {
            self.kept_down.insert(version.clone());
        } else {
            self.kept_down.remove(version);
        }
    }
}

impl World {
    pub(super) fn set(&self) -> MigrationSet {
        let migration = |version: &Version| {
            let down = (!self.truth.irreversible.contains(version)).then_some("SELECT 2;");
            Migration::from_sql(&format!("{version}_name"), "SELECT 1;", down)
        };
        MigrationSet::from_list(self.truth.files.iter().map(migration))
            .expect("each version stands once")
    }

    pub(super) fn ledger(&self) -> Ledger {
        Ledger::new(self.diesel.clone(), self.attempts.clone())
    }

    pub(super) fn status(&self) -> StatusReport {
        survey(&self.set(), &self.ledger(), dialect())
    }

    fn tick(&mut self) -> NaiveDateTime {
        self.seconds += 1;
        NaiveDateTime::default() + TimeDelta::seconds(self.seconds)
    }

    fn row(&mut self, version: &Version, operation: Operation, status: Status) -> &mut Attempt {
        let started_at = self.tick();
        let file = self.set().get(version).cloned();
        let up = file.as_ref().map(|file| &file.up);
        let id = self.attempts.last().map_or(1, |attempt| attempt.id + 1);
        self.attempts.push(Attempt {
            name: file
                .as_ref()
                .map_or(version.as_str(), |file| &file.name)
                .to_owned(),
            operation,
            batch: None,
            checksum: up.map(|up| up.checksum(dialect())),
            checksum_raw: up.map(Body::checksum_raw),
            statements_total: STATEMENTS,
            statements_done: 0,
            started_at,
            has_down_sql: file.is_some_and(|file| file.down.is_some()),
            ..Attempt::example(id, version.as_str(), status)
        });
        self.attempts.last_mut().expect("it was pushed just now")
    }

    /// Tells the history what plain Diesel did, as every writing verb does first.
    pub(super) fn reconcile(&mut self) {
        let wanted = self.ledger().reconciliation();
        for version in &wanted.rolled_back {
            self.mark_rolled_back(version);
        }
        for (version, run_on) in &wanted.adopt {
            for attempt in self
                .attempts
                .iter_mut()
                .filter(|row| row.version == *version)
            {
                if attempt.status == Status::Running {
                    attempt.status = Status::Failed;
                }
            }
            self.row(version, Operation::Adopt, Status::Success)
                .started_at = *run_on;
            self.truth.note_down(version);
        }
    }

    fn mark_rolled_back(&mut self, version: &Version) {
        let now = self.tick();
        let active = |row: &&mut Attempt| {
            row.version == *version && (row.status == Status::Success || row.is_on_the_way_down())
        };
        for attempt in self.attempts.iter_mut().filter(active) {
            attempt.status = Status::RolledBack;
            attempt.rolled_back_at = Some(now);
            attempt.rollback_time_ms = Some(1);
        }
    }

    /// Runs a plan to its end.
    pub(super) fn run(&mut self, plan: &Plan) {
        let batch = self.ledger().next_batch();
        for step in &plan.steps {
            match step.direction {
                Direction::Up => self.apply(step, batch),
                Direction::Down => self.roll_back(&step.version),
            }
        }
    }

    fn apply(&mut self, step: &PlannedStep, batch: i64) {
        let version = &step.version;
        assert!(!self.truth.is_applied(version), "{version} is applied");
        assert!(self.truth.files.contains(version), "{version} has no file");
        if let Some(id) = step.attempt {
            self.attempt(id).status = Status::Failed;
        }
        let row = self.row(version, Operation::Apply, Status::Success);
        row.transactional = step.attempt.is_none();
        row.batch = Some(batch);
        row.statements_done = STATEMENTS;
        let now = self.tick();
        self.diesel.push((version.clone(), now));
        self.truth.half_way.remove(version);
        self.truth.applied.insert(version.clone(), self.seconds);
        self.truth.batch.insert(version.clone(), batch);
        self.truth.note_down(version);
    }

    fn attempt(&mut self, id: i64) -> &mut Attempt {
        let row = self.attempts.iter_mut().find(|attempt| attempt.id == id);
        row.expect("a plan names attempts that there are")
    }

    fn roll_back(&mut self, version: &Version) {
        assert!(self.truth.is_applied(version), "{version} is not applied");
        assert!(self.truth.can_go_down(version), "{version} has no way down");
        self.forget(version);
        self.mark_rolled_back(version);
    }

    fn forget(&mut self, version: &Version) {
        self.diesel.retain(|(other, _)| other != version);
        self.truth.applied.remove(version);
        self.truth.batch.remove(version);
        self.truth.kept_down.remove(version);
    }

    /// Lets a step fail; its transaction takes everything back.
    pub(super) fn fail(&mut self, step: &PlannedStep) {
        if step.attempt.is_none() {
            self.row(&step.version, Operation::Apply, Status::Failed)
                .error = Some("it failed".to_owned());
        }
    }

    /// Kills a step that runs statement by statement after its first one.
    pub(super) fn cut_off(&mut self, step: &PlannedStep) {
        if step.attempt.is_some() {
            return;
        }
        let row = self.row(&step.version, Operation::Apply, Status::Running);
        row.transactional = false;
        row.statements_done = 1;
        let began = self.seconds;
        self.truth.half_way.insert(step.version.clone(), began);
    }

    /// Applies what plain Diesel takes as pending.
    ///
    /// What Diesel did before is noted first: of a version that it reverts and applies again, or
    /// the other way round, between two of this tool's commands, the history can know nothing.
    pub(super) fn diesel_run(&mut self) {
        self.reconcile();
        for version in self.truth.pending() {
            let now = self.tick();
            self.diesel.push((version.clone(), now));
            self.truth.half_way.remove(&version);
            self.truth.applied.insert(version, self.seconds);
        }
    }

    /// Reverts the newest version, as plain Diesel does where its file is there.
    pub(super) fn diesel_revert(&mut self) {
        self.reconcile();
        let newest = self.truth.applied.keys().next_back().cloned();
        if let Some(newest) = newest.filter(|newest| self.truth.files.contains(newest)) {
            self.forget(&newest);
        }
    }
}
