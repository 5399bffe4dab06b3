//! A running server: where it is, and how it is reached.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};

use uuid::Uuid;

use super::database::PostgresDatabase;
use super::execute;
use super::keeper::Keeper;

/// A running server that belongs to the tests alone.
pub(crate) struct Cluster {
    /// The superuser's URL over TCP, with its password, ending in `/postgres`.
    url: String,
    /// The folder of the Unix socket, where every role may connect without a password.
    socket: Option<PathBuf>,
    /// The folder of the server's programs.
    programs: Option<PathBuf>,
    /// What runs the server; none for a cluster that somebody else looks after.
    keeper: Mutex<Option<Keeper>>,
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
        Self::start_with(&[])
    }

    /// Starts one whose server has these variables.
    pub(crate) fn start_with(variables: &[(&str, &str)]) -> Self {
        let (said, keeper) = Keeper::start(variables);
        Self::from_settings(|name| said.setting(name), Some(keeper))
            .unwrap_or_else(|| panic!("PostgreSQL did not start:\n{said}"))
    }

    fn from_environment() -> Option<Self> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the suite's script hands the cluster over in the environment"
        )]
        Self::from_settings(|name| std::env::var(name).ok(), None)
    }

    fn from_settings(get: impl Fn(&str) -> Option<String>, keeper: Option<Keeper>) -> Option<Self> {
        Some(Self {
            url: get("DIESELKIT_TEST_POSTGRES_URL")?,
            socket: get("DIESELKIT_TEST_POSTGRES_SOCKET").map(PathBuf::from),
            programs: get("DIESELKIT_TEST_PG_BIN").map(PathBuf::from),
            keeper: Mutex::new(keeper),
        })
    }

    /// Makes an empty database with a name of its own.
    pub(crate) fn create_database(&self) -> PostgresDatabase<'_> {
        self.create_database_named(format!("test_{}", Uuid::new_v4().simple()))
    }

    /// Makes an empty database of a name that no other test may choose.
    pub(crate) fn create_database_named(&self, name: String) -> PostgresDatabase<'_> {
        let quoted = name.replace('"', "\"\"");
        // Nobody can be connected to template0, and a connected template cannot be copied.
        self.execute(&format!("CREATE DATABASE \"{quoted}\" TEMPLATE template0"));
        PostgresDatabase::new(self, name)
    }

    /// Runs statements as the superuser in the maintenance database, each by itself, as
    /// `CREATE DATABASE` wants it.
    pub(crate) fn execute(&self, statement: &str) {
        execute(&self.url, statement);
    }

    /// Returns the superuser's URL of a database, which need not exist.
    pub(crate) fn url_of(&self, database: &str) -> String {
        use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
        const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_');
        let (server, _) = self.url.rsplit_once('/').expect("it ends in /postgres");
        format!("{server}/{}", utf8_percent_encode(database, RESERVED))
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
        let keeper = keeper.take();
        drop(keeper.expect("only a cluster of one's own is stopped"));
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

    /// Returns the path of such a program, for a line of a shell.
    pub(crate) fn path_of(&self, program: &str) -> String {
        let program = self.program(program);
        program.get_program().to_string_lossy().into_owned()
    }
}
