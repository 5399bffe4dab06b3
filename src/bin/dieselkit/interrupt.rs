//! Ctrl-C: during a run the first one lets the step under way end, the second one ends the process;
//! before it has its turn, and at a question, nothing is begun.
//!
//! Either leaves a consistent state: a transaction that is not committed is rolled back, and what
//! runs statement by statement is noted as it goes.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use dieselkit::cancellation::Cancellation;

use crate::exit::Exit;

/// What somebody at a terminal answered.
#[derive(Debug)]
pub(crate) enum Reply {
    /// A line, without its end.
    Line(String),
    /// Ctrl-D: nothing more will be typed.
    End,
    /// Ctrl-C, or the system's request to end.
    Interrupted,
}

/// A copy that a rehearsal is at work on, or makes.
#[derive(Debug)]
pub(crate) struct CopyInUse {
    /// Its name, if it has one yet that is known.
    pub(crate) name: Option<String>,
    /// The command, between backticks, that removes it.
    pub(crate) removed_by: String,
}

impl CopyInUse {
    fn last_words(&self) -> String {
        let removed_by = &self.removed_by;
        self.name.as_ref().map_or_else(
            || format!("whatever there is of the copy is left: {removed_by} removes it"),
            |name| format!("the copy `{name}` is left: {removed_by} removes it"),
        )
    }
}

type ReplyTo = Sender<io::Result<Reply>>;

/// What is said where the process ends at once.
#[derive(Debug, Default)]
pub(crate) struct LastWords {
    /// The command, between backticks, that says what is committed.
    pub(crate) asks: String,
    /// What is written to standard output, where documents were asked for.
    pub(crate) document: Option<String>,
}

/// What the next Ctrl-C means.
#[derive(Default)]
struct State {
    request: Cancellation,
    /// What the run is doing.
    stage: Mutex<Stage>,
    /// Whether it is a rehearsal.
    is_rehearsal: AtomicBool,
    /// What it was doing when it was asked to stop.
    asked_at: Mutex<Option<Stage>>,
    /// Who waits for an answer.
    asking: Mutex<Option<ReplyTo>>,
    /// What is said where the process ends at once.
    last_words: Mutex<LastWords>,
    /// A copy that nobody removes then.
    copy: Mutex<Option<CopyInUse>>,
}

impl State {
    fn asking(&self) -> MutexGuard<'_, Option<ReplyTo>> {
        unpoisoned(&self.asking)
    }
}

fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The process has one handler, which cannot be replaced.
static STATE: OnceLock<State> = OnceLock::new();

/// Returns a request to stop that the next Ctrl-C, or the system's request to end, makes.
pub(crate) fn on_ctrl_c() -> Cancellation {
    installed().request.clone()
}

/// Leaves what is said where the process ends at once: a program is owed its document even then.
pub(crate) fn leave_last_words(words: LastWords) {
    *unpoisoned(&installed().last_words) = words;
}

/// Takes note of a copy, or that there is none any more.
pub(crate) fn at_work_on(copy: Option<CopyInUse>) {
    *unpoisoned(&installed().copy) = copy;
}

/// Whether the document is being written, or was.
static DOCUMENT_TAKEN: AtomicBool = AtomicBool::new(false);

/// How long an end at once waits for a document that is being written; its reader may be asleep.
const LAST_LINE: Duration = Duration::from_secs(2);

/// Claims the one document for the calling thread. Where an end at once has claimed it, this does
/// not return: the process ends under it.
pub(crate) fn claim_document() {
    while DOCUMENT_TAKEN.swap(true, Ordering::SeqCst) {
        std::thread::park();
    }
}

/// What a run is doing, as far as its interruption is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Stage {
    /// It waits for the lock.
    Waiting,
    /// It has its turn.
    #[default]
    Running,
    /// It has its turn, and nothing of it is kept.
    Rehearsing,
    /// What it tried is rolled back, and it waits to try it again.
    Pausing,
    /// It makes a backup; whatever is to be run comes after that.
    BackingUp,
    /// It only reads the database, and no file has its name yet.
    Reading,
    /// It is done, and the schema file is brought up to date.
    SchemaFile,
}

