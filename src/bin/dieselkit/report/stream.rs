//! Writes to standard output and standard error, and to nothing else.

use std::io::{IsTerminal as _, Write};

use dieselkit::backend::redact::Redactor;

use super::json;
use super::printer::Typed;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::interrupt;

/// Returns whether standard output is a terminal.
pub(crate) fn to_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Writes to standard output; a reader that went away is no failure.
///
/// # Errors
/// What the system says where it cannot be written.
pub(crate) fn print_answer(text: &str) -> std::io::Result<()> {
    unless_nobody_reads(print_picture(text))
}

fn unless_nobody_reads(written: std::io::Result<()>) -> std::io::Result<()> {
    match written {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Writes to standard output, and says whether somebody may have read it.
///
/// # Errors
/// What the system says where nobody can.
pub(crate) fn print_picture(text: &str) -> std::io::Result<()> {
    let choice = anstream::AutoStream::choice(&std::io::stdout());
    write_whole(&mut std::io::stdout(), choice, text)
}

/// Writes to standard error.
pub(crate) fn print_error(text: &str) {
    let choice = anstream::AutoStream::choice(&std::io::stderr());
    // A reader that went away is no failure.
    let _ = write_whole(&mut std::io::stderr(), choice, text);
}

/// Writes a text at once: what comes in one piece is neither torn nor slow.
fn write_whole(
    to: &mut impl Write,
    choice: anstream::ColorChoice,
    text: &str,
) -> std::io::Result<()> {
    let plain = choice == anstream::ColorChoice::Never;
    let text = if plain {
        anstream::adapter::strip_str(text).to_string()
    } else {
        text.to_owned()
    };
    to.write_all(text.as_bytes())?;
    to.flush()
}

/// Writes one document to standard output; a reader that went away is no failure.
///
/// # Errors
/// What the system says where it cannot be written.
pub(crate) fn print_json(document: &json::Document<'_>) -> std::io::Result<()> {
    let text = json::text(document);
    interrupt::claim_document();
    let choice = anstream::ColorChoice::Never;
    unless_nobody_reads(write_whole(&mut std::io::stdout(), choice, &text))
}

/// Returns how a command ends whose answer was written, or was not: that is said on standard error.
pub(crate) fn told(written: std::io::Result<()>, exit: Exit, if_lost: Exit) -> Exit {
    let Err(source) = written else {
        return exit;
    };
    let error = CommandError::Unwritten { source };
    print_error(
        &error
            .redacted(&Typed::default(), &Redactor::default(), None)
            .text(),
    );
    if_lost
}
