//! A copy of a `PostgreSQL` database: `pg_dump` reads it, in a moment that is ours, in which
//! everything is counted.

mod count;
mod facts;
mod globals;
pub(super) mod login;
mod pattern;
mod selection;
mod snapshot;

use std::ffi::OsString;
use std::io::{Cursor, Read};
use std::path::Path;
use std::process::ChildStdout;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use diesel::pg::PgConnection;
use uuid::Uuid;

use super::address::PostgresAddress;
use super::database;
use super::programs::{self, Program, Server};
use crate::backend::address::{DatabaseAddress, Engine};
use crate::backend::dump::{
    self, DatabaseFacts, Dump, DumpError, DumpRequest, Format, Hashing, Moment,
};
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::query::{Query, Row};
use crate::backend::redact::Redactor;
use crate::backend::tables::Tables;
use crate::backend::tool::{Input, Invocation, Running};
use crate::backend::{Access, Backend};
use crate::cancellation::Cancellation;
pub(in crate::backend) use count::count;
pub(in crate::backend) use globals::globals;
use login::Login;
use selection::Table;
use snapshot::{Deadline, Snapshot};

/// What goes into the tokens that newer versions put around a plain dump, by chance otherwise: two
/// dumps of the same contents are the same.
/// <https://www.postgresql.org/docs/current/app-pgdump.html>, `--restrict-key`
const RESTRICT_KEY: &str = "dieselkit";
/// How often it is looked whether `pg_dump` waits for somebody who waits for us.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);
/// How much is read of a dump to see that it has begun, in bytes.
const FIRST_BYTES: usize = 8192;
/// What identities are derived from where no database was given one.
const IDENTITIES: Uuid = Uuid::from_u128(0x5f0c_7d1e_3a52_4c8b_9d6f_0a41_86b2_e7c3);

type Reader = Box<dyn Read + Send>;

/// A program that has its locks, and writes.
struct Begun {
    running: Running,
    reader: Option<Reader>,
}

/// A dump at work.
struct PostgresDump {
    connection: PgConnection,
    running: Running,
    reader: Option<Reader>,
    program: Program,
    moment: Moment,
    tables: Vec<Table>,
    around: DatabaseFacts,
    hashing: Hashing,
    cancellation: Cancellation,
    redactor: Redactor,
    /// Kept for the sessions that `pg_dump` opens later.
    _login: Login,
}

/// Fixes a moment of a database and lets `pg_dump` read it.
pub(in crate::backend) fn open_dump(
    address: &PostgresAddress,
    request: &DumpRequest<'_>,
) -> Result<Box<dyn Dump>, DumpError> {
    if request.format == Format::Sqlite {
        return Err(DumpError::OtherFormat {
            format: request.format,
            engine: Engine::Postgres,
        });
    }
    let mut connection = database::open(address, Access::ReadOnly)?;
    let source = Source::of(&mut connection, address, request)?;
    let deadline = Deadline::from_now(request, address.to_string());
    loop {
        let snapshot = snapshot::fix(&mut connection, &deadline)?;
        let moment = source.moment(&mut connection)?;
        let around = facts::around_tables(&mut connection, request.scope)?;
        forget_search_path(&mut connection)?;
        let mut login = Login::of(address, &source.session)?;
        let running = source.start(&login, &snapshot, request)?;
        if let Some(begun) = source.begun(&mut connection, running, request)? {
            // Where one session is all there is, it has logged in.
            if request.format != Format::Directory {
                login.forget();
            }
            return Ok(Box::new(PostgresDump {
                connection,
                running: begun.running,
                reader: begun.reader,
                program: source.program,
                moment,
                tables: snapshot.tables,
                around,
                hashing: request.hashing,
                cancellation: request.cancellation.clone(),
                redactor: source.redactor,
                _login: login,
            }));
        }
        snapshot::give_up(&mut connection)?;
        deadline.wait()?;
    }
}

/// What is copied, and by which program.
struct Source {
    server: Server,
    program: Program,
    /// What `pg_dump`'s session calls itself, unlike any other's.
    session: String,
    /// Nothing that others write shows a secret.
    redactor: Redactor,
    /// The identity that is derived from the server's own.
    derived: String,
}

impl Source {
    fn of(
        connection: &mut PgConnection,
        address: &PostgresAddress,
        request: &DumpRequest<'_>,
    ) -> Result<Self, DumpError> {
        settle(connection, request.owner)?;
        let server = ask_server(connection).during("ask for the server's version")?;
        let pid = connection.session_id()?.unwrap_or_default();
        Ok(Self {
            program: programs::find(request.programs, programs::PG_DUMP, &server)?,
            server,
            session: format!("pg_dump of dieselkit's session {pid}"),
            redactor: Redactor::for_address(&DatabaseAddress::Postgres(address.clone())),
            derived: derived_identity(connection, address),
        })
    }

