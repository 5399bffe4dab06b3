//! Many processes, killed processes, and readers that go away.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::session::{VERSIONS, studio, up_of};
use crate::support::engine::Engine;
use crate::support::project::{Output, Project};

on_both_engines![
    heavy_twenty_processes_apply_each_migration_once,
    heavy_a_killed_run_does_not_keep_the_next_one_waiting,
    ctrl_c_ends_after_the_step_under_way,
    a_request_to_stop_in_the_last_step_comes_too_late,
    ctrl_c_leaves_nothing_of_a_batch,
    a_migration_that_another_run_is_at_is_running,
    a_drop_waits_for_the_run_under_way,
    ctrl_c_while_it_waits_says_that_nothing_was_begun,
    ctrl_c_twice_ends_at_once,
    ctrl_c_twice_leaves_one_document,
    a_closed_pipe_aborts_no_migration,
    a_reader_that_goes_away_is_no_failure,
];

/// Returns a migration that takes a minute, unless somebody ends it.
pub(crate) fn slow(database: &dyn Engine) -> &str {
    database.either(
        "CREATE TABLE slow AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
         WHERE i < 2000000000) SELECT max(i) AS i FROM n;\n",
        "SELECT pg_sleep(60);\n",
    )
}

/// Returns a migration that takes a second or two.
fn slowish(database: &dyn Engine) -> &str {
    database.either(
        "CREATE TABLE slow AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
         WHERE i < 8000000) SELECT max(i) AS i FROM n;\n",
        "SELECT pg_sleep(2);\n",
    )
}

/// An `up` that goes on in the background; killed when dropped.
pub(crate) struct Running(Child);

impl Running {
    /// Starts it.
    pub(crate) fn up(project: &Project) -> Self {
        Self::of(project, &["up"])
    }

