//! What was asked for, as the command that asks for it again: the hints of refusals and failures
//! name it, so that following one never leads to the next refusal.
//!
//! Pure. Knows the program's flags; must not know why something is asked again.

use super::options::{GotoOptions, OnFailure, OnModified, OutOfOrder, TransactionMode, UpOptions};
use super::rehearsal::{RehearsalOptions, RehearseOn, WaysDown};
use crate::shell::quote;
use crate::version::{Target, UpTarget, Version};

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// To apply.
    Up(UpOptions),
    /// To roll back.
    Rollback(Target),
    /// To roll back and apply again.
    Redo(Target),
    /// To go to a version.
    Goto(GotoOptions),
}

impl Asked {
    /// Returns the command that asks for the rest, after so many steps of it are done.
    pub(super) fn rest(&self, done: usize, late: OutOfOrder) -> String {
        match self {
            Self::Up(options) => up(options, done, late),
            Self::Goto(options) => goto(options, late),
            Self::Rollback(target) => rollback_rest(target, done),
            Self::Redo(target) => format!("dieselkit redo{}", downward(target, done)),
        }
    }
}

/// Returns the command that applies what the options ask for, late migrations included.
pub(super) fn up_with_late(options: &UpOptions) -> String {
    up(options, 0, OutOfOrder::Allow)
}

/// Returns the command that rehearses what the options ask for, on a copy or not.
pub(super) fn rehearsal(options: &RehearsalOptions, on: RehearseOn) -> String {
    let asked = up(&options.up, 0, options.up.out_of_order);
    let how = match (options.ways_down, on) {
        // It implies a copy.
        (WaysDown::Run, _) => " --with-rollback",
        (WaysDown::LeftOut, RehearseOn::Copy) => " --on-copy",
        (WaysDown::LeftOut, RehearseOn::Database) => "",
    };
    format!("{asked} --rehearse{how}")
}

/// Returns the command that goes where the options say, late migrations included.
pub(super) fn goto_with_late(options: &GotoOptions) -> String {
    goto(options, OutOfOrder::Allow)
}

/// Returns the command that applies what is pending, late migrations included where they are not
/// refused.
pub(super) fn plain_up(late: OutOfOrder) -> String {
    up(&UpOptions::default(), 0, late)
}

fn up(options: &UpOptions, done: usize, late: OutOfOrder) -> String {
    let target = match &options.target {
        UpTarget::All => String::new(),
        UpTarget::To(version) => format!(" --to {}", word(version)),
        UpTarget::Steps(steps) => format!(" --steps {}", rest_of(*steps, done)),
    };
    let force = match options.modified {
        OnModified::Refuse => "",
        OnModified::ApplyAgain => " --force",
    };
    let keep_going = match options.failure {
        OnFailure::Stop => "",
        OnFailure::GoOn => " --keep-going",
    };
    let (transaction, late) = (batch(options.transaction), allowing(late));
    format!("dieselkit up{target}{force}{transaction}{keep_going}{late}")
}

fn goto(options: &GotoOptions, late: OutOfOrder) -> String {
    let (transaction, late) = (batch(options.transaction), allowing(late));
    let version = word(&options.version);
    format!("dieselkit goto {version}{transaction}{late}")
}

fn word(version: &Version) -> String {
    quote(version.as_str())
}

/// Returns the command that rolls back what a target names.
pub(super) fn rollback(target: &Target) -> String {
    rollback_rest(target, 0)
}

fn rollback_rest(target: &Target, done: usize) -> String {
    format!("dieselkit rollback{}", downward(target, done))
}

fn downward(target: &Target, done: usize) -> String {
    match target {
        Target::Steps(steps) => match rest_of(*steps, done) {
            1 => String::new(),
            rest => format!(" --steps {rest}"),
        },
        Target::To(version) => format!(" --to {}", word(version)),
        Target::Batch(None) => " --batch".to_owned(),
        Target::Batch(Some(batch)) => format!(" --batch {batch}"),
        Target::All => " --all".to_owned(),
    }
}

fn rest_of(steps: usize, done: usize) -> usize {
    steps.saturating_sub(done).max(1)
}

fn batch(transaction: TransactionMode) -> &'static str {
    match transaction {
        TransactionMode::Each => "",
        TransactionMode::Batch => BATCH,
    }
}

fn allowing(late: OutOfOrder) -> &'static str {
    match late {
        OutOfOrder::Refuse => "",
        OutOfOrder::Allow => " --allow-out-of-order",
    }
}

/// What asks for one transaction for all.
const BATCH: &str = " --transaction batch";

/// Returns the command with a transaction for each migration, where it asked for one for all.
pub(super) fn in_transactions_of_their_own(command: &str) -> Option<String> {
    let each = command.replace(BATCH, " --transaction each");
    (each != command).then_some(each)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_asked_again_with_the_flags_that_it_had() {
        let version = Version::from_name("003");
        let all = UpOptions::default()
            .until(UpTarget::To(version.clone()))
            .in_transactions(TransactionMode::Batch)
            .force()
            .keep_going();
        let goto = GotoOptions::new(version.clone()).in_transactions(TransactionMode::Batch);
        let steps = UpOptions::default().until(UpTarget::Steps(5));
        for (asked, done, late, command) in [
            (Asked::Up(UpOptions::default()), 2, OutOfOrder::Refuse, "up"),
            (
                Asked::Up(all),
                0,
                OutOfOrder::Allow,
                "up --to 003 --force --transaction batch --keep-going --allow-out-of-order",
            ),
            (Asked::Up(steps), 2, OutOfOrder::Refuse, "up --steps 3"),
            (
                Asked::Goto(goto),
                0,
                OutOfOrder::Allow,
                "goto 003 --transaction batch --allow-out-of-order",
            ),
            (
                Asked::Rollback(Target::Steps(3)),
                2,
                OutOfOrder::Refuse,
                "rollback",
            ),
            (
                Asked::Rollback(Target::To(version)),
                1,
                OutOfOrder::Refuse,
                "rollback --to 003",
            ),
            (
                Asked::Rollback(Target::All),
                1,
                OutOfOrder::Refuse,
                "rollback --all",
            ),
            (
                Asked::Redo(Target::Batch(None)),
                0,
                OutOfOrder::Refuse,
                "redo --batch",
            ),
            (
                Asked::Redo(Target::Batch(Some(2))),
                0,
                OutOfOrder::Refuse,
                "redo --batch 2",
            ),
        ] {
            assert_eq!(asked.rest(done, late), format!("dieselkit {command}"));
        }
    }

    #[test]
    fn only_a_command_that_asked_for_one_transaction_can_ask_for_several() {
        assert_eq!(
            in_transactions_of_their_own("dieselkit up --transaction batch --force").as_deref(),
            Some("dieselkit up --transaction each --force")
        );
        assert_eq!(in_transactions_of_their_own("dieselkit redo"), None);
    }
}
