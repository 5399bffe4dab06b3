//! A copy of a `PostgreSQL` database: `pg_dump` reads it, in a moment that is ours, in which
//! everything is counted.

mod archive;
mod arguments;
mod count;
mod facts;
mod globals;
mod interruptible;
pub(super) mod login;
mod output;
mod pattern;
mod rights;
pub(super) mod selection;
mod session;
mod snapshot;

use std::ffi::OsString;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use diesel::pg::PgConnection;

use super::address::PostgresAddress;
use super::database;
use super::programs::{self, Program, Server};
use crate::backend::address::{DatabaseAddress, Engine};
use crate::backend::dump::{
    self, DatabaseFacts, Dump, DumpError, DumpRequest, Format, Hashing, Itself, Moment, Programs,
    Tool,
};
use crate::backend::error::{BackendError, During};
use crate::backend::query::Query;
use crate::backend::redact::Redactor;
use crate::backend::tool::{Input, Invocation, Running};
use crate::backend::{Access, Backend, SessionBackend as _};
use crate::cancellation::Cancellation;
pub(in crate::backend) use archive::archive_findings;
pub(in crate::backend) use count::count;
use facts::Counting;
pub(in crate::backend) use globals::globals;
pub(super) use interruptible::until_cancelled;
use login::Login;
use output::{Written, concluded, look, read_first};
use selection::Table;
pub(super) use session::ask_server;
pub(in crate::backend) use session::itself;
use session::{SearchPath, find_tables_or_none, forget_search_path, settle};
use snapshot::{Deadline, Snapshot};

type Reader = Box<dyn Read + Send>;

/// Returns the program that would read a database.
pub(in crate::backend) fn reader(
    address: &PostgresAddress,
    programs: &Programs,
) -> Result<Tool, DumpError> {
    let mut connection = database::open(address, Access::ReadOnly)?;
    let server = ask_server(&mut connection).during("ask for the server's version")?;
    Ok(programs::find(programs, programs::PG_DUMP, &server)?.tool)
}

/// A program that has its locks, and writes.
struct Begun {
    running: Running,
    reader: Option<Reader>,
}

/// A dump at work.
struct PostgresDump {
    address: PostgresAddress,
    connection: PgConnection,
    running: Running,
    reader: Option<Reader>,
    program: Program,
    moment: Moment,
    tables: Vec<Table>,
    around: DatabaseFacts,
    path: SearchPath,
    /// What may keep it from coming back, as far as was seen while counting.
    warnings: Vec<String>,
    hashing: Hashing,
    cancellation: Cancellation,
    redactor: Redactor,
    /// A folder on the disk of the copy.
    scratch: PathBuf,
    /// Kept for the sessions that `pg_dump` opens later.
    _login: Login,
}

/// Fixes a moment of a database and lets `pg_dump` read it.
pub(in crate::backend) fn open_dump(
    address: &PostgresAddress,
    request: &DumpRequest<'_>,
) -> Result<Box<dyn Dump>, DumpError> {
    refuse_other_format(request.format)?;
    let mut connection = database::open(address, Access::ReadOnly)?;
    let source = Source::of(&mut connection, address, request)?;
    let deadline = Deadline::from_now(request, address.to_string());
    loop {
        let fixed = source.fix(&mut connection, &deadline, request);
        let (snapshot, moment, around) =
            fixed.map_err(|error| rights::explained(&mut connection, error))?;
        let path = forget_search_path(&mut connection)?;
        let mut login = Login::of(address, &source.session)?;
        let running = source.start(&login, &snapshot, request)?;
        let begun = source.begun(&mut connection, running, request);
        let begun = begun.map_err(|error| error.or_no_room(request.scratch))?;
        if let Some(begun) = begun {
            // Where one session is all there is, it has logged in.
            if request.format != Format::Directory {
                login.forget();
            }
            return Ok(Box::new(PostgresDump {
                address: address.clone(),
                connection,
                running: begun.running,
                reader: begun.reader,
                program: source.program,
                moment,
                tables: snapshot.tables,
                around,
                path,
                warnings: Vec::new(),
                hashing: request.hashing,
                cancellation: request.cancellation.clone(),
                redactor: source.redactor,
                scratch: request.scratch.to_owned(),
                _login: login,
            }));
        }
        snapshot::give_up(&mut connection)?;
        deadline.wait()?;
    }
}

fn refuse_other_format(format: Format) -> Result<(), DumpError> {
    if format != Format::Sqlite {
        return Ok(());
    }
    let engine = Engine::Postgres;
    Err(DumpError::OtherFormat { format, engine })
}

/// What is copied, and by which program.
struct Source {
    server: Server,
    program: Program,
    /// What `pg_dump`'s session calls itself, unlike any other's.
    session: String,
    /// Nothing that others write shows a secret.
    redactor: Redactor,
    /// What the database is known by without an identity of its own.
    itself: Itself,
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
        let program = programs::find(request.programs, programs::PG_DUMP, &server)?;
        if request.format.is_archive() {
            // Without the program that reads it again, it need not be begun.
            programs::find_for_archives_of(request.programs, &program.tool)?;
        }
        Ok(Self {
            program,
            server,
            session: format!("pg_dump of dieselkit's session {pid}"),
            redactor: Redactor::for_address(&DatabaseAddress::Postgres(address.clone())),
            itself: itself(connection)?,
        })
    }

    /// Fixes a moment, and reads in it what is not in tables.
    fn fix(
        &self,
        connection: &mut PgConnection,
        deadline: &Deadline<'_>,
        request: &DumpRequest<'_>,
    ) -> Result<(Snapshot, Moment, DatabaseFacts), DumpError> {
        let snapshot = snapshot::fix(connection, deadline)?;
        let moment = self.moment(connection)?;
        let around = facts::around_tables(connection, request.scope)?;
        Ok((snapshot, moment, around))
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
            identity: given.unwrap_or_else(|| self.itself.derived.clone()),
            name: self.itself.name.clone(),
            engine_version: self.server.version.clone(),
            tool: Some(self.program.tool.clone()),
            applied: dump::applied(connection, &tables)?,
            half_applied: dump::half_applied(connection, &tables)?,
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
        let counting = Counting {
            path: self.path.clone(),
            hashing: self.hashing,
            cancellation: &self.cancellation,
        };
        let ended = (&self.address, &self.cancellation);
        let (tables, warnings) = until_cancelled(&mut self.connection, ended, |connection| {
            counting.tables(connection, &self.tables, told)
        })?;
        self.warnings = warnings;
        Ok(DatabaseFacts {
            tables,
            ..self.around.clone()
        })
    }

    fn finish(self: Box<Self>) -> Result<Vec<String>, DumpError> {
        // Who has not been read to the end cannot end well.
        drop(self.reader);
        let complaints = concluded(
            self.running,
            &self.program,
            &self.redactor,
            &self.cancellation,
        );
        let complaints = complaints.map_err(|error| error.or_no_room(&self.scratch))?;
        Ok(self.warnings.into_iter().chain(complaints).collect())
    }
}

#[cfg(test)]
mod tests;
