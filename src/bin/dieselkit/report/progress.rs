//! What a run tells while it goes on: a bar on a terminal, lines where more is asked for.

use std::fmt::Write as _;
use std::io::IsTerminal;

use dieselkit::event::{Blocked, Direction, Event, LockHolder, Observer};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::style::{DIM, styled};
use super::{losses_text, on_one_line, print_error};
use crate::args::Global;
use crate::interrupt::{self, Stage};

/// The size of a file, in bytes, from which on somebody waits for it.
const WORTH_A_BAR: u64 = 1 << 20;
/// How many made-up rows somebody waits for.
const ROWS_WORTH_A_BAR: u64 = 50_000;

/// The width of a terminal, in characters, that has room for a bar beside figures and a name; a line
/// that is wrapped is drawn anew each time.
const WIDE_ENOUGH_FOR_A_BAR: u16 = 64;

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loudness {
    /// Nothing.
    Silent,
    /// Waiting, and a bar on a terminal.
    Normal,
    /// Each step as well.
    Steps,
    /// Each statement as well.
    Statements,
}

/// Tells a run's events on standard error.
pub(crate) struct Progress {
    loudness: Loudness,
    bar: ProgressBar,
    measure: Measure,
}

/// What a bar of a backup shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    /// The bytes that were read, and in words the tables that were counted.
    Bytes,
    /// The tables that were counted.
    Tables,
}

impl Progress {
    pub(crate) fn new(global: &Global) -> Self {
        let loudness = match (global.quiet || global.json, global.verbose) {
            (true, _) => Loudness::Silent,
            (false, 0) => Loudness::Normal,
            (false, 1) => Loudness::Steps,
            (false, _) => Loudness::Statements,
        };
        Self {
            loudness,
            bar: ProgressBar::hidden(),
            measure: Measure::Bytes,
        }
    }

    /// Shows a bar where somebody sees it and no lines are in its way.
    fn begin(&mut self, steps: usize) {
        let drawn = self.loudness == Loudness::Normal && std::io::stderr().is_terminal();
        if !drawn || steps < 2 {
            return;
        }
        let style = style("{pos}/{len} {wide_msg}");
        self.bar =
            ProgressBar::with_draw_target(u64::try_from(steps).ok(), ProgressDrawTarget::stderr())
                .with_style(style);
    }

    /// Shows how much is read of something large.
    fn begin_bytes(&mut self, name: &str, bytes: u64) {
        if bytes >= WORTH_A_BAR {
            self.begin_long("{bytes}/{total_bytes} {wide_msg}", name, bytes);
        }
    }

    /// Shows how many of many rows are made up.
    fn begin_rows(&mut self, table: &str, rows: u64) {
        if rows >= ROWS_WORTH_A_BAR {
            self.begin_long("{pos}/{len} rows of {wide_msg}", table, rows);
        }
    }

    /// Shows how much of a database is read, where somebody sees it, and by what.
    fn begin_backup(&mut self, id: &str, bytes: Option<u64>, tool: Option<&str>) {
        self.measure = match bytes {
            Some(_) => Measure::Bytes,
            None => Measure::Tables,
        };
        self.begin_bytes(id, bytes.unwrap_or_default());
        let with = tool.map(|tool| format!(" with {tool}")).unwrap_or_default();
        self.line(Loudness::Steps, &format!("reading {id}{with}"));
    }

    /// Shows how many tables are counted: by the bar, where nothing else moves it.
    fn counted(&mut self, id: &str, counted: usize, tables: usize) {
        let text = format!("counted {counted} of {tables} tables");
        match (self.measure, counted) {
            (Measure::Bytes, _) => self.bar.set_message(format!("{id}, {text}")),
            (Measure::Tables, 0) => {
                let length = u64::try_from(tables).unwrap_or_default();
                self.begin_long("{pos}/{len} tables of {wide_msg}", id, length);
            }
            (Measure::Tables, counted) => self
                .bar
                .set_position(u64::try_from(counted).unwrap_or_default()),
        }
        self.line(Loudness::Statements, &format!("  {text}"));
    }

