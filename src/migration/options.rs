//! What a caller may ask of each verb.
//!
//! Pure. The flags that say the same are known to `asked` and to the program.

use super::report::StepSql;
use crate::version::{Target, UpTarget, Version};

/// Whether a migration that is older than the newest applied one may be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutOfOrder {
    /// It is an error.
    #[default]
    Refuse,
    /// It is applied.
    Allow,
}

/// How a run is divided into transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TransactionMode {
    /// Each migration stands or falls alone; what came before a failure stays.
    #[default]
    Each,
    /// All or nothing.
    Batch,
}

/// What becomes of applied migrations whose files say something else now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum OnModified {
    /// They are an error.
    #[default]
    Refuse,
    /// They are applied again, and stay where they are in the order of application.
    ApplyAgain,
}

/// What becomes of the rest of a run after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum OnFailure {
    /// It is not run.
    #[default]
    Stop,
    /// It is run; each step that fails is reported.
    GoOn,
}

/// What `up` is to do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpOptions {
    pub(crate) target: UpTarget,
    pub(crate) transaction: TransactionMode,
    pub(crate) out_of_order: OutOfOrder,
    pub(crate) modified: OnModified,
    pub(crate) failure: OnFailure,
}

impl UpOptions {
    /// Goes only so far.
    #[must_use]
    pub fn until(mut self, target: UpTarget) -> Self {
        self.target = target;
        self
    }

    /// Divides the run into transactions.
    #[must_use]
    pub fn in_transactions(mut self, mode: TransactionMode) -> Self {
        self.transaction = mode;
        self
    }

    /// Returns how the run is divided into transactions.
    pub fn transaction(&self) -> TransactionMode {
        self.transaction
    }

    /// Lets late migrations in, or not.
    #[must_use]
    pub fn out_of_order(mut self, policy: OutOfOrder) -> Self {
        self.out_of_order = policy;
        self
    }

    /// Applies modified migrations again.
    #[must_use]
    pub fn force(mut self) -> Self {
        self.modified = OnModified::ApplyAgain;
        self
    }

    /// Goes on after a failure; refused together with one transaction for all.
    #[must_use]
    pub fn keep_going(mut self) -> Self {
        self.failure = OnFailure::GoOn;
        self
    }
}

/// What `rollback` is to do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RollbackOptions {
    pub(crate) target: Target,
}

impl From<Target> for RollbackOptions {
    fn from(target: Target) -> Self {
        Self { target }
    }
}

/// What `redo` is to do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RedoOptions {
    pub(crate) target: Target,
}

impl From<Target> for RedoOptions {
    fn from(target: Target) -> Self {
        Self { target }
    }
}

/// What `goto` is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GotoOptions {
    pub(crate) version: Version,
    pub(crate) transaction: TransactionMode,
    pub(crate) out_of_order: OutOfOrder,
}

impl GotoOptions {
    /// Goes to exactly this version.
    pub fn new(version: Version) -> Self {
        Self {
            version,
            transaction: TransactionMode::default(),
            out_of_order: OutOfOrder::default(),
        }
    }

    /// Divides the way up into transactions.
    #[must_use]
    pub fn in_transactions(mut self, mode: TransactionMode) -> Self {
        self.transaction = mode;
        self
    }

    /// Lets late migrations in, or not.
    #[must_use]
    pub fn out_of_order(mut self, policy: OutOfOrder) -> Self {
        self.out_of_order = policy;
        self
    }
}

/// Before which runs a copy of the database is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyBefore {
    /// Before any that has something to do.
    Everything,
    /// Before those that destroy: that go down, apply again, start over, or whose SQL destroys, or runs
    /// a trigger that says it deletes.
    Destruction,
}

impl CopyBefore {
    /// Returns whether a copy is made before a plan is run.
    pub fn wants(self, steps: &[StepSql]) -> bool {
        self.is_wanted(steps.iter().map(|step| step.destroys))
    }

    /// Returns the same of what each step of a plan does.
    pub(crate) fn is_wanted(self, mut destroys: impl Iterator<Item = bool>) -> bool {
        match self {
            Self::Everything => destroys.next().is_some(),
            Self::Destruction => destroys.any(|destroys| destroys),
        }
    }
}

/// What `baseline` is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaselineOptions {
    pub(crate) version: Version,
}

impl From<Version> for BaselineOptions {
    fn from(version: Version) -> Self {
        Self { version }
    }
}
