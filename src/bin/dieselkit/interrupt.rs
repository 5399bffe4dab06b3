//! Ctrl-C: the first one lets the step under way end, the second one ends the process.
//!
//! Either leaves a consistent state: a transaction that is not committed is rolled back, and what
//! runs statement by statement is noted as it goes.

use std::io::Write;

use dieselkit::cancellation::Cancellation;

use crate::exit::Exit;

/// Returns a request to stop that the next Ctrl-C, or the system's request to end, makes.
#[expect(clippy::exit, reason = "somebody asked twice for the process to end")]
pub(crate) fn on_ctrl_c() -> Cancellation {
    let cancellation = Cancellation::default();
    let request = cancellation.clone();
    let handler = move || {
        if request.is_cancelled() {
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
        request.cancel();
        // Nobody may be left to read it.
        let _ = writeln!(
            anstream::stderr(),
            "stopping after the step under way; press Ctrl-C again to stop at once"
        );
    };
    // Without a handler Ctrl-C ends the process at once, which is just as consistent.
    let _ = ctrlc::set_handler(handler);
    cancellation
}
