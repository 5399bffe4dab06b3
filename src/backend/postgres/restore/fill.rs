//! Fills a new database: by psql with what is SQL, by `pg_restore` with an archive.

mod commands;
mod complaints;
mod head;
mod pour;
mod roles;
mod token;

use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::path::Path;

use crate::backend::postgres::address::PostgresAddress;
use crate::backend::postgres::dump::login::{self, Login};
use crate::backend::postgres::programs::{self, Program, Server};
use crate::backend::restore::{Owners, Privileges, RestoreError, RestoreRequest};
use crate::backend::tool::{Ended, Input, Invocation, Running};
pub(super) use commands::Origin;
use commands::{Commands, Grants, OfPsql};
use complaints::{Complaints, Subject};
use head::{without_database, without_remark};
use pour::{Pouring, Receiver, pour};
use roles::WithoutRoles;

/// The codes of what the server says where a dump begins and commits the transaction of its large
/// objects within the one that psql began: there is one already, and there is none.
const OF_LARGE_OBJECTS: [&str; 2] = ["25001", "25P01"];

/// What psql takes no command of its own behind, such as one that goes on in another database or starts
/// a program. What a script says of itself by it is left out ([`token`]).
const GUARD: &str = "\\restrict";

/// Who is told what to do, and where.
pub(super) struct Filling<'a> {
    pub(super) address: &'a PostgresAddress,
    pub(super) server: &'a Server,
    pub(super) request: &'a RestoreRequest<'a>,
}

