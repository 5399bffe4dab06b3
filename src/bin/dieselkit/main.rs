//! The dieselkit program: what was typed, what is meant, and how it ends.

mod advice;
mod app;
mod args;
mod commands;
mod consent;
mod error;
mod exit;
mod interrupt;
mod report;
mod schema_file;
mod settings;

use std::ffi::OsString;
use std::process::ExitCode;

use app::App;
use args::Parsed;
use exit::Exit;
use report::Printer;

fn main() -> ExitCode {
    pass_over_caught_panics();
    let typed: Vec<OsString> = std::env::args_os().collect();
    let exit = match args::parse(&typed) {
        Ok(parsed) => run(parsed),
        Err(asked) if asked.is_answer() => report::print_help(&asked),
        Err(refused) => error::print_usage(&refused),
    };
    exit.into()
}

/// Keeps what the library catches from being printed; all else that panics is told of as usual.
fn pass_over_caught_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !dieselkit::lint::is_panic_caught() {
            usual(panic);
        }
    }));
}

fn run(parsed: Parsed) -> Exit {
    let cli = &parsed.cli;
    let typed = report::Typed {
        again: parsed.again,
        redactor: parsed.redactor,
    };
    let printer = Printer::new(&cli.global, commands::name(&cli.command), typed);
    match App::load(cli, &printer) {
        Err(error) => printer.fail_early(&error),
        Ok(app) => {
            printer.begin(&app);
            match commands::run(&app, &cli.command) {
                Ok(mut answer) => {
                    answer.warnings.extend(interrupt::came_too_late());
                    printer.answer(&app, &answer)
                }
                Err(error) => printer.fail(&app, &error),
            }
        }
    }
}
