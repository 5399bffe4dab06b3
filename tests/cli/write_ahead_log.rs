//! Reading commands on a SQLite database in WAL mode: they make nothing beside it, and need no
//! right to.

#![cfg(feature = "sqlite")]

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use diesel::SqliteConnection;

use crate::session::{assert_text, studio};
use crate::support::engine::{Engine as _, column};
use crate::support::project::{Output, Project};
use crate::support::sqlite::SqliteDatabase;
use crate::terminal::{CTRL_C, Terminal};

/// Every command that only reads.
const READING: [&str; 12] = [
    "status",
    "status --check",
    "status --stats --json",
    "history",
    "check",
    "up --dry-run",
    "rollback --dry-run",
    "redo --steps 2 --dry-run",
    "goto 20260101000000 --dry-run",
    "seed status",
    "seed --dry-run --allow-pending",
    "seed capture users --into captured.csv --force",
];

/// The user that owns nothing, for where the tests run as one who may do everything.
const NOBODY: u32 = 65_534;

/// A migrated and seeded database in WAL mode, and its project.
struct Logged {
    database: SqliteDatabase,
    project: Project,
}

impl Logged {
    /// Makes one that nobody has open.
    fn new() -> Self {
        let database = SqliteDatabase::create();
        let project = studio(&database).file("seeds/development/01_users.csv", "id\n1\n");
        project.run(["up"]).succeeds();
        project.run(["seed"]).succeeds();
        database.execute("PRAGMA journal_mode = WAL");
        let logged = Self { database, project };
        assert_eq!(logged.names(), ["test.db", "test.db.dieselkit-lock"]);
        logged
    }

    /// Makes one whose newest migration was rolled back in the log alone, as a process that was
    /// killed leaves it.
    fn with_unsaved_rollback() -> Self {
        let logged = Self::new();
        let open = logged.open();
        logged.run("rollback --yes").succeeds();
        let killed = logged.picture();
        drop(open);
        for (name, bytes) in killed {
            fs::write(logged.beside(&name), bytes).expect("the folder is ours");
        }
        logged
    }

    /// Opens the database, as another program that goes on using it.
    fn open(&self) -> SqliteConnection {
        let mut open = self.database.connect();
        assert_eq!(column!(&mut open, "SELECT count(*) FROM users"), ["1"]);
        open
    }

    fn beside(&self, name: &str) -> std::path::PathBuf {
        self.database.path().with_file_name(name)
    }

    /// Returns the files of the database's folder. Connections of this process lose their locks
    /// by it.
    fn picture(&self) -> BTreeMap<String, Vec<u8>> {
        let names = self.names().into_iter();
        let read = |name: &String| fs::read(self.beside(name)).expect("it is a file");
        names.map(|name| (name.clone(), read(&name))).collect()
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.beside(".")).expect("the folder is ours");
        let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("it is ours");
        let mut names: Vec<_> = entries
            .map(|entry| name(entry.expect("the folder is ours")))
            .collect();
        names.sort();
        names
    }

    fn run(&self, line: &str) -> Output {
        // Who ran it before left this to another user.
        fs::remove_file(self.project.path("captured.csv")).ok();
        self.project.run(line.split(' '))
    }

    /// Runs a command as somebody who may read everything, and write into the project alone.
    fn run_as_reader(&self, line: &str) -> Output {
        self.as_reader(&line.split(' ').collect::<Vec<_>>())
    }

    fn as_reader(&self, words: &[&str]) -> Output {
        let project = self.project.path("");
        fs::remove_file(project.join("captured.csv")).ok();
        permit(&project, 0o777);
        permit(&self.beside("."), 0o555);
        let probe = self.beside("probe");
        let mut command = if fs::write(&probe, "").is_ok() {
            fs::remove_file(probe).expect("it was just made");
            self.as_nobody(words)
        } else {
            self.project.command(words)
        };
        let output = command.output().expect("the program starts");
        permit(&self.beside("."), 0o755);
        Output::from_process(output, &project)
    }

    /// Returns the command of a user that owns nothing, to whom the program's own folder may be
    /// closed.
    #[expect(
        clippy::disallowed_methods,
        reason = "the tests start the program as a user would"
    )]
    fn as_nobody(&self, words: &[&str]) -> Command {
        let program = self.project.path(".dieselkit");
        if !program.exists() {
            fs::copy(env!("CARGO_BIN_EXE_dieselkit"), &program).expect("the folder is ours");
        }
        let template = self.project.command(words);
        let variables = template.get_envs();
        let mut command = Command::new(program);
        command
            .args(words)
            .current_dir(self.project.path(""))
            .env_clear()
            .envs(variables.filter_map(|(name, value)| Some((name, value?))))
            .stdin(Stdio::null())
            .gid(NOBODY)
            .uid(NOBODY);
        command
    }

    /// Checks that every reading command says the same to who may only read, and makes nothing.
    #[track_caller]
    fn is_read_alike(&self) {
        let names = self.names();
        for line in READING {
            let theirs = self.run_as_reader(line);
            let ours = self.run(line);
            assert_eq!(theirs.snapshot(), ours.snapshot(), "{line}");
            assert_ne!(ours.code, Some(1), "{line}: {}", ours.stderr);
            assert_eq!(self.names(), names, "{line}");
        }
    }
}

fn permit(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("it is ours");
}

