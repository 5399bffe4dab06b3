//! The flags that every command takes.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum, ValueHint};

use super::value;

/// The flags that every command takes, before or after its name.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Environment to work in [default: $DIESELKIT_ENV, $APP_ENV, development]
    ///
    /// Decides which `[environments.NAME]` of dieselkit.toml and which .env.NAME are read.
    /// Where dieselkit.toml lists environments, the name must be one of them.
    #[arg(short, long, global = true, value_name = "NAME", value_parser = value::not_blank)]
    pub(crate) env: Option<String>,

    /// Database to work on
    ///
    /// One of postgres://USER:PASSWORD@HOST:PORT/DATABASE, libpq's `host=… dbname=…`,
    /// sqlite:PATH, or a path that ends in .db, .sqlite or .sqlite3. Other users of the
    /// machine may see a command line: a password is safer in a variable or in .env.
    #[arg(long, global = true, value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) database_url: Option<DatabaseUrl>,

    /// Address over which the lock is held, where the database's goes through a pooler
    ///
    /// The server's own, for the same database and the same user: PgBouncer and its like hold no
    /// lock in transaction mode. The transactions of migrations go through the database's address,
    /// all else over this one. PostgreSQL alone; see also `lock_url` in dieselkit.toml.
    #[arg(long, global = true, value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) lock_url: Option<DatabaseUrl>,

    /// Role as which everything is done, of which the database's user is a member
    ///
    /// It owns what migrations make, and the tables of the history, and its rights count. Where it
    /// is not given: `role` of dieselkit.toml. PostgreSQL alone.
    #[arg(long, global = true, value_name = "ROLE", value_parser = value::not_blank)]
    pub(crate) set_role: Option<String>,

    /// Configuration file [default: the nearest dieselkit.toml]
    ///
    /// Its folder is the project's root, to which relative paths in the file refer.
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,

    /// Folder of the migrations [default: migrations]
    ///
    /// Where it is not given: `[migrations] directory` of dieselkit.toml, else
    /// `[migrations_directory] dir` of diesel.toml, else `migrations`.
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) migrations: Option<PathBuf>,

    /// Print one JSON document on stdout
    ///
    /// Exactly one, whatever the exit code: success, failure, wrong usage and refusal.
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Print only what was asked for, warnings and errors
    ///
    /// No progress, no account of what was done, and no hints but those of an error: the exit
    /// code says whether it was done. What a command is asked to show is shown all the same.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,

    /// Print more; give it twice for every statement
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,

    /// Answer the question of a destructive command with yes
    ///
    /// In a protected environment this is not enough: see --confirm.
    #[arg(long, global = true)]
    pub(crate) yes: bool,

    /// Confirm a destructive command by the database's name
    ///
    /// Takes the place of typing the name where the environment, or the database itself,
    /// is protected. For SQLite it is the file's name.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) confirm: Option<String>,

    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,

    /// How long to wait for another run to finish, such as 500ms, 60s or 2m [default: 60s]
    ///
    /// Afterwards the command exits with 4 and names who holds the lock. 0 does not wait. On
    /// SQLite it holds for other programs' locks too; a command that only reads waits 5s for
    /// them where nothing is said.
    #[arg(long, global = true, value_name = "DURATION", value_parser = value::duration)]
    pub(crate) lock_wait: Option<Duration>,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Even where the output is no terminal.
    Always,
    /// Not at all.
    Never,
}

/// The address as it was typed, which no `Debug` shows.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct DatabaseUrl(pub(crate) String);

impl From<String> for DatabaseUrl {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DatabaseUrl(***)")
    }
}