impl Filling<'_> {
    /// Feeds SQL to psql, in one transaction, but for what comes after large objects, which a dump
    /// commits by itself. A reader that fails, or that ends before the dump does, ends psql before
    /// it can commit.
    pub(super) fn by_psql(
        &self,
        reader: &mut dyn Read,
        origin: Origin,
    ) -> Result<Vec<String>, RestoreError> {
        let program = programs::find(self.request.programs, programs::PSQL, self.server)?;
        let flags = [
            "--no-psqlrc",
            "--quiet",
            "--set=ON_ERROR_STOP=1",
            complaints::WITH_CODES,
            "--single-transaction",
            "--output=/dev/null",
        ];
        let mut flags: Vec<OsString> = flags.map(OsString::from).to_vec();
        let guard = guard(&program);
        flags.extend(guard.flag());
        flags.push("--file=-".into());
        let login = self.login()?;
        let running = self.start(&program, Some(&login), &flags, Input::Piped)?;
        let (running, left_out) = self.poured(running, reader, (&guard, origin))?;
        let ended = self.ended(running, &program)?;
        let complaints = Complaints::of_psql(&ended.complaints);
        if ended.status.success() {
            let complaints = complaints.lines_but(&OF_LARGE_OBJECTS);
            return Ok(left_out.into_iter().chain(complaints).collect());
        }
        let subject = complaints.subject(ended.status.code());
        let said = complaints.lines_but(&[]).join("\n");
        Err(failed(&program, &ended, said, subject))
    }

    /// Reads a script of somebody's as if psql got it, and refuses what it would be refused for then.
    pub(super) fn foretell(&self, reader: &mut dyn Read) -> Result<(), RestoreError> {
        let program = programs::find(self.request.programs, programs::PSQL, self.server)?;
        let guard = guard(&program);
        let script = (&guard, Origin::Somebodys);
        let poured = self.pour_into(&mut io::sink(), reader, script);
        poured.map(drop).map_err(|error| self.failure(error))
    }

    /// Pours a script into psql, and returns what was left out of it; ends psql where that fails.
    fn poured(
        &self,
        mut running: Running,
        reader: &mut dyn Read,
        script: (&Guard, Origin),
    ) -> Result<(Running, Option<String>), RestoreError> {
        let Some(mut stdin) = running.take_stdin() else {
            return Ok((running, None));
        };
        match self.pour_into(&mut stdin, reader, script) {
            Ok(left_out) => Ok((running, left_out)),
            // Whoever reads no more says why.
            Err(Pouring::Closed) => Ok((running, None)),
            Err(error) => {
                // An end of its input would be a whole one to psql, so it goes first.
                drop(running);
                drop(stdin);
                Err(self.failure(error))
            }
        }
    }

    /// Lets `pg_restore` read an archive; in one transaction where one session restores it.
    pub(super) fn by_pg_restore(&self, archive: &Path) -> Result<Vec<String>, RestoreError> {
        let program = programs::find(self.request.programs, programs::PG_RESTORE, self.server)?;
        if pour::is_too_new(program.major(), self.server.major) {
            return self.by_both(&program, archive);
        }
        let mut flags: Vec<OsString> = vec!["--exit-on-error".into()];
        match self.request.jobs.get() {
            1 => flags.push("--single-transaction".into()),
            jobs => flags.push(format!("--jobs={jobs}").into()),
        }
        flags.extend(self.of_archive(archive));
        let login = self.login()?;
        let running = self.start(&program, Some(&login), &flags, Input::Nothing)?;
        self.archive_read(running, &program)
    }

    /// Lets `pg_restore` make SQL of an archive, for psql to read: what it says to a server by itself,
    /// an older one does not understand.
    fn by_both(&self, program: &Program, archive: &Path) -> Result<Vec<String>, RestoreError> {
        let mut flags: Vec<OsString> = vec!["--file=-".into()];
        flags.extend(self.of_archive(archive));
        let mut running = self.start(program, None, &flags, Input::Nothing)?;
        let mut stdout = running.take_stdout();
        let filled = match &mut stdout {
            None => Ok(Vec::new()),
            Some(stdout) => self.by_psql(stdout, Origin::Somebodys),
        };
        drop(stdout);
        match filled {
            Ok(mut complaints) => {
                complaints.extend(self.archive_read(running, program)?);
                complaints.extend(self.one_by_one(program));
                Ok(complaints)
            }
            // Whoever stopped writing says why.
            Err(error @ (RestoreError::Truncated { .. } | RestoreError::Unreadable { .. })) => {
                self.archive_read(running, program)?;
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    /// Returns what is told where several tables at once were asked for.
    fn one_by_one(&self, program: &Program) -> Option<String> {
        (self.request.jobs.get() > 1).then(|| {
            format!(
                "the tables were restored one after the other: pg_restore {} restores several at once into servers from {} on alone",
                program.tool.version,
                pour::KNOWN_SINCE
            )
        })
    }

    fn of_archive(&self, archive: &Path) -> Vec<OsString> {
        let mut flags: Vec<OsString> = Vec::new();
        if self.request.owners == Owners::Nobody {
            flags.push("--no-owner".into());
        }
        if self.request.privileges == Privileges::Nobody {
            flags.push("--no-privileges".into());
        }
        // A path from the root is no flag.
        let archive = std::path::absolute(archive).unwrap_or_else(|_| archive.to_owned());
        flags.push(archive.into());
        flags
    }

    /// Waits until `pg_restore` has read an archive to its end.
    fn archive_read(
        &self,
        running: Running,
        program: &Program,
    ) -> Result<Vec<String>, RestoreError> {
        let ended = self.ended(running, program)?;
        if ended.status.success() {
            return Ok(ended.complaints.lines().map(str::to_owned).collect());
        }
        let subject = complaints::subject_of_archive(ended.status.code(), &ended.complaints);
        Err(failed(program, &ended, ended.complaints.clone(), subject))
    }

    /// Pours all of it, and returns what is to be told of what was left out of it.
    fn pour_into(
        &self,
        stdin: &mut dyn Write,
        reader: &mut dyn Read,
        (guard, origin): (&Guard, Origin),
    ) -> Result<Option<String>, Pouring> {
        let mut beginning = pour::piece_of(reader)?;
        let name = without_database(&beginning).map(|headless| {
            beginning = headless.text;
            headless.name
        });
        let mut told = name.as_deref().map(left_out);
        if name.is_none()
            && let Some(headless) = without_remark(&beginning)
        {
            beginning = headless.text;
            told = Some(remark_left_out(&headless.name));
        }
        let mut whole = beginning.as_slice().chain(reader);
        let (owners, privileges) = (self.request.owners, self.request.privileges);
        let of_psql = match guard {
            Guard::Ours => OfPsql::Refused,
            Guard::Psql(_) => OfPsql::PassedOver,
        };
        let grants = match privileges {
            Privileges::Nobody => Grants::LeftOut,
            Privileges::Kept if name.is_some() => Grants::WithoutDatabase,
            Privileges::Kept => Grants::Kept,
        };
        let receiver = Receiver {
            major: self.server.major,
            commands: Commands::new(of_psql, grants).of(origin),
        };
        if name.is_none() && (owners, privileges) == (Owners::Kept, Privileges::Kept) {
            pour(&mut whole, stdin, receiver)?;
        } else {
            let without = WithoutRoles::new(stdin, owners, privileges);
            let mut without = without.of_database(name);
            pour(&mut whole, &mut without, receiver)?;
        }
        Ok(told)
    }

    fn login(&self) -> Result<Login, RestoreError> {
        Ok(Login::of(self.address, self.request.owner)?)
    }

    /// Starts a program, which talks to the server where it has a login.
    fn start(
        &self,
        program: &Program,
        login: Option<&Login>,
        flags: &[OsString],
        input: Input,
    ) -> Result<Running, RestoreError> {
        let database = |login: &Login| OsString::from(format!("--dbname={}", login.conninfo()));
        let database = login.map(database);
        let talks = database.iter().map(OsString::as_os_str);
        let mut arguments: Vec<&OsStr> = talks.collect();
        arguments.push(OsStr::new("--no-password"));
        arguments.extend(flags.iter().map(OsString::as_os_str));
        let passfile = login.and_then(Login::passfile).and_then(Path::to_str);
        let variables: Vec<_> = passfile
            .map(|path| (login::PASSFILE, path))
            .into_iter()
            .collect();
        let invocation = Invocation {
            program: program.tool.path.to_str().unwrap_or_default(),
            arguments: &arguments,
            folder: Path::new("."),
            variables: &variables,
            without: login.map_or(&[], Login::without),
        };
        let started = Running::start(&invocation, input, self.request.cancellation);
        Ok(started?)
    }

    fn failure(&self, error: Pouring) -> RestoreError {
        match error {
            _ if self.request.cancellation.is_cancelled() => RestoreError::Interrupted,
            Pouring::Unreadable(source) => RestoreError::Unreadable { source },
            Pouring::Elsewhere { number, text } => RestoreError::Elsewhere {
                number,
                text,
                script: None,
            },
            Pouring::Outside { number, statement } => RestoreError::Outside {
                number,
                statement,
                script: None,
            },
            Pouring::EndsTransaction { number, statement } => RestoreError::EndsTransaction {
                number,
                statement,
                script: None,
            },
            Pouring::Command { number, text } => RestoreError::PsqlCommand { number, text },
            Pouring::NoEnd | Pouring::Closed => RestoreError::Truncated { marker: pour::END },
        }
    }

    fn ended(&self, running: Running, program: &Program) -> Result<Ended, RestoreError> {
        let ended = running.finish().map_err(|source| RestoreError::File {
            action: "wait for",
            path: program.tool.path.clone(),
            source,
        })?;
        if self.request.cancellation.is_cancelled() {
            return Err(RestoreError::Interrupted);
        }
        Ok(ended)
    }
}

/// Tells that a dump made with `--create` was restored without that.
fn left_out(name: &[u8]) -> String {
    format!(
        "the dump makes a database of its own, {}: that, its owner, its settings and the privileges on it were left out",
        String::from_utf8_lossy(name)
    )
}

/// Tells that a dump says something of the database that it was made of, and not of the new one.
fn remark_left_out(name: &[u8]) -> String {
    format!(
        "the dump has a comment or a security label on the database that it was made of, {}: that was left out",
        String::from_utf8_lossy(name)
    )
}

fn failed(program: &Program, ended: &Ended, complaints: String, subject: Subject) -> RestoreError {
    let path = program.tool.path.clone();
    match subject {
        Subject::Contents => RestoreError::BadContents { path, complaints },
        Subject::Elsewhere => RestoreError::ToolFailed {
            path,
            status: ended.status.to_string(),
            complaints,
        },
    }
}

/// Who keeps psql from taking commands of its own out of a script.
#[derive(Debug, PartialEq, Eq)]
enum Guard {
    /// psql itself, by this flag.
    Psql(OsString),
    /// Whoever pours the script into it.
    Ours,
}

impl Guard {
    fn flag(&self) -> Option<OsString> {
        match self {
            Self::Psql(flag) => Some(flag.clone()),
            Self::Ours => None,
        }
    }
}

/// Returns who keeps psql from taking commands of its own out of a script.
fn guard(psql: &Program) -> Guard {
    if !programs::knows_command(psql, GUARD) {
        return Guard::Ours;
    }
    let key = uuid::Uuid::new_v4().simple();
    Guard::Psql(format!("--command={GUARD} {key}").into())
}
