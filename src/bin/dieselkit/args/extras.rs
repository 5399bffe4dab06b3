//! The commands that need no database: `init`, `new`, `completions`, `man`.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use clap_complete::Shell;

use super::value;

/// Sets up a project: dieselkit.toml and the migrations folder
///
/// Never overwrites a file. In a project that uses Diesel, the folder that diesel.toml
/// names is kept and its migrations are taken over as they are.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit init
  dieselkit init --database-url sqlite:dev.db")]
pub(crate) struct Init {}

/// Creates a new migration from the template
///
/// Prints the path of what it wrote. The template's comments say what makes a good
/// migration and a good way down; `up` refuses it until there is SQL in it.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit new add_phone_to_users
  dieselkit new \"Add phone to users\" --description \"Support calls back\"
  dieselkit new index_bookings --no-transaction
  dieselkit new add_users --sequential --single-file     # migrations/003_add_users.sql")]
pub(crate) struct New {
    /// What the migration does, such as add_phone_to_users; made snake_case
    #[arg(value_parser = value::not_blank)]
    pub(crate) name: String,

    /// Why it is needed, for the head of the file
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) description: Option<String>,

    /// Run it outside a transaction
    ///
    /// For statements that refuse to run in one, such as CREATE INDEX CONCURRENTLY.
    #[arg(long)]
    pub(crate) no_transaction: bool,

    /// Number it with three digits, the next that is free, in place of the time
    #[arg(long)]
    pub(crate) sequential: bool,

    /// Write one file with both ways in place of a folder with up.sql and down.sql
    #[arg(long)]
    pub(crate) single_file: bool,
}

/// Prints the completions for a shell
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit completions bash > ~/.local/share/bash-completion/completions/dieselkit
  dieselkit completions zsh > ~/.zfunc/_dieselkit
  dieselkit completions fish > ~/.config/fish/completions/dieselkit.fish")]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// Prints the manual page, or writes one a command into a folder
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit man | man -l -
  dieselkit man --out ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// Folder to write dieselkit.1, dieselkit-up.1 and the others into
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) out: Option<PathBuf>,
}
