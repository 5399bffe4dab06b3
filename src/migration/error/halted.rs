//! What helps where a migration stopped half way: to go on with it, or to finish or undo it by hand
//! and to say so.
//!
//! Pure. Which command goes on with it, and whether there is one, is for the plan to say.

use crate::migration::model::KeptBy;
use crate::shell::command;
use crate::version::Version;

/// As what a migration is settled that somebody has finished or undone by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// As applied.
    Applied,
    /// As not applied.
    Reverted,
}

/// Returns the command, between backticks, that settles a migration one way.
pub(crate) fn settle(version: &Version, way: Way) -> String {
    let text = match way {
        Way::Applied => "dieselkit resolve {} --applied --reason \"…\"",
        Way::Reverted => "dieselkit resolve {} --reverted --reason \"…\"",
    };
    command(text, &[version])
}

/// Returns how to go on with a way up, or to settle it; no command goes on with one whose file is
/// gone.
pub(crate) fn go_on_up_or_settle(version: &Version, going_on: Option<&str>) -> String {
    match going_on {
        Some(same) => format!(
            "go on with `{same}`, or settle it by hand: {}, or with `--reverted` once nothing of it is left",
            settle(version, Way::Applied)
        ),
        // What is applied and has no file is refused beneath newer files.
        None => format!(
            "bring its file back and run `dieselkit up`, or settle it by hand: {} once nothing of it is left, or, where no newer file is there, with `--applied` once all of it is",
            settle(version, Way::Reverted)
        ),
    }
}

/// Returns how to go on with a way down, or to settle it; where no command takes it back without
/// what came after it, it is finished by hand.
pub(crate) fn go_on_down_or_settle(
    version: &Version,
    going_on: Option<&str>,
    kept_by: KeptBy,
) -> String {
    let reverted = settle(version, Way::Reverted);
    match (going_on, kept_by) {
        (Some(same), KeptBy::File) => format!("go on with `{same}`, or settle it: {reverted}"),
        (Some(same), KeptBy::History) => format!(
            "go on with `{same}`, which runs the way down that the history keeps, or bring its file back to mend it, or settle it by hand: {reverted}, or, where no newer file is there, with `--applied` once all of it is there again"
        ),
        (None, _) => finish_by_hand(version),
    }
}

/// Returns how to be done with what is applied and whose file is lost.
pub(crate) fn give_up_lost(version: &Version) -> String {
    format!(
        "undo by hand what it made and run {}",
        settle(version, Way::Reverted)
    )
}

/// Returns how to be done with a way up, before what it may stand on is rolled back.
pub(super) fn finish_or_undo_up(version: &Version, going_on: Option<&str>) -> String {
    let finish = going_on.map_or_else(
        || "bring its file back and finish it with `dieselkit up`".to_owned(),
        |command| format!("finish it first with `{command}`"),
    );
    format!(
        "{finish}, or undo it by hand and run {}",
        settle(version, Way::Reverted)
    )
}

/// Returns how to be done with a way down, before what it may stand on is rolled back.
pub(super) fn finish_down(version: &Version, going_on: Option<&str>) -> String {
    let by_hand = finish_by_hand(version);
    match going_on {
        Some(same) => format!("go on with `{same}`, or {by_hand}"),
        None => by_hand,
    }
}

fn finish_by_hand(version: &Version) -> String {
    format!(
        "finish it by hand and run {}",
        settle(version, Way::Reverted)
    )
}