#[track_caller]
fn assert_two_applied(output: Output) {
    let output = output.succeeds();
    assert!(
        output.stdout.contains("2 applied, 1 pending"),
        "{}",
        output.stdout
    );
}

#[test]
fn a_reading_command_leaves_file_and_folder_as_they_are() {
    let logged = Logged::new();
    let before = logged.picture();
    for line in READING {
        logged.run(line).succeeds();
        assert!(logged.picture() == before, "{line}: {:?}", logged.names());
    }
    logged.run("db drop").exits(5);
    assert!(logged.picture() == before, "{:?}", logged.names());
}

#[test]
fn who_may_only_read_reads_the_same() {
    let logged = Logged::new();
    let before = logged.picture();
    logged.is_read_alike();
    assert!(logged.picture() == before, "a file was written");
}

#[test]
fn a_database_that_another_program_has_open_is_read_alike() {
    let logged = Logged::new();
    let _open = logged.open();
    assert!(logged.beside("test.db-shm").exists());
    logged.is_read_alike();
    // Something is in the log now.
    logged.run("rollback --yes").succeeds();
    logged.is_read_alike();
    assert_two_applied(logged.run_as_reader("status"));
}

#[test]
fn what_only_the_log_holds_is_read() {
    let logged = Logged::with_unsaved_rollback();
    logged.is_read_alike();
    assert_two_applied(logged.run("status"));
}

#[test]
fn a_log_without_its_index_is_read_by_who_may_make_one() {
    let logged = Logged::with_unsaved_rollback();
    fs::remove_file(logged.beside("test.db-shm")).expect("it was left");
    let refused = logged.run_as_reader("status").exits(1);
    assert_text("write_ahead_log_out_of_reach", &refused.snapshot());
    // The hint's own words.
    logged.database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    assert_two_applied(logged.run_as_reader("status"));
    let logged = Logged::with_unsaved_rollback();
    fs::remove_file(logged.beside("test.db-shm")).expect("it was left");
    assert_two_applied(logged.run("status"));
}

#[test]
fn a_link_and_an_odd_name_are_read_like_any_other() {
    let logged = Logged::new();
    let odd = logged.beside("100% of #1's \"größe\" & .db");
    fs::rename(logged.database.path(), &odd).expect("the folder is ours");
    let link = logged.project.path("link.db");
    std::os::unix::fs::symlink(&odd, &link).expect("it is free");
    let before = logged.picture();
    for path in [&odd, &link, Path::new("link.db")] {
        let url = format!("sqlite:{}", path.display());
        let words = ["status", "--database-url", &url];
        logged.project.run(words).succeeds();
        logged.as_reader(&words).succeeds();
        assert!(logged.picture() == before, "{:?}", logged.names());
    }
}

#[test]
fn watching_reads_afresh_and_holds_nothing() {
    let logged = Logged::new();
    let names = logged.names();
    let mut terminal = Terminal::run(&logged.project, "status --watch");
    terminal.shows("3 migrations: 3 applied");
    logged.run("rollback --yes").succeeds();
    terminal.shows("3 migrations: 2 applied, 1 pending");
    let open = logged.open();
    logged.run("rollback --yes").succeeds();
    terminal.shows("3 migrations: 1 applied, 2 pending");
    // Until the next picture nobody else has the database open, and the log goes with this.
    drop(open);
    assert_eq!(logged.names(), names);
    logged.run("up").succeeds();
    terminal.shows_times("3 migrations: 3 applied", 2);
    terminal.types(CTRL_C);
    assert_eq!(terminal.ends().0, 130);
    assert_eq!(logged.names(), names);
}

/// Leaves a database as a process does that was killed while it wrote into the file.
fn cut_off(logged: &Logged) {
    use diesel::connection::SimpleConnection as _;

    logged.database.execute(
        "PRAGMA journal_mode = DELETE; CREATE TABLE IF NOT EXISTS filler (text TEXT);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
         INSERT INTO filler SELECT hex(zeroblob(200)) FROM n",
    );
    let mut writer = logged.database.connect();
    writer
        .batch_execute("PRAGMA cache_size = 5; BEGIN; UPDATE filler SET text = text || 'x'")
        .expect("nobody else writes");
    let killed = logged.picture();
    drop(writer);
    for (name, bytes) in killed {
        fs::write(logged.beside(&name), bytes).expect("the folder is ours");
    }
    assert!(logged.names().contains(&"test.db-journal".to_owned()));
}

#[test]
fn what_was_cut_off_half_way_is_taken_back_by_who_may() {
    let logged = Logged::new();
    cut_off(&logged);
    let refused = logged.run_as_reader("status").exits(1);
    assert_text("write_cut_off", &refused.snapshot());
    // The hint's own words.
    logged.database.execute("PRAGMA schema_version");
    logged.run_as_reader("status").succeeds();
    cut_off(&logged);
    logged.run("status").succeeds();
}

#[test]
fn a_log_that_may_not_be_read_is_not_called_absent() {
    let mut said = Vec::new();
    for unreadable in ["test.db-shm", "test.db-wal"] {
        let logged = Logged::with_unsaved_rollback();
        permit(&logged.beside(unreadable), 0o000);
        said.push(logged.run_as_reader("status").exits(1).snapshot());
    }
    assert_text("write_ahead_log_unreadable", &said.join("\n"));
}