    fn moment(&self, connection: &mut PgConnection) -> Result<Moment, BackendError> {
        let tables = find_tables_or_none(connection)?;
        let given = dump::given_identity(connection, &tables)?;
        let size = Query::new("SELECT pg_catalog.pg_database_size(pg_catalog.current_database())");
        let size = connection
            .load(&size.once())
            .during("ask for the database's size")?;
        let size = size.first().map(|row| row.integer(0)).transpose();
        let size = size.during("read the database's size")?;
        Ok(Moment {
            identity: given.unwrap_or_else(|| self.derived.clone()),
            name: connection.database_name()?,
            engine_version: self.server.version.clone(),
            tool: Some(self.program.tool.clone()),
            applied: dump::applied(connection, &tables)?,
            database_bytes: size
                .and_then(|size| u64::try_from(size).ok())
                .unwrap_or_default(),
        })
    }

    fn start(
        &self,
        login: &Login,
        snapshot: &Snapshot,
        request: &DumpRequest<'_>,
    ) -> Result<Running, DumpError> {
        let path = &self.program.tool.path;
        let arguments = self.arguments(login, snapshot, request);
        let arguments: Vec<_> = arguments.iter().map(OsString::as_os_str).collect();
        let passfile = login.passfile().and_then(Path::to_str);
        let variables: Vec<_> = passfile
            .map(|path| (login::PASSFILE, path))
            .into_iter()
            .collect();
        let invocation = Invocation {
            program: path.to_str().unwrap_or(programs::PG_DUMP),
            arguments: &arguments,
            folder: Path::new("."),
            variables: &variables,
            without: login.without(),
        };
        let started = Running::start(&invocation, Input::Nothing, request.cancellation);
        Ok(started?)
    }

    /// Returns what `pg_dump` is given, which everybody on the machine can read.
    fn arguments(
        &self,
        login: &Login,
        snapshot: &Snapshot,
        request: &DumpRequest<'_>,
    ) -> Vec<OsString> {
        let flag = |name: &str, value: &str| OsString::from(format!("--{name}={value}"));
        let mut arguments = vec![
            flag("dbname", login.conninfo()),
            "--no-password".into(),
            flag("snapshot", &snapshot.name),
            flag("format", &request.format.to_string()),
        ];
        match request.format {
            Format::Plain if programs::knows(&self.program, "--restrict-key") => {
                arguments.push(flag("restrict-key", RESTRICT_KEY));
            }
            Format::Directory => {
                arguments.push(flag("jobs", &request.jobs.to_string()));
                let mut file = OsString::from("--file=");
                file.push(request.folder.unwrap_or(request.scratch));
                arguments.push(file);
            }
            _ => {}
        }
        let compressed = matches!(request.format, Format::Custom | Format::Directory);
        if let Some(level) = request.level.filter(|_| compressed) {
            arguments.push(flag("compress", &level.to_string()));
        }
        let scope = request.scope;
        arguments.extend(scope.schemas.iter().map(|schema| flag("schema", schema)));
        arguments.extend(scope.tables.iter().map(|table| flag("table", table)));
        let without = scope.without_data_of.iter();
        arguments.extend(without.map(|table| flag("exclude-table-data", table)));
        arguments
    }

    /// Waits until `pg_dump` has its locks, which it has before it writes anything. None where it
    /// waits for whoever waits for us: then it is ended.
    fn begun(
        &self,
        connection: &mut PgConnection,
        mut running: Running,
        request: &DumpRequest<'_>,
    ) -> Result<Option<Begun>, DumpError> {
        let first = running.take_stdout().map(read_first);
        loop {
            match look(&running, first.as_ref(), request)? {
                Written::Folder => {
                    let reader = None;
                    return Ok(Some(Begun { running, reader }));
                }
                Written::Bytes(bytes, _) if bytes.is_empty() => {
                    concluded(running, &self.program, &self.redactor, request.cancellation)?;
                    let path = self.program.tool.path.clone();
                    return Err(DumpError::Silent { path });
                }
                Written::Bytes(bytes, rest) => {
                    let reader: Option<Reader> = Some(Box::new(Cursor::new(bytes).chain(rest)));
                    return Ok(Some(Begun { running, reader }));
                }
                Written::Nothing => {}
            }
            let in_the_way = snapshot::is_in_the_way(connection, &self.session);
            if in_the_way.during("see what `pg_dump` waits for")? {
                return Ok(None);
            }
        }
    }
}

impl Dump for PostgresDump {
    fn moment(&self) -> &Moment {
        &self.moment
    }

    fn reader(&mut self) -> Option<Box<dyn Read + Send>> {
        self.reader.take()
    }

    fn facts(&mut self, told: &mut dyn FnMut(usize, usize)) -> Result<DatabaseFacts, DumpError> {
        let counting = (self.hashing, &self.cancellation);
        let tables = facts::tables(&mut self.connection, &self.tables, counting, told)?;
        Ok(DatabaseFacts {
            tables,
            ..self.around.clone()
        })
    }

    fn finish(self: Box<Self>) -> Result<Vec<String>, DumpError> {
        // Who has not been read to the end cannot end well.
        drop(self.reader);
        concluded(
            self.running,
            &self.program,
            &self.redactor,
            &self.cancellation,
        )
    }
}

