//! `backup prune`: removes what the policy does not keep, or shows what it would remove.

use std::path::PathBuf;

use dieselkit::backup::retention::{Decision, Fate, Reason};
use dieselkit::backup::{BackupId, PrunePlan, PruneReport};
use serde::Serialize;

use super::{backups, interruptible, metrics, unreadable};
use crate::app::App;
use crate::args::BackupPrune;
use crate::commands::Answered;
use crate::report::{About, Answer, json, prune_plan_text, prune_text};

#[derive(Serialize)]
struct Data<'a> {
    dry_run: bool,
    #[serde(flatten)]
    pruned: PruneData<'a>,
}

/// What pruning did or would do, as a program reads it.
#[derive(Serialize)]
pub(super) struct PruneData<'a> {
    decisions: Vec<DecisionData<'a>>,
    removed: &'a [BackupId],
    freed_bytes: u64,
    pub(super) cleaned_up: Vec<String>,
}

/// What becomes of a backup, as a program reads it.
#[derive(Serialize)]
struct DecisionData<'a> {
    id: &'a BackupId,
    fate: Fate,
    reasons: &'a [Reason],
    /// The reasons as people read them.
    why: Vec<String>,
}

impl<'a> From<&'a Decision> for DecisionData<'a> {
    fn from(decision: &'a Decision) -> Self {
        Self {
            id: &decision.id,
            fate: decision.fate,
            reasons: &decision.reasons,
            why: decision.reasons.iter().map(ToString::to_string).collect(),
        }
    }
}

pub(super) fn run(app: &App<'_>, args: &BackupPrune) -> Answered {
    if args.dry_run {
        return dry_run(app);
    }
    let mut backups = interruptible(app)?;
    let report = backups.prune(&app.settings.backups.keep)?;
    let answer = Answer {
        text: prune_text(&report),
        data: json::data(&Data {
            dry_run: false,
            pruned: PruneData::of_run(app, &report),
        }),
        warnings: unreadable(app, &report.unreadable),
        about: About::Deed,
        ..Answer::default()
    };
    let done = "the policy was applied".to_owned();
    let file = args.metrics.file.as_deref();
    metrics::write_after(app, &backups, file, (done, answer))
}

fn dry_run(app: &App<'_>) -> Answered {
    let plan = backups(app)?.plan_prune(&app.settings.backups.keep)?;
    Ok(Answer {
        text: prune_plan_text(&plan),
        data: json::data(&Data {
            dry_run: true,
            pruned: PruneData::of_plan(app, &plan),
        }),
        warnings: unreadable(app, &plan.unreadable),
        ..Answer::default()
    })
}

impl<'a> PruneData<'a> {
    pub(super) fn of_run(app: &App<'_>, report: &'a PruneReport) -> Self {
        Self {
            decisions: report.decisions.iter().map(DecisionData::from).collect(),
            removed: &report.removed,
            freed_bytes: report.freed_bytes,
            cleaned_up: paths(app, &report.cleaned_up),
        }
    }

    /// A dry run removes and frees nothing.
    fn of_plan(app: &App<'_>, plan: &'a PrunePlan) -> Self {
        Self {
            decisions: plan.decisions.iter().map(DecisionData::from).collect(),
            removed: &[],
            freed_bytes: 0,
            cleaned_up: paths(app, &plan.leftovers),
        }
    }
}

fn paths(app: &App<'_>, paths: &[PathBuf]) -> Vec<String> {
    paths.iter().map(|path| app.shown(path)).collect()
}
