//! The dieselkit program: what was typed, what is meant, and how it ends.
#![expect(
    dead_code,
    unused_imports,
    reason = "the commands that use the rest are not written yet"
)]

mod args;
mod consent;
mod exit;
mod settings;

use std::io::Write;
use std::process::ExitCode;

use exit::Exit;

fn main() -> ExitCode {
    match args::parse(std::env::args_os()) {
        Ok(cli) => show(&cli.global).into(),
        Err(refused) if refused.is_answer() => {
            write(&mut anstream::stdout(), &refused.styled());
            Exit::Done.into()
        }
        Err(refused) => {
            write(&mut anstream::stderr(), &refused.styled());
            Exit::Usage.into()
        }
    }
}

/// Shows what is meant by what was typed.
fn show(global: &args::Global) -> Exit {
    let settings = settings::Surroundings::of_process()
        .and_then(|here| settings::Settings::load(global, &here));
    match settings.and_then(|settings| Ok((settings.database()?.clone(), settings))) {
        Ok((database, settings)) => {
            let text = format!("{} ({})\n", database.address, settings.environment);
            write(&mut anstream::stdout(), &text);
            Exit::Done
        }
        Err(error) => {
            let hint = error
                .hint()
                .map(|hint| format!("hint: {hint}\n"))
                .unwrap_or_default();
            write(&mut anstream::stderr(), &format!("error: {error}\n{hint}"));
            Exit::Usage
        }
    }
}

/// Writes `text`; a reader that went away is no failure.
fn write(to: &mut impl Write, text: &str) {
    let _ = to.write_all(text.as_bytes());
}