impl Stage {
    /// Returns what the first Ctrl-C means.
    fn stopping(self) -> &'static str {
        match self {
            Self::Waiting => {
                "stopping: it is still waiting for the migration lock, so nothing was begun"
            }
            Self::Running => {
                "stopping after the step under way; press Ctrl-C again to stop at once"
            }
            Self::Rehearsing => {
                "stopping: nothing of the rehearsal is kept; press Ctrl-C again to stop at once"
            }
            Self::Pausing => {
                "stopping: what was being tried is rolled back, and is not tried again"
            }
            Self::BackingUp => {
                "stopping: the backup is given up, and nothing else was begun; press Ctrl-C again to stop at once"
            }
            Self::Reading => "stopping with the next row; press Ctrl-C again to stop at once",
            Self::SchemaFile => "stopping: the run is done, and the schema file is left as it is",
        }
    }
}

/// Takes note of what the run is doing.
pub(crate) fn at(stage: Stage) {
    if let Some(state) = STATE.get() {
        let is_rehearsal = state.is_rehearsal.load(Ordering::SeqCst);
        *unpoisoned(&state.stage) = match stage {
            Stage::Running if is_rehearsal => Stage::Rehearsing,
            stage => stage,
        };
    }
}

/// Takes note that what is run is not kept.
pub(crate) fn of_rehearsal() {
    installed().is_rehearsal.store(true, Ordering::SeqCst);
    at(Stage::Rehearsing);
}

/// Returns what is said of a request to stop beside what is done all the same, where there was
/// one: it said that something would be stopped, and nothing was left that could have been.
pub(crate) fn came_too_late() -> Option<String> {
    let asked_at = *unpoisoned(&STATE.get()?.asked_at);
    let promised = asked_at.filter(|stage| *stage != Stage::SchemaFile);
    promised.map(|_| "the request to stop came too late: all that was asked for is done".to_owned())
}

/// Waits for a line from the terminal, which stays as it is: what is typed is edited and echoed by
/// it, and Ctrl-C ends the waiting.
///
/// # Errors
/// What the system says where nothing can be read.
pub(crate) fn read_line() -> io::Result<Reply> {
    let state = installed();
    let (reply, replies) = channel();
    *state.asking() = Some(reply.clone());
    // A read cannot be called off; at an interruption it is left to end with the process.
    std::thread::spawn(move || {
        // Nobody may wait any more.
        let _ = reply.send(typed_line());
    });
    let answer = replies.recv().map_err(io::Error::other)?;
    *state.asking() = None;
    answer
}

fn typed_line() -> io::Result<Reply> {
    let mut line = String::new();
    Ok(match io::stdin().read_line(&mut line)? {
        0 => Reply::End,
        _ => Reply::Line(line.trim_end_matches(['\r', '\n']).to_owned()),
    })
}

fn installed() -> &'static State {
    STATE.get_or_init(|| {
        // Without a handler Ctrl-C ends the process at once, which is just as consistent.
        let _ = ctrlc::set_handler(interrupted);
        State::default()
    })
}

fn interrupted() {
    let Some(state) = STATE.get() else { end() };
    if let Some(asking) = state.asking().as_ref() {
        // It may have been answered in the meantime.
        let _ = asking.send(Ok(Reply::Interrupted));
        return;
    }
    if state.request.is_cancelled() {
        say_last_words(state);
        end();
    }
    let asked_at = *unpoisoned(&state.stage);
    *unpoisoned(&state.asked_at) = Some(asked_at);
    state.request.cancel();
    say(asked_at.stopping());
}

fn say_last_words(state: &State) {
    let words = std::mem::take(&mut *unpoisoned(&state.last_words));
    say(&format!(
        "stopped at once: what was not committed is rolled back; {} says what is",
        words.asks
    ));
    if let Some(copy) = &*unpoisoned(&state.copy) {
        say(&copy.last_words());
    }
    let Some(document) = words.document else {
        return;
    };
    if DOCUMENT_TAKEN.swap(true, Ordering::SeqCst) {
        std::thread::sleep(LAST_LINE);
        return;
    }
    let mut stdout = io::stdout();
    // Nobody may be left to read it.
    let _ = stdout
        .write_all(document.as_bytes())
        .and_then(|()| stdout.flush());
}

fn say(text: &str) {
    // Nobody may be left to read it.
    let _ = writeln!(anstream::stderr(), "{text}");
}

#[expect(clippy::exit, reason = "somebody asked for the process to end")]
fn end() -> ! {
    std::process::exit(i32::from(Exit::Interrupted.code()))
}
