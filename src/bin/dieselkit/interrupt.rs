//! Ctrl-C: during a run the first one lets the step under way end, the second one ends the process;
//! at a question it is an answer.
//!
//! Either leaves a consistent state: a transaction that is not committed is rolled back, and what
//! runs statement by statement is noted as it goes.

use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dialoguer::console::Term;
use dieselkit::cancellation::Cancellation;

use crate::exit::Exit;

/// How long a question that was interrupted has to end by itself.
const GRACE: Duration = Duration::from_millis(300);

/// What the next Ctrl-C means.
#[derive(Default)]
struct State {
    request: Cancellation,
    asking: AtomicBool,
}

/// The process has one handler, which cannot be replaced.
static STATE: OnceLock<State> = OnceLock::new();

/// Returns a request to stop that the next Ctrl-C, or the system's request to end, makes.
pub(crate) fn on_ctrl_c() -> Cancellation {
    installed().request.clone()
}

/// Asks a question that Ctrl-C may end, and leaves the terminal as it was.
pub(crate) fn while_asking<T>(question: impl FnOnce() -> T) -> T {
    let state = installed();
    state.asking.store(true, Ordering::SeqCst);
    let answer = question();
    state.asking.store(false, Ordering::SeqCst);
    // A question that was interrupted leaves the cursor hidden.
    let _ = Term::stderr().show_cursor();
    answer
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
    if state.asking.load(Ordering::SeqCst) {
        // Who typed it has the question end with an error; a signal from elsewhere has not.
        std::thread::sleep(GRACE);
        if state.asking.load(Ordering::SeqCst) {
            let _ = Term::stderr().show_cursor();
            end();
        }
        return;
    }
    if state.request.is_cancelled() {
        say(
            "stopped at once: what was not committed is rolled back; `dieselkit status` says what is",
        );
        end();
    }
    state.request.cancel();
    say("stopping after the step under way; press Ctrl-C again to stop at once");
}

fn say(text: &str) {
    // Nobody may be left to read it.
    let _ = writeln!(anstream::stderr(), "{text}");
}

#[expect(clippy::exit, reason = "somebody asked for the process to end")]
fn end() -> ! {
    std::process::exit(i32::from(Exit::Interrupted.code()))
}
