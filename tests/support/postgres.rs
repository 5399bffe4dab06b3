//! PostgreSQL for the tests: the suite's private cluster, and a database in it for one test.
//!
//! Knows how to talk to a cluster; how to make one is known to `scripts/private-postgres.sh`.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, OnceLock};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use uuid::Uuid;

use super::engine::{Engine, column, plain_diesel};

/// A running server that belongs to the tests alone.
pub(crate) struct Cluster {
    /// The superuser's URL over TCP, with its password, ending in `/postgres`.
    url: String,
    /// The folder of the Unix socket, where every role may connect without a password.
    socket: Option<PathBuf>,
    /// The folder of the server's programs.
    programs: Option<PathBuf>,
    /// The script that runs the server while its standard input stays open; none for a cluster
    /// that somebody else looks after.
    keeper: Mutex<Option<Child>>,
}

impl Cluster {
    /// Returns the cluster of this run: the one that `scripts/test.sh` started, or else one that is
    /// started now and ends with this process.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| Self::from_environment().unwrap_or_else(Self::start))
    }

    /// Starts a cluster that one test may stop, break and restart; it ends when dropped.
    pub(crate) fn start() -> Self {
        let (said, keeper) = start_script();
        Self::from_settings(
            |name| said.iter().find_map(|line| setting(line, name)),
            Some(keeper),
        )
        .unwrap_or_else(|| panic!("PostgreSQL did not start:\n{}", said.join("\n")))
    }

    fn from_environment() -> Option<Self> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the suite's script hands the cluster over in the environment"
        )]
        Self::from_settings(|name| std::env::var(name).ok(), None)
    }

    fn from_settings(get: impl Fn(&str) -> Option<String>, keeper: Option<Child>) -> Option<Self> {
        Some(Self {
            url: get("DIESELKIT_TEST_POSTGRES_URL")?,
            socket: get("DIESELKIT_TEST_POSTGRES_SOCKET").map(PathBuf::from),
            programs: get("DIESELKIT_TEST_PG_BIN").map(PathBuf::from),
            keeper: Mutex::new(keeper),
        })
    }

    /// Makes an empty database with a name of its own.
    pub(crate) fn create_database(&self) -> PostgresDatabase<'_> {
        let name = format!("test_{}", Uuid::new_v4().simple());
        // Nobody can be connected to template0, and a connected template cannot be copied.
        self.execute(&format!("CREATE DATABASE {name} TEMPLATE template0"));
        PostgresDatabase {
            cluster: self,
            name,
            roles: Mutex::default(),
        }
    }

    /// Runs statements as the superuser in the maintenance database, each by itself, as
    /// `CREATE DATABASE` wants it.
    pub(crate) fn execute(&self, statement: &str) {
        execute(&self.url, statement);
    }

    /// Returns the superuser's URL of a database, which need not exist.
    pub(crate) fn url_of(&self, database: &str) -> String {
        let (server, _) = self.url.rsplit_once('/').expect("it ends in /postgres");
        format!("{server}/{database}")
    }

    /// Returns `host:port` of the TCP address.
    pub(crate) fn address(&self) -> &str {
        let (_, rest) = self.url.rsplit_once('@').expect("it names the superuser");
        rest.split('/').next().expect("split yields one part")
    }

    /// Returns the port alone.
    pub(crate) fn port(&self) -> &str {
        self.address().rsplit_once(':').expect("it names a port").1
    }

    /// Returns the superuser's password.
    pub(crate) fn password(&self) -> &str {
        let (login, _) = self.url.rsplit_once('@').expect("it names the superuser");
        login.rsplit_once(':').expect("it holds a password").1
    }

    /// Returns the folder of the Unix socket.
    pub(crate) fn socket(&self) -> &Path {
        self.socket.as_deref().expect("the script names it")
    }

    /// Stops the server as a crash would, and returns once it is gone.
    ///
    /// # Panics
    /// Panics for the shared cluster, which other tests use.
    pub(crate) fn stop(&self) {
        let mut keeper = self.keeper.lock().expect("no test panics while stopping");
        let mut child = keeper
            .take()
            .expect("only a cluster of one's own is stopped");
        drop(child.stdin.take());
        child.wait().expect("the script is a child of this process");
    }

    /// Returns a client program of the server's own version, or else the one in `PATH`.
    #[expect(
        clippy::disallowed_methods,
        reason = "the tests start programs as a user would"
    )]
    pub(crate) fn program(&self, name: &str) -> Command {
        let own = self.programs.as_ref().map(|folder| folder.join(name));
        Command::new(
            own.filter(|path| path.exists())
                .unwrap_or_else(|| name.into()),
        )
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Ok(Some(child)) = self.keeper.get_mut().map(Option::as_mut) {
            drop::<Option<ChildStdin>>(child.stdin.take());
            // A failure to wait leaves a zombie until this process ends, which is soon.
            let _ = child.wait();
        }
    }
}

/// Starts the script and returns what it said until it was ready, or until it gave up.
fn start_script() -> (Vec<String>, Child) {
    use std::os::unix::process::CommandExt;

    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/private-postgres.sh");
    #[expect(
        clippy::disallowed_methods,
        reason = "the tests start their own server"
    )]
    let mut child = Command::new(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        // A test that hangs is killed with its whole process group, but the script has to outlive
        // it, to see its end of the pipe close and to stop the server.
        .process_group(0)
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {script}: {error}"));
    let stdout = child.stdout.take().expect("it is piped");
    let lines = BufReader::new(stdout).lines().map_while(Result::ok);
    (lines.take_while(|line| line != "ready").collect(), child)
}

