//! The dieselkit program.
mod args;
mod exit;

fn main() -> std::process::ExitCode {
    exit::Exit::Done.into()
}
