//! Questions, bars and colours as a person at a terminal sees them.
//!
//! The terminal is that of util-linux's `script`, which every Debian has.

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::processes::{Running, slow};
use crate::session::{VERSIONS, studio, up_of};
use crate::support::engine::Engine;
use crate::support::project::Project;

on_both_engines![
    yes_goes_on_and_no_does_not,
    the_question_says_what_a_baseline_drops,
    an_answer_is_what_enter_ends,
    a_protected_database_wants_its_name_typed,
    what_drops_everything_asks_twice,
    nothing_is_dropped_beneath_a_run_that_began_at_the_question,
    ctrl_c_at_a_question_ends_with_130,
    watch_redraws_until_ctrl_c,
    colours_are_for_terminals,
    a_narrow_terminal_shortens_before_it_leaves_out,
    what_a_terminal_has_no_room_for_is_named,
];

/// A terminal in which the program runs.
pub(crate) struct Terminal {
    child: Child,
    keyboard: ChildStdin,
    screen: Arc<Mutex<String>>,
}

impl Terminal {
    /// Starts the program in a terminal of 100 columns.
    pub(crate) fn run(project: &Project, line: &str) -> Self {
        Self::as_wide_as(100, project, line)
    }

    /// Starts the program in a terminal of so many columns.
    #[expect(
        clippy::disallowed_methods,
        reason = "the tests start the program as a user would"
    )]
    pub(crate) fn as_wide_as(columns: u8, project: &Project, line: &str) -> Self {
        let template = project.command([""; 0]);
        let inside = format!(
            "stty rows 40 cols {columns}; exec {} {line}",
            env!("CARGO_BIN_EXE_dieselkit")
        );
        let mut command = Command::new("script");
        command
            .args([
                "--quiet",
                "--return",
                "--flush",
                "--command",
                &inside,
                "/dev/null",
            ])
            .current_dir(project.path(""))
            .env_clear()
            .envs(
                template
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .env("TERM", "xterm")
            .env("SHELL", "/bin/sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().expect("util-linux is installed");
        let keyboard = child.stdin.take().expect("it is piped");
        let mut output = child.stdout.take().expect("it is piped");
        let screen = Arc::new(Mutex::new(String::new()));
        let written = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..count]);
                written.lock().expect("no reader panics").push_str(&text);
            }
        });
        Self {
            child,
            keyboard,
            screen,
        }
    }

    /// Returns all that was written to the screen so far, escapes included.
    fn screen(&self) -> String {
        self.screen.lock().expect("no writer panics").clone()
    }

    /// Waits until the screen shows a text.
    #[track_caller]
    pub(crate) fn shows(&self, text: &str) {
        self.shows_times(text, 1);
    }

    /// Waits until the screen has shown a text so many times.
    #[track_caller]
    pub(crate) fn shows_times(&self, text: &str, times: usize) {
        let begun = Instant::now();
        while self.screen().matches(text).count() < times {
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "no `{text}` in:\n{}",
                self.screen()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Types.
    pub(crate) fn types(&mut self, keys: &str) {
        self.keyboard
            .write_all(keys.as_bytes())
            .expect("the terminal is there");
        self.keyboard.flush().expect("the terminal is there");
    }

    /// Checks that the program goes on for a while.
    #[track_caller]
    fn stays(&mut self, time: Duration) {
        std::thread::sleep(time);
        let ended = self.child.try_wait().expect("it is a child");
        assert!(ended.is_none(), "{ended:?}\n{}", self.screen());
    }

    /// Waits for the end and returns the exit code with all that was shown.
    pub(crate) fn ends(mut self) -> (i32, String) {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it is a child") {
                std::thread::sleep(Duration::from_millis(100));
                return (status.code().expect("script ends by itself"), self.screen());
            }
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "it does not end:\n{}",
                self.screen()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) const CTRL_C: &str = "\u{3}";
const CTRL_D: &str = "\u{4}";

fn name(database: &dyn Engine) -> String {
    let url = database.url();
    url.rsplit('/').next().expect("it has a path").to_owned()
}

fn applied(database: &dyn Engine) -> Project {
    let project = studio(database);
    project.run(["up"]).succeeds();
    project
}

#[track_caller]
pub(crate) fn assert_ends(terminal: Terminal, expected: i32) -> String {
    let (code, screen) = terminal.ends();
    assert_eq!(code, expected, "{screen}");
    screen
}

/// Checks that whatever hid the cursor showed it again.
#[track_caller]
fn assert_cursor_is_back(screen: &str) {
    let last = screen.rsplit("\u{1b}[?25").next().unwrap_or_default();
    assert!(
        !screen.contains("\u{1b}[?25") || last.starts_with('h'),
        "{screen:?}"
    );
}

fn yes_goes_on_and_no_does_not(database: &dyn Engine) {
    let project = applied(database);
    for answer in ["n\r", "no\r", "\r", "any\r", "yes, no\r", CTRL_D] {
        let mut terminal = Terminal::run(&project, "rollback");
        terminal.shows("2026-01-03-000000_create_bookings");
        terminal.shows(&format!("Roll back migrations of `{}`?", name(database)));
        terminal.types(answer);
        let screen = assert_ends(terminal, 5);
        assert!(screen.contains("aborted: nothing was changed"), "{screen}");
        assert_cursor_is_back(&screen);
        assert_eq!(database.applied(), VERSIONS);
    }
    for (answer, rest) in [("y\r", 2), ("YES\r", 1)] {
        let mut terminal = Terminal::run(&project, "rollback");
        terminal.shows("Roll back migrations of");
        terminal.types(answer);
        assert_ends(terminal, 0);
        assert_eq!(database.applied(), VERSIONS[..rest]);
    }
}

fn the_question_says_what_a_baseline_drops(database: &dyn Engine) {
    let project = studio(database);
    database.execute("CREATE TABLE users (id INTEGER)");
    project.run(["baseline", VERSIONS[0]]).succeeds();
    let mut terminal = Terminal::run(&project, "rollback");
    terminal.shows("a baseline: this drops what was there before dieselkit");
    terminal.shows("dropping what was there before dieselkit (1 baseline)? [y/N]");
    terminal.types("n\r");
    assert_ends(terminal, 5);
    assert!(database.has_table("users"));
}

fn an_answer_is_what_enter_ends(database: &dyn Engine) {
    let project = applied(database);
    let mut terminal = Terminal::run(&project, "rollback");
    terminal.shows("Roll back migrations of");
    terminal.types("y");
    terminal.shows("[y/N] y");
    terminal.stays(Duration::from_millis(300));
    assert_eq!(database.applied(), VERSIONS);
    // It was not meant.
    terminal.types("\u{7f}n\r");
    assert_ends(terminal, 5);
    assert_eq!(database.applied(), VERSIONS);
}

fn a_protected_database_wants_its_name_typed(database: &dyn Engine) {
    let project = studio(database).env("APP_ENV", "production");
    project.run(["up"]).succeeds();
    for typed in ["y\r", "\r", "another\r", CTRL_D] {
        // `--yes` does not answer for the name.
        let mut terminal = Terminal::run(&project, "rollback --yes");
        terminal.shows("Type the database's name to go on");
        terminal.types(typed);
        assert_cursor_is_back(&assert_ends(terminal, 5));
        assert_eq!(database.applied(), VERSIONS);
    }
    let mut terminal = Terminal::run(&project, "rollback");
    terminal.shows("Type the database's name to go on");
    terminal.types(&format!("{}\r", name(database)));
    assert_ends(terminal, 0);
    assert_eq!(database.applied(), VERSIONS[..2]);
}

fn what_drops_everything_asks_twice(database: &dyn Engine) {
    let project = applied(database);
    database.execute("CREATE TABLE extra (id INTEGER)");
    for wrong in ["no\r", "\r", CTRL_D] {
        let mut terminal = Terminal::run(&project, "reset");
        terminal.shows("Drop everything in");
        terminal.types("y\r");
        terminal.shows("Type the database's name to go on");
        terminal.types(wrong);
        assert_ends(terminal, 5);
        assert!(database.has_table("extra"));
    }
    let mut terminal = Terminal::run(&project, "reset");
    terminal.shows("Drop everything in");
    terminal.types("yes\r");
    terminal.shows("Type the database's name to go on");
    terminal.types(&format!("{}\r", name(database)));
    assert_ends(terminal, 0);
    assert!(!database.has_table("extra"));
}

fn nothing_is_dropped_beneath_a_run_that_began_at_the_question(database: &dyn Engine) {
    let project = applied(database);
    let mut terminal = Terminal::run(&project, "db drop --lock-wait 300ms");
    terminal.shows("Drop the database");
    terminal.types("y\r");
    terminal.shows("Type the database's name to go on");
    project.write(&up_of("2026-01-04-000000_slow"), slow(database));
    let mut running = Running::up(&project);
    running.wait_until_locked(&project);
    terminal.types(&format!("{}\r", name(database)));
    let screen = assert_ends(terminal, 4);
    let said = "the migration lock was not freed within 300ms; it is held by pid ";
    assert!(screen.contains(said), "{screen}");
    drop(running);
    assert_eq!(database.applied(), VERSIONS);
}

fn ctrl_c_at_a_question_ends_with_130(database: &dyn Engine) {
    let project = applied(database);
    let mut terminal = Terminal::run(&project, "rollback");
    terminal.shows("Roll back migrations of");
    terminal.types(CTRL_C);
    let screen = assert_ends(terminal, 130);
    assert!(
        screen.contains("aborted: the question was interrupted"),
        "{screen}"
    );
    assert!(!screen.contains("stopping after"), "{screen}");
    assert_cursor_is_back(&screen);
    let mut terminal = Terminal::run(&project, "reset");
    terminal.shows("Drop everything in");
    terminal.types("y\r");
    terminal.shows("Type the database's name to go on");
    terminal.types(CTRL_C);
    assert_cursor_is_back(&assert_ends(terminal, 130));
    assert_eq!(database.applied(), VERSIONS);
}

fn watch_redraws_until_ctrl_c(database: &dyn Engine) {
    let project = applied(database);
    let mut terminal = Terminal::run(&project, "status --watch");
    terminal.shows_times("3 migrations: 3 applied", 2);
    project.run(["rollback", "--yes"]).succeeds();
    terminal.shows("3 migrations: 2 applied, 1 pending");
    terminal.types(CTRL_C);
    assert_cursor_is_back(&assert_ends(terminal, 130));
}

fn colours_are_for_terminals(database: &dyn Engine) {
    let project = applied(database);
    let screen = |line: &str, project: &Project| assert_ends(Terminal::run(project, line), 0);
    let green = "\u{1b}[32mapplied";
    assert!(screen("status", &project).contains(green));
    assert!(!screen("status --color never", &project).contains('\u{1b}'));
    let project = project.env("NO_COLOR", "1");
    assert!(!screen("status", &project).contains('\u{1b}'));
    assert!(!project.run(["status"]).stdout.contains('\u{1b}'));
    assert!(
        project
            .run(["status", "--color", "always"])
            .stdout
            .contains(green)
    );
}

fn a_narrow_terminal_shortens_before_it_leaves_out(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    let (code, screen) = Terminal::as_wide_as(80, &project, "status").ends();
    assert_eq!(code, 0, "{screen}");
    for shown in ["batch", "applied", "took", "by", "tester"] {
        assert!(screen.contains(shown), "no {shown} in:\n{screen}");
    }
    assert!(!screen.contains("note:"), "{screen}");
}

fn what_a_terminal_has_no_room_for_is_named(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    let (_, screen) = Terminal::as_wide_as(64, &project, "status").ends();
    let note = "64 columns have no room for `took`, `by`: `dieselkit status | less -S`, or \
                `dieselkit status --json`";
    assert!(screen.contains(note), "{screen}");
    let (_, screen) = Terminal::as_wide_as(60, &project, "history -n 2").ends();
    assert!(screen.contains("batch"), "{screen}");
    let note = "`dieselkit history --limit 2 | less -S`";
    assert!(screen.contains(note), "{screen}");
}