    fn begin_long(&mut self, template: &str, name: &str, length: u64) {
        if self.loudness != Loudness::Normal || !std::io::stderr().is_terminal() {
            return;
        }
        self.bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr())
            .with_style(style(template))
            .with_message(name.to_owned());
    }

    /// Tells of what was in the way of a step.
    fn in_the_way(&mut self, event: &Event) {
        let text = match event {
            Event::LeftoverDropped { index, .. } => {
                format!("  dropped the invalid index {index}, which an earlier attempt had left")
            }
            Event::LeftoverKept { index, .. } => format!(
                "  the invalid index {index} is left, which this user may not drop; a superuser may: `DROP INDEX CONCURRENTLY {index};`"
            ),
            Event::StepWaiting { blocked, .. } => {
                let text = format!("  {}", told_below(blocked));
                text.replacen("waited for", "waiting for", 1)
            }
            Event::StepRetried { undone, .. } => {
                interrupt::at(Stage::Pausing);
                let undone = u64::try_from(*undone).unwrap_or_default();
                let done = self.bar.position();
                self.bar.set_position(done.saturating_sub(undone));
                retried(event)
            }
            Event::ResetRetried { .. } => {
                interrupt::at(Stage::Pausing);
                retried(event)
            }
            _ => return,
        };
        self.line(Loudness::Normal, &text);
    }

    fn line(&self, least: Loudness, text: &str) {
        if self.loudness as u8 >= least as u8 && self.loudness != Loudness::Silent {
            self.bar
                .suspend(|| print_error(&format!("{}\n", styled(DIM, text))));
        }
    }
}

/// Returns how progress is drawn: these words, behind a bar where there is room for one.
fn style(words: &str) -> ProgressStyle {
    let width = terminal_size::terminal_size_of(std::io::stderr()).map(|(width, _)| width.0);
    let template = match width {
        Some(width) if width < WIDE_ENOUGH_FOR_A_BAR => words.to_owned(),
        _ => format!("{{bar:24}} {words}"),
    };
    ProgressStyle::with_template(&template).expect("the template is well formed")
}

/// Returns a try that failed of what others did, and who they are.
fn retried(event: &Event) -> String {
    let (name, number, tries, pause, error, blocked) = match event {
        Event::StepRetried {
            step,
            tried: number,
            tries,
            pause,
            error,
            blocked,
            ..
        } => (
            on_one_line(&step.name),
            number,
            tries,
            pause,
            error,
            blocked,
        ),
        Event::ResetRetried {
            tried: number,
            tries,
            pause,
            error,
            blocked,
        } => ("the reset".into(), number, tries, pause, error, blocked),
        _ => return String::new(),
    };
    let mut text = format!("{name}: {error}, at try {number} of {tries}");
    if *blocked != Blocked::default() {
        let _ = write!(text, "\n  {}", told_below(blocked));
    }
    text + &format!("\n  trying again in {pause:.1?}")
}

/// Returns who was in the way, below the line that it belongs to.
fn told_below(blocked: &Blocked) -> String {
    blocked.to_string().replace('\n', "\n  ")
}

fn verb(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "applying",
        Direction::Down => "rolling back",
    }
}

fn who(holder: Option<&LockHolder>, called: impl Fn(&LockHolder) -> String) -> String {
    holder.map_or_else(|| "another process".to_owned(), called)
}

impl Progress {
    /// Tells whom a run waits for before it has its turn.
    fn waiting(&mut self, event: &Event) {
        match event {
            Event::FolderWaiting {
                folder,
                holder,
                limit,
            } => {
                let who = who(holder.as_ref(), ToString::to_string);
                let text = format!("waiting up to {limit:?} for {who}, at work in `{folder}`");
                self.line(Loudness::Normal, &text);
            }
            Event::BackupWaiting { holder, limit } => {
                let who = who(holder.as_ref(), ToString::to_string);
                let text = format!(
                    "waiting up to {limit:?} for {who}, which makes a backup of the same database"
                );
                self.line(Loudness::Normal, &text);
            }
            Event::LockWaiting { holder, limit } => {
                let who = who(holder.as_ref(), LockHolder::of_migration_lock);
                interrupt::at(Stage::Waiting);
                let text = format!("waiting up to {limit:?} for the migration lock, held by {who}");
                self.line(Loudness::Normal, &text);
            }
            Event::LockAcquired => {
                interrupt::at(Stage::Running);
                self.line(Loudness::Statements, "took the migration lock");
            }
            _ => {}
        }
    }