/// Returns the value of a `NAME=value` line, where it has this name.
fn setting(line: &str, name: &str) -> Option<String> {
    let value = line.strip_prefix(name)?.strip_prefix('=')?;
    Some(value.to_owned())
}

/// Opens a connection.
fn connect(url: &str) -> PgConnection {
    PgConnection::establish(url).unwrap_or_else(|error| panic!("cannot connect: {error}"))
}

/// Runs one or more statements on a connection of their own.
fn execute(url: &str, sql: &str) {
    connect(url)
        .batch_execute(sql)
        .unwrap_or_else(|error| panic!("{error}, in: {sql}"));
}

/// A role with a password, dropped with the database that it was made for.
pub(crate) struct Role {
    /// The name, unique in the cluster.
    pub(crate) name: String,
    /// The password as it is, not encoded for a URL.
    pub(crate) password: String,
}

/// A database in a cluster, dropped when this is.
pub(crate) struct PostgresDatabase<'cluster> {
    cluster: &'cluster Cluster,
    name: String,
    roles: Mutex<Vec<String>>,
}

impl PostgresDatabase<'static> {
    /// Makes an empty database in the suite's cluster.
    pub(crate) fn create() -> Self {
        Cluster::shared().create_database()
    }
}

impl PostgresDatabase<'_> {
    /// Returns the database's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the cluster that it lies in.
    pub(crate) fn cluster(&self) -> &Cluster {
        self.cluster
    }

    /// Opens a connection as the superuser.
    pub(crate) fn connect(&self) -> PgConnection {
        connect(&self.url())
    }

    /// Makes a role that may log in with this password, and nothing more.
    pub(crate) fn create_role(&self, password: &str) -> Role {
        let name = format!("role_{}", Uuid::new_v4().simple());
        let quoted = password.replace('\'', "''");
        self.execute(&format!("CREATE ROLE {name} LOGIN PASSWORD '{quoted}'"));
        let mut roles = self
            .roles
            .lock()
            .expect("no test panics while it adds a role");
        roles.push(name.clone());
        Role {
            name,
            password: password.to_owned(),
        }
    }

    /// Makes a role that may read every table that there is now, and write none.
    pub(crate) fn create_reader(&self, password: &str) -> Role {
        let role = self.create_role(password);
        let grant = format!(
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}",
            role.name
        );
        self.execute(&grant);
        role
    }

    /// Returns the URL with which a role logs in over TCP.
    pub(crate) fn url_as(&self, role: &Role) -> String {
        use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
        let password = utf8_percent_encode(&role.password, NON_ALPHANUMERIC);
        let address = self.cluster.address();
        format!(
            "postgres://{}:{password}@{address}/{}",
            role.name, self.name
        )
    }
}

impl Engine for PostgresDatabase<'_> {
    fn url(&self) -> String {
        self.cluster.url_of(&self.name)
    }

    fn either<'a>(&self, _sqlite: &'a str, postgres: &'a str) -> &'a str {
        postgres
    }

    fn execute(&self, sql: &str) {
        execute(&self.url(), sql);
    }

    fn query_column(&self, sql: &str) -> Vec<String> {
        column!(&mut self.connect(), sql)
    }

    fn tables(&self) -> Vec<String> {
        self.query_column(
            "SELECT tablename FROM pg_catalog.pg_tables
             WHERE schemaname NOT LIKE 'pg\\_%' AND schemaname <> 'information_schema'
             ORDER BY tablename COLLATE \"C\"",
        )
    }

    fn schema_dump(&self) -> String {
        let address = format!(
            "postgres://postgres@{}/{}",
            self.cluster.address(),
            self.name
        );
        let dump = self
            .cluster
            .program("pg_dump")
            .args([
                "--schema-only",
                "--no-owner",
                "--exclude-table=*.__dieselkit*",
            ])
            .arg(format!("--dbname={address}"))
            .env("PGPASSWORD", self.cluster.password())
            .output()
            .expect("pg_dump is installed with the server");
        let errors = String::from_utf8_lossy(&dump.stderr);
        assert!(dump.status.success(), "pg_dump failed: {errors}");
        without_noise(&String::from_utf8_lossy(&dump.stdout))
    }

    fn diesel_run(&self, migrations: &Path) -> Vec<String> {
        let mut connection = self.connect();
        let versions = plain_diesel!(run_pending_migrations, &mut connection, migrations);
        versions.iter().map(ToString::to_string).collect()
    }

    fn diesel_revert(&self, migrations: &Path) -> String {
        plain_diesel!(revert_last_migration, &mut self.connect(), migrations).to_string()
    }
}

/// Returns a dump without comments, blank lines and what differs from one dump to the next:
/// `\restrict` carries a random word.
fn without_noise(dump: &str) -> String {
    let noise = |line: &&str| {
        line.is_empty()
            || line.starts_with("--")
            || line.starts_with("\\restrict")
            || line.starts_with("\\unrestrict")
    };
    let kept: Vec<_> = dump.lines().filter(|line| !noise(line)).collect();
    kept.join("\n")
}

impl Drop for PostgresDatabase<'_> {
    fn drop(&mut self) {
        // A test may have stopped the server or left it broken; a second panic would abort.
        let Ok(mut connection) = PgConnection::establish(&self.cluster.url) else {
            return;
        };
        let database = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let _ = connection.batch_execute(&database);
        // After the database, which takes all grants to them along.
        for role in self.roles.get_mut().into_iter().flatten() {
            let _ = connection.batch_execute(&format!("DROP ROLE IF EXISTS {role}"));
        }
    }
}
