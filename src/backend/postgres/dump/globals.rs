//! What belongs to a whole server, and so is in no database: its roles and tablespaces.

use std::ffi::OsStr;
use std::io::Read as _;
use std::path::Path;

use diesel::pg::PgConnection;

use super::login::{self, Login};
use super::{ask_server, concluded};
use crate::backend::address::DatabaseAddress;
use crate::backend::dump::{DumpError, DumpRequest, Globals};
use crate::backend::error::{DatabaseError, During};
use crate::backend::postgres::address::PostgresAddress;
use crate::backend::postgres::database;
use crate::backend::postgres::programs::{self, Program};
use crate::backend::query::Query;
use crate::backend::redact::Redactor;
use crate::backend::tool::{Input, Invocation, Running};
use crate::backend::{Access, Backend};

/// What a whole text ends in.
const END: &[u8] = b"PostgreSQL database cluster dump complete";

/// Returns the SQL that makes the server's roles and tablespaces. It holds the hashes of the
/// passwords where the user may see them, and says where not.
pub(in crate::backend) fn globals(
    address: &PostgresAddress,
    request: &DumpRequest<'_>,
) -> Result<Globals, DumpError> {
    let mut connection = database::open(address, Access::ReadOnly)?;
    let server = ask_server(&mut connection).during("ask for the server's version")?;
    let blind = blind_user(&mut connection).during("ask for the user's rights")?;
    let program = programs::find(request.programs, programs::PG_DUMPALL, &server)?;
    let mut flags = vec!["--globals-only".to_owned(), "--no-password".to_owned()];
    if blind.is_some() {
        flags.push("--no-role-passwords".to_owned());
    }
    if programs::knows(&program, "--restrict-key") {
        flags.push(format!("--restrict-key={}", super::arguments::RESTRICT_KEY));
    }
    let login = Login::of(address, request.owner)?;
    let mut running = start(&program, &login, &flags, request)?;
    let mut text = Vec::new();
    // What cannot be read to its end has none.
    let _ = running
        .take_stdout()
        .map(|mut stdout| stdout.read_to_end(&mut text));
    let redactor = Redactor::for_address(&DatabaseAddress::Postgres(address.clone()));
    let mut complaints = concluded(running, &program, &redactor, request.cancellation)?;
    complaints.extend(blind.map(|user| {
        format!("the roles are without their passwords: the user `{user}` may not read `pg_authid`")
    }));
    if text.windows(END.len()).any(|window| window == END) {
        return Ok(Globals { text, complaints });
    }
    let path = program.tool.path;
    Err(DumpError::Silent { path })
}

fn start(
    program: &Program,
    login: &Login,
    flags: &[String],
    request: &DumpRequest<'_>,
) -> Result<Running, DumpError> {
    let database = format!("--dbname={}", login.conninfo());
    let arguments = flags.iter().chain([&database]);
    let arguments: Vec<_> = arguments.map(OsStr::new).collect();
    let passfile = login.passfile().and_then(Path::to_str);
    let variables: Vec<_> = passfile
        .map(|path| (login::PASSFILE, path))
        .into_iter()
        .collect();
    let invocation = Invocation {
        program: program.tool.path.to_str().unwrap_or(programs::PG_DUMPALL),
        arguments: &arguments,
        folder: Path::new("."),
        variables: &variables,
        without: login.without(),
    };
    let started = Running::start(&invocation, Input::Nothing, request.cancellation);
    Ok(started?)
}

/// Returns the user, where it may not see the passwords' hashes.
fn blind_user(connection: &mut PgConnection) -> Result<Option<String>, DatabaseError> {
    let query = "SELECT pg_catalog.has_table_privilege('pg_catalog.pg_authid', 'SELECT'), current_user::pg_catalog.text";
    let rows = connection.load(&Query::new(query).once())?;
    match rows.first() {
        Some(row) if !row.boolean(0)? => Ok(Some(row.text(1)?)),
        _ => Ok(None),
    }
}