    /// Starts it with arguments.
    pub(crate) fn of(project: &Project, arguments: &[&str]) -> Self {
        let mut command = project.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.spawn().expect("the program starts"))
    }

    /// Starts it with arguments, and with a library before the system's own.
    pub(crate) fn preloading(project: &Project, arguments: &[&str], library: &Path) -> Self {
        let mut command = project.command(arguments);
        command.env("LD_PRELOAD", library);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.spawn().expect("the program starts"))
    }

    /// Waits until it has stopped itself.
    pub(crate) fn wait_until_stopped(&mut self) {
        let status = format!("/proc/{}/status", self.0.id());
        for _ in 0..400 {
            let ended = self.0.try_wait().expect("it is a child");
            assert!(ended.is_none(), "it ended before it was stopped");
            let status = std::fs::read_to_string(&status).expect("this is Linux");
            if status.contains("State:\tT (stopped)") {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("it did not stop within 20 s");
    }

    /// Waits until others see that it holds the lock and is at work.
    pub(crate) fn wait_until_locked(&mut self, project: &Project) {
        for _ in 0..200 {
            let ended = self.0.try_wait().expect("it is a child");
            assert!(ended.is_none(), "it ended before it was seen");
            let status = project.run(["status", "--json"]);
            if status.code == Some(0) && status.json()["data"]["lock_holder"].is_object() {
                // It holds the lock; now let it get into the statement.
                std::thread::sleep(Duration::from_millis(300));
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("it did not take the lock within 10 s");
    }

    /// Returns its command line as every user of the machine sees it; it has no children.
    #[cfg(feature = "postgres")]
    pub(crate) fn command_line(&self) -> String {
        let id = self.0.id();
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        assert_eq!(children.expect("this is Linux"), "");
        let line = std::fs::read(format!("/proc/{id}/cmdline")).expect("this is Linux");
        String::from_utf8_lossy(&line).replace('\0', " ")
    }

    /// Sends a signal.
    #[expect(
        clippy::disallowed_methods,
        reason = "the shell sends signals without unsafe code"
    )]
    pub(crate) fn signal(&self, name: &str) {
        let line = format!("kill -{name} {}", self.0.id());
        let sent = std::process::Command::new("sh")
            .args(["-c", &line])
            .status();
        assert!(sent.expect("sh is there").success());
    }

    /// Waits until it says a line of this text on standard error.
    pub(crate) fn wait_for_line(&mut self, text: &str) {
        let stream = self.0.stderr.as_mut().expect("it is piped");
        let mut said = String::new();
        let mut byte = [0];
        while !said.lines().any(|line| line == text) || !said.ends_with('\n') {
            let read = std::io::Read::read(stream, &mut byte).expect("it is a pipe");
            assert!(read > 0, "it ended, and said: {said}");
            said.push(char::from(byte[0]));
        }
    }

    /// Waits until it says a line that begins with this on standard error.
    pub(crate) fn wait_for_line_of(&mut self, start: &str) {
        let stream = self.0.stderr.as_mut().expect("it is piped");
        let mut said = String::new();
        let mut byte = [0];
        while !said.lines().any(|line| line.starts_with(start)) {
            let read = std::io::Read::read(stream, &mut byte).expect("it is a pipe");
            assert!(read > 0, "it ended, and said: {said}");
            said.push(char::from(byte[0]));
        }
    }

    /// Waits for its end, and returns also how much memory it had at most, in KiB.
    pub(crate) fn ends_watched(mut self, project: &Project) -> (Output, u64) {
        let status = format!("/proc/{}/status", self.0.id());
        let mut peak = 0;
        while self.0.try_wait().expect("it is a child").is_none() {
            let text = std::fs::read_to_string(&status).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
            peak = kib.and_then(|kib| kib.parse().ok()).unwrap_or(peak);
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(peak > 0, "its memory was never seen");
        (self.ends(project), peak)
    }

    /// Waits for its end.
    pub(crate) fn ends(mut self, project: &Project) -> Output {
        let status = self.0.wait().expect("it is a child");
        let read = |stream: &mut dyn std::io::Read| {
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes).expect("it is a pipe");
            bytes
        };
        let output = std::process::Output {
            status,
            stdout: read(self.0.stdout.as_mut().expect("it is piped")),
            stderr: read(self.0.stderr.as_mut().expect("it is piped")),
        };
        Output::from_process(output, &project.path(""))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn heavy_twenty_processes_apply_each_migration_once(database: &dyn Engine) {
    let project = studio(database);
    let running: Vec<Running> = (0..20).map(|_| Running::up(&project)).collect();
    let outputs: Vec<Output> = running
        .into_iter()
        .map(|one| one.ends(&project).succeeds())
        .collect();
    let applied: usize = outputs
        .iter()
        .map(|output| output.stdout.matches("applied  ").count())
        .sum();
    assert_eq!(applied, 3);
    assert_eq!(database.applied(), VERSIONS);
    assert_eq!(
        database.query_i64("SELECT count(*) FROM __dieselkit_history"),
        3
    );
    assert_eq!(database.query_i64("SELECT count(*) FROM rooms"), 1);
}

fn heavy_a_killed_run_does_not_keep_the_next_one_waiting(database: &dyn Engine) {
    let project = studio(database);
    let second = up_of("2026-01-02-000000_create_rooms");
    let mended = project.read(&second);
    project.write(&second, slow(database));
    let mut running = Running::up(&project);
    running.wait_until_locked(&project);
    running.signal("KILL");
    drop(running);
    project.write(&second, &mended);
    let begun = Instant::now();
    project.run(["up"]).succeeds();
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(database.applied(), VERSIONS);
    project.run(["check"]).succeeds();
}

fn ctrl_c_ends_after_the_step_under_way(database: &dyn Engine) {
    let project = studio(database);
    project.write(&up_of("2026-01-02-000000_create_rooms"), slowish(database));
    let mut running = Running::up(&project);
    running.wait_until_locked(&project);
    running.signal("INT");
    let output = running.ends(&project).exits(130);
    assert!(
        output.stderr.contains("stopping after the step under way"),
        "{}",
        output.stderr
    );
    assert!(
        output.stderr.contains("interrupted after 2 of 3 steps"),
        "{}",
        output.stderr
    );
    assert!(
        output.stdout.contains("2026-01-02-000000_create_rooms"),
        "{}",
        output.stdout
    );
    assert_eq!(database.applied(), VERSIONS[..2]);
    project.run(["up"]).succeeds();
}

fn a_request_to_stop_in_the_last_step_comes_too_late(database: &dyn Engine) {
    let project = studio(database);
    project.write(
        &up_of("2026-01-03-000000_create_bookings"),
        slowish(database),
    );
    let too_late = "the request to stop came too late: all that was asked for is done";
    let mut running = Running::up(&project);
    running.wait_until_locked(&project);
    running.signal("TERM");
    let output = running.ends(&project).succeeds();
    assert!(
        output.stderr.ends_with(&format!(
            "stopping after the step under way; press Ctrl-C again to stop at once\n\
             warning: {too_late}\n"
        )),
        "{}",
        output.stderr
    );
    assert!(
        output.stdout.contains("3 migrations applied"),
        "{}",
        output.stdout
    );
    let more = slowish(database).replace("TABLE slow", "TABLE more");
    project.write(&up_of("2026-01-04-000000_more"), &more);
    let mut running = Running::of(&project, &["up", "--json"]);
    running.wait_until_locked(&project);
    running.signal("INT");
    let document = running.ends(&project).succeeds().json();
    assert_eq!(document["warnings"], serde_json::json!([too_late]));
    assert_eq!(database.applied().len(), 4);
}

fn ctrl_c_leaves_nothing_of_a_batch(database: &dyn Engine) {
    let project = studio(database);
    project.write(&up_of("2026-01-02-000000_create_rooms"), slowish(database));
    let mut said = Vec::new();
    for line in ["up --transaction batch", "up --transaction batch --json"] {
        let arguments: Vec<&str> = line.split(' ').collect();
        let mut running = Running::of(&project, &arguments);
        running.wait_until_locked(&project);
        running.signal("INT");
        let output = running.ends(&project).exits(130);
        assert_eq!(database.applied(), [""; 0], "{line}");
        assert!(!database.has_table("users"), "{line}");
        said.push(output);
    }
    let told = said[0].stderr.lines();
    let told: Vec<_> = told
        .skip_while(|line| !line.starts_with("error: "))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    error: interrupted after 2 of 3 steps; the run was rolled back whole, and everything is as it was before it
    hint: `dieselkit up --transaction batch`
    ");
    assert_eq!(said[0].stdout, "");
    let document = said[1].json();
    let undone = document["data"]["undone"].as_array().map(Vec::len);
    assert_eq!(
        (document["data"]["done"].clone(), undone),
        (serde_json::json!([]), Some(2))
    );
    project.shell("dieselkit up --transaction batch").succeeds();
}

fn a_migration_that_another_run_is_at_is_running(database: &dyn Engine) {
    let second = "2026-01-02-000000_create_rooms";
    let project = studio(database).metadata(second, "run_in_transaction = false\n");
    let way_up = format!("CREATE TABLE rooms (id INTEGER);\n{}", slow(database));
    project.write(&up_of(second), &way_up);
    let mut running = Running::up(&project);
    running.wait_until_locked(&project);
    let status = project.run(["status", "--check"]).exits(3);
    assert!(
        status
            .stdout
            .contains("3 migrations: 1 applied, 1 pending, 1 running\n"),
        "{}",
        status.stdout
    );
    assert!(
        status
            .stderr
            .ends_with("hint: `dieselkit status --watch`\n"),
        "{}",
        status.stderr
    );
    let json = project.run(["status", "--json"]).succeeds().json();
    let totals = &json["data"]["totals"];
    assert_eq!(
        (&totals["running"], &totals["interrupted"]),
        (&1.into(), &0.into())
    );
    let check = project.run(["check"]).succeeds();
    assert!(check.stdout.starts_with("note: "), "{}", check.stdout);
    running.signal("KILL");
    let _ = running.ends(&project);
}

fn a_drop_waits_for_the_run_under_way(database: &dyn Engine) {
    let project = studio(database);
    project.write(&up_of("2026-01-04-000000_slow"), slowish(database));
    let mut running = Running::up(&project);
    running.wait_until_locked(&project);
    let refused = project.run(["db", "drop", "--yes", "--lock-wait", "0"]);
    let refused = refused.exits(4);
    let hint = "or wait longer: `dieselkit db drop --yes --lock-wait 10m`";
    assert!(refused.stderr.contains(hint), "{}", refused.stderr);
    let dropped = project.run(["db", "drop", "--yes"]).succeeds();
    let waited = "waiting up to 60s for the migration lock, held by pid ";
    assert!(dropped.stderr.contains(waited), "{}", dropped.stderr);
    running.ends(&project).succeeds();
    project.run(["status"]).exits(1);
}

fn ctrl_c_while_it_waits_says_that_nothing_was_begun(database: &dyn Engine) {
    let project = studio(database);
    project.write(&up_of("2026-01-01-000000_create_users"), slow(database));
    let mut running = Running::up(&project);
    running.wait_until_locked(&project);
    let waiting = Running::up(&project);
    std::thread::sleep(Duration::from_millis(500));
    waiting.signal("INT");
    let output = waiting.ends(&project).exits(130);
    assert!(
        output.stderr.contains(
            "\nstopping: it is still waiting for the migration lock, so nothing was begun\n"
        ),
        "{}",
        output.stderr
    );
    assert!(
        output.stderr.ends_with(
            "error: interrupted while waiting for the migration lock; nothing was run\n"
        ),
        "{}",
        output.stderr
    );
    running.signal("KILL");
    let _ = running.ends(&project);
}

fn ctrl_c_twice_ends_at_once(database: &dyn Engine) {
    let project = studio(database);
    let second = up_of("2026-01-02-000000_create_rooms");
    let mended = project.read(&second);
    project.write(&second, slow(database));
    let mut running = Running::up(&project);
    running.wait_until_locked(&project);
    running.signal("INT");
    std::thread::sleep(Duration::from_millis(200));
    let begun = Instant::now();
    running.signal("INT");
    let output = running.ends(&project).exits(130);
    let last = output.stderr.lines().last().unwrap_or_default();
    assert!(last.starts_with("stopped at once"), "{}", output.stderr);
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    project.write(&second, &mended);
    project.run(["up"]).succeeds();
    assert_eq!(database.applied(), VERSIONS);
}

fn ctrl_c_twice_leaves_one_document(database: &dyn Engine) {
    let project = studio(database);
    let second = up_of("2026-01-02-000000_create_rooms");
    project.write(&second, slow(database));
    let mut running = Running::of(&project, &["up", "--json"]);
    running.wait_until_locked(&project);
    running.signal("INT");
    std::thread::sleep(Duration::from_millis(200));
    running.signal("INT");
    let document = running.ends(&project).exits(130).json();
    assert_eq!(document["exit_code"], 130);
    assert_eq!(document["command"], "up");
    assert_eq!(
        document["error"]["message"],
        "stopped at once: what was not committed is rolled back"
    );
    assert_eq!(document["hint"], "`dieselkit status`");
}

fn a_closed_pipe_aborts_no_migration(database: &dyn Engine) {
    let project = studio(database);
    let mut command = project.command(["up", "-vv"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    drop(child.stderr.take());
    let status = child.wait().expect("it is a child");
    assert_eq!(status.code(), Some(0));
    assert_eq!(database.applied(), VERSIONS);

    let mut command = project.command(["rollback", "--yes", "--json"]);
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it is a child").code(), Some(0));
    assert_eq!(database.applied(), VERSIONS[..2]);
}

fn a_reader_that_goes_away_is_no_failure(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up"]).succeeds();
    for line in [
        "status",
        "status --watch",
        "status --json",
        "history",
        "man",
        "completions bash",
        "--help",
    ] {
        let mut command = project.command(line.split(' '));
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it is a child");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{line}: {stderr}");
        assert!(!stderr.contains("panicked"), "{line}: {stderr}");
    }
}
