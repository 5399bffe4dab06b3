//! The dieselkit program: what was typed, what is meant, and how it ends.

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

use std::process::ExitCode;

use app::App;
use args::Cli;
use exit::Exit;
use report::Printer;

fn main() -> ExitCode {
    let exit = match args::parse(std::env::args_os()) {
        Ok(cli) => run(&cli),
        Err(refused) if refused.is_answer() => {
            report::print_answer(&refused.styled());
            Exit::Done
        }
        Err(refused) => error::print_usage(&refused),
    };
    exit.into()
}

fn run(cli: &Cli) -> Exit {
    let printer = Printer::new(&cli.global, commands::name(&cli.command));
    match App::load(cli, &printer) {
        Err(error) => printer.fail_early(&error),
        Ok(app) => {
            printer.begin(&app);
            match commands::run(&app, &cli.command) {
                Ok(answer) => printer.answer(&app, &answer),
                Err(error) => printer.fail(&app, &error),
            }
        }
    }
}