    /// Tells how far a run of migrations is.
    fn migrating(&mut self, event: &Event) {
        match event {
            Event::Adopted { version } => self.line(
                Loudness::Steps,
                &format!("adopted {version}, which plain Diesel had applied"),
            ),
            Event::MarkedRolledBack { version } => self.line(
                Loudness::Steps,
                &format!("marked {version} as rolled back, which plain Diesel had reverted"),
            ),
            Event::PlanReady {
                steps,
                losses,
                agreed,
            } => {
                let lost = losses_text(losses);
                if !agreed && !lost.is_empty() {
                    self.line(Loudness::Normal, lost.trim_end());
                }
                self.begin(steps.len());
            }
            Event::StepStarted { step } => {
                interrupt::at(Stage::Running);
                let name = on_one_line(&step.name);
                let text = format!("{} {name}", verb(step.direction));
                self.bar.set_message(name);
                self.line(Loudness::Steps, &text);
            }
            Event::StatementFinished { done, total, .. } => {
                let text = format!("  statement {done} of {total} done");
                self.line(Loudness::Statements, &text);
            }
            Event::StepFinished { .. } | Event::StepLeftOut { .. } => self.bar.inc(1),
            Event::LeftoverDropped { .. }
            | Event::LeftoverKept { .. }
            | Event::StepRetried { .. }
            | Event::ResetRetried { .. }
            | Event::StepWaiting { .. } => self.in_the_way(event),
            Event::RunRolledBack { steps } => {
                let text = format!("rolled the whole run back, after {steps} steps");
                self.line(Loudness::Steps, &text);
            }
            _ => {}
        }
    }

    /// Tells how far seeds and made-up rows are.
    fn seeding(&mut self, event: &Event) {
        match event {
            Event::SeedStarted { name, bytes } => {
                self.begin_bytes(name, *bytes);
                self.line(Loudness::Steps, &format!("seeding {name}"));
            }
            Event::SeedProgressed { bytes, .. } => self.bar.set_position(*bytes),
            Event::GenerateStarted { table, rows } => {
                self.begin_rows(table, *rows);
                self.line(Loudness::Steps, &format!("generating rows of {table}"));
            }
            Event::GenerateProgressed { rows, .. } => self.bar.set_position(*rows),
            Event::SeedFinished { .. }
            | Event::SeedFailed { .. }
            | Event::GenerateFinished { .. }
            | Event::GenerateFailed { .. } => self.bar.finish_and_clear(),
            _ => {}
        }
    }

    /// Tells how far a backup or a restore is.
    fn copying(&mut self, event: &Event) {
        match event {
            Event::BackupStarted { id, bytes, tool } => {
                interrupt::at(Stage::BackingUp);
                self.begin_backup(id, *bytes, tool.as_deref());
            }
            Event::RestoreStarted { id, bytes } => self.begin_backup(id, Some(*bytes), None),
            Event::TablesCounted {
                id,
                counted,
                tables,
            } => self.counted(id, *counted, *tables),
            Event::BackupProgressed { bytes, .. } | Event::RestoreProgressed { bytes, .. } => {
                self.bar.set_position(*bytes);
            }
            Event::LeftoverFound { leftover } => {
                let removed = if leftover.stays.is_none() {
                    "removed "
                } else {
                    ""
                };
                self.line(Loudness::Normal, &format!("{removed}{leftover}"));
            }
            Event::BackupRemoved { id } => self.line(Loudness::Steps, &format!("removed {id}")),
            Event::BackupFinished { .. } | Event::BackupFailed { .. } => {
                interrupt::at(Stage::Running);
                self.bar.finish_and_clear();
            }
            Event::RestoreFinished { .. } => self.bar.finish_and_clear(),
            _ => {}
        }
    }
}

impl Observer for Progress {
    fn observe(&mut self, event: &Event) {
        self.waiting(event);
        self.migrating(event);
        self.seeding(event);
        self.copying(event);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
