//! Fills a new database: by psql with what is SQL, by `pg_restore` with an archive.

mod complaints;
mod pour;
mod roles;

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::Path;
use std::process::ChildStdin;

use crate::backend::postgres::address::PostgresAddress;
use crate::backend::postgres::dump::login::{self, Login};
use crate::backend::postgres::programs::{self, Program, Server};
use crate::backend::restore::{Owners, Privileges, RestoreError, RestoreRequest};
use crate::backend::tool::{Ended, Input, Invocation, Running};
use complaints::{Complaints, Subject};
use pour::{Pouring, pour};
use roles::WithoutRoles;

/// The codes of what the server says where a dump begins and commits the transaction of its large
/// objects within the one that psql began: there is one already, and there is none.
const OF_LARGE_OBJECTS: [&str; 2] = ["25001", "25P01"];

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
    pub(super) fn by_psql(&self, reader: &mut dyn Read) -> Result<Vec<String>, RestoreError> {
        let program = programs::find(self.request.programs, programs::PSQL, self.server)?;
        let flags = [
            "--no-psqlrc",
            "--quiet",
            "--set=ON_ERROR_STOP=1",
            complaints::WITH_CODES,
            "--single-transaction",
            "--output=/dev/null",
            "--file=-",
        ];
        let login = self.login()?;
        let mut running = self.start(
            &program,
            Some(&login),
            &flags.map(OsString::from),
            Input::Piped,
        )?;
        let mut stdin = running.take_stdin();
        let poured = match &mut stdin {
            None => Ok(()),
            Some(stdin) => self.pour_into(stdin, reader),
        };
        match poured {
            // Whoever reads no more says why.
            Ok(()) | Err(Pouring::Closed) => {}
            Err(error) => {
                // An end of its input would be a whole one to psql, so it goes first.
                drop(running);
                drop(stdin);
                return Err(self.failure(error));
            }
        }
        drop(stdin);
        let ended = self.ended(running, &program)?;
        let complaints = Complaints::of_psql(&ended.complaints);
        if ended.status.success() {
            return Ok(complaints.lines_but(&OF_LARGE_OBJECTS));
        }
        let subject = complaints.subject(ended.status.code());
        let said = complaints.lines_but(&[]).join("\n");
        Err(failed(&program, &ended, said, subject))
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
            Some(stdout) => self.by_psql(stdout),
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

    fn pour_into(&self, stdin: &mut ChildStdin, reader: &mut dyn Read) -> Result<(), Pouring> {
        let (owners, privileges) = (self.request.owners, self.request.privileges);
        if (owners, privileges) == (Owners::Kept, Privileges::Kept) {
            return pour(reader, stdin, self.server.major);
        }
        let mut without = WithoutRoles::new(stdin, owners, privileges);
        pour(reader, &mut without, self.server.major)
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
            Pouring::Elsewhere { number, text } => RestoreError::Elsewhere { number, text },
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