/// Waits for the end of a program, which has to be a good one, and returns what it complained of.
fn concluded(
    running: Running,
    program: &Program,
    redactor: &Redactor,
    cancellation: &Cancellation,
) -> Result<Vec<String>, DumpError> {
    let path = &program.tool.path;
    let ended = running.finish().map_err(|source| DumpError::File {
        action: "wait for",
        path: path.clone(),
        source,
    })?;
    let complaints = redactor.redact(&ended.complaints).into_owned();
    if ended.status.success() {
        return Ok(complaints.lines().map(str::to_owned).collect());
    }
    if cancellation.is_cancelled() {
        return Err(DumpError::Interrupted);
    }
    Err(DumpError::ToolFailed {
        path: path.clone(),
        status: ended.status.to_string(),
        complaints,
    })
}

/// What a program has written until now.
enum Written {
    Nothing,
    /// Something into its folder, if only its end.
    Folder,
    /// Its first bytes, none where these are all, and the pipe of the others.
    Bytes(Vec<u8>, ChildStdout),
}

/// Waits a moment, and returns what has been written.
fn look(
    running: &Running,
    first: Option<&Receiver<(Vec<u8>, ChildStdout)>>,
    request: &DumpRequest<'_>,
) -> Result<Written, DumpError> {
    if let (Format::Directory, Some(folder)) = (request.format, request.folder) {
        thread::sleep(LOOK_INTERVAL / 4);
        let begun = running.has_ended() || has_data(folder);
        return Ok(if begun {
            Written::Folder
        } else {
            Written::Nothing
        });
    }
    let received = first.map(|first| first.recv_timeout(LOOK_INTERVAL));
    match received {
        Some(Ok((bytes, rest))) => Ok(Written::Bytes(bytes, rest)),
        Some(Err(RecvTimeoutError::Timeout)) => Ok(Written::Nothing),
        Some(Err(RecvTimeoutError::Disconnected)) | None => Err(DumpError::Interrupted),
    }
}

/// Reads the first bytes aside: none at the end of the pipe.
fn read_first(mut stdout: ChildStdout) -> Receiver<(Vec<u8>, ChildStdout)> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = vec![0; FIRST_BYTES];
        let read = stdout.read(&mut bytes).unwrap_or_default();
        bytes.truncate(read);
        // Nobody may wait any more.
        let _ = sender.send((bytes, stdout));
    });
    receiver
}

/// Returns whether there is anything but the table of contents in a folder.
fn has_data(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .into_iter()
        .any(|entry| entry.file_name() != "toc.dat")
}

/// Settles what a session of a backup depends on.
fn settle(connection: &mut PgConnection, owner: &str) -> Result<(), BackendError> {
    let query = Query::new(include_str!("sql/dump_session.sql")).bind(owner);
    let settled = connection.load(&query.once());
    settled
        .map(drop)
        .during("prepare the session of the backup")
}

/// Finds this tool's tables; none where there is no schema for them.
fn find_tables_or_none(connection: &mut PgConnection) -> Result<Tables, BackendError> {
    match connection.find_tables() {
        Err(BackendError::NoSchema { .. }) => Ok(Tables::among(String::new(), &[])),
        found => found,
    }
}

/// Lets names that are values look the same in every session; the transaction's end takes it back.
fn forget_search_path(connection: &mut PgConnection) -> Result<(), BackendError> {
    let query = Query::new("SELECT pg_catalog.set_config('search_path', '', TRUE)");
    let set = connection.load(&query.once());
    set.map(drop).during("prepare the session of the backup")
}

pub(super) fn ask_server(connection: &mut PgConnection) -> Result<Server, DatabaseError> {
    let query = Query::new(
        "SELECT pg_catalog.current_setting('server_version'), pg_catalog.current_setting('server_version_num')::pg_catalog.int8 / 10000",
    );
    let rows = connection.load(&query.once())?;
    let row = rows
        .first()
        .cloned()
        .unwrap_or_else(|| Row::new(Vec::new()));
    Ok(Server {
        version: format!("PostgreSQL {}", row.text(0)?),
        major: u32::try_from(row.integer(1)?).unwrap_or_default(),
    })
}

/// Returns an identity that is the same under whatever address, and on every replica: of the
/// cluster's own and of the database's number in it. Who may not ask for those gets one of the
/// address.
fn derived_identity(connection: &mut PgConnection, address: &PostgresAddress) -> String {
    let query = Query::new(
        "SELECT c.system_identifier::pg_catalog.text || ':' || d.oid::pg_catalog.text
FROM pg_catalog.pg_control_system() AS c
CROSS JOIN pg_catalog.pg_database AS d
WHERE d.datname = pg_catalog.current_database()",
    );
    let rows = connection.load(&query.once()).unwrap_or_default();
    let known = rows.first().and_then(|row| row.text(0).ok());
    let name = known.unwrap_or_else(|| address.to_string());
    Uuid::new_v5(&IDENTITIES, name.as_bytes()).to_string()
}

#[cfg(test)]
mod tests;
