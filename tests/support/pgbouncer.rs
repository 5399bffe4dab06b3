//! A PgBouncer in transaction mode before the tests' cluster.
//!
//! Knows nothing of what pooling breaks; that is for the tests to show.

use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::postgres::PostgresDatabase;

/// A running pooler, killed when dropped.
pub(crate) struct PgBouncer {
    process: Child,
    port: u16,
    database: String,
    // Held for its drop: the configuration lies in it.
    _folder: tempfile::TempDir,
}

impl PgBouncer {
    /// Starts a pooler before this database, as a superuser without a password, with
    /// `pool_size` server connections that clients share transaction by transaction.
    pub(crate) fn before(database: &PostgresDatabase<'_>, pool_size: u16) -> Self {
        let folder = tempfile::tempdir().expect("temporary folders can be made");
        let port = free_port();
        let settings = folder.path().join("pgbouncer.ini");
        let mut text = configuration(database, port, pool_size);
        // It refuses to serve as root, and changes to this user once it has read its settings.
        if owner(folder.path()) == 0 {
            text.push_str("user = nobody\n");
        }
        std::fs::write(&settings, text).expect("the folder is ours");
        let process = program()
            .arg(&settings)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("pgbouncer is installed by scripts/install-test-deps.sh");
        let pooler = Self {
            process,
            port,
            database: database.name().to_owned(),
            _folder: folder,
        };
        pooler.wait_until_ready();
        pooler
    }

    /// Returns the URL through the pooler.
    pub(crate) fn url(&self) -> String {
        format!(
            "postgres://postgres@127.0.0.1:{}/{}",
            self.port, self.database
        )
    }

    fn wait_until_ready(&self) {
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("pgbouncer did not listen within 5 s");
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        // Already dead is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns a port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback is there");
    listener.local_addr().expect("it is bound").port()
}

fn configuration(database: &PostgresDatabase<'_>, port: u16, pool_size: u16) -> String {
    let (name, cluster) = (database.name(), database.cluster());
    let (server, password) = (cluster.port(), cluster.password());
    format!(
        "[databases]
{name} = host=127.0.0.1 port={server} user=postgres password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {pool_size}
ignore_startup_parameters = extra_float_digits,options
"
    )
}

/// Returns the user id of a path's owner, which for a new folder is our own.
fn owner(path: &Path) -> u32 {
    path.metadata().expect("it was just made").uid()
}

/// Returns the program, which Debian keeps out of a plain user's `PATH`.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests start programs as a user would"
)]
fn program() -> Command {
    let installed = "/usr/sbin/pgbouncer";
    let is_debian = Path::new(installed).exists();
    Command::new(if is_debian { installed } else { "pgbouncer" })
}
