//! The script that runs a private server for as long as somebody holds on to it.
//!
//! How a server is made is known to `scripts/private-postgres.sh` alone.

use std::fmt;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

/// The script, which runs the server while its standard input stays open; the server is gone when
/// this has been dropped.
pub(super) struct Keeper(Child);

/// What the script said until it was ready, or until it gave up.
pub(super) struct Said(Vec<String>);

impl Keeper {
    /// Starts the script, and returns once the server is ready, or will never be.
    pub(super) fn start(variables: &[(&str, &str)]) -> (Said, Self) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/private-postgres.sh");
        #[expect(
            clippy::disallowed_methods,
            reason = "the tests start their own server"
        )]
        let mut child = Command::new(script)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // A test that hangs is killed with its whole process group, but the script has to
            // outlive it, to see its end of the pipe close and to stop the server.
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {script}: {error}"));
        let stdout = child.stdout.take().expect("it is piped");
        let lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let said = lines.take_while(|line| line != "ready").collect();
        (Said(said), Self(child))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // A failure to wait leaves a zombie until this process ends, which is soon.
        let _ = self.0.wait();
    }
}

impl Said {
    /// Returns the value of a line `NAME=value`, where there is one.
    pub(super) fn setting(&self, name: &str) -> Option<String> {
        let mut values = self.0.iter().filter_map(|line| {
            let value = line.strip_prefix(name)?.strip_prefix('=')?;
            Some(value.to_owned())
        });
        values.next()
    }
}

impl fmt::Display for Said {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join("\n"))
    }
}
