//! Whether a server has what a backup needs. It is asked, and nothing is made on it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::pg::PgConnection;

use super::{maker, refuse_taken};
use crate::backend::Backend as _;
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::postgres::address::PostgresAddress;
use crate::backend::postgres::database::{maintenance, named};
use crate::backend::postgres::dump::ask_server;
use crate::backend::postgres::programs::{self, Server};
use crate::backend::query::Query;
use crate::backend::restore::{
    Fitness, Lack, Needs, Owners, Place, Privileges, RestoreRequest, Room, free_bytes,
    needs_of_list,
};
use crate::backend::tool::{self, Invocation, Patience};

/// How long `pg_restore` may take to list what is in an archive: it reads its head alone.
const LISTING_TAKES: Duration = Duration::from_mins(1);

const ACTION: &str = "ask what the server has";

/// Returns what a server lacks of what a backup needs.
pub(in crate::backend) fn fitness(
    original: &PostgresAddress,
    place: Place<'_>,
    needs: &Needs,
    request: &RestoreRequest<'_>,
) -> Result<Fitness, BackendError> {
    let mut server = maintenance(original)?;
    if let Place::Into(name) = place {
        refuse_taken(&mut server, name)?;
    }
    let is = ask_server(&mut server).during(ACTION)?;
    let mut found = Fitness {
        server: Some(is.version.clone()),
        psql: Some(original.psql()),
        ..Fitness::default()
    };
    found
        .lacks
        .extend(lacks_of_server(&mut server, &is, needs, request)?);
    let unfit = request.role.map(|role| unfit(&mut server, role));
    match unfit.transpose()?.flatten() {
        Some(lack) => found.lacks.push(lack),
        None => found
            .lacks
            .extend(lacks_of_maker(original, place, request)?),
    }
    let folder = folder(&mut server)?;
    Ok(found.with_room(Room {
        needed_bytes: needs.bytes,
        free_bytes: folder.as_deref().and_then(free_bytes),
        folder,
    }))
}

/// Returns what a backup needs that is not on a server.
fn lacks_of_server(
    server: &mut PgConnection,
    is: &Server,
    needs: &Needs,
    request: &RestoreRequest<'_>,
) -> Result<Vec<Lack>, BackendError> {
    let mut lacks = Vec::new();
    // Who is granted something, but owns nothing, is not told from the others.
    if request.owners == Owners::Kept && request.privileges == Privileges::Kept {
        let there = "SELECT rolname::pg_catalog.text FROM pg_catalog.pg_roles";
        let roles = missing(server, there, &needs.roles)?;
        lacks.extend(roles.map(|roles| Lack::Roles { roles }));
    }
    let there = "SELECT name::pg_catalog.text FROM pg_catalog.pg_available_extensions";
    let extensions = missing(server, there, &needs.extensions)?;
    lacks.extend(extensions.map(|extensions| Lack::Extensions {
        extensions,
        major: is.major,
    }));
    if let (Some(major), Some(made_of)) = (needs.major(), &needs.engine_version)
        && major > is.major
    {
        lacks.push(Lack::OlderServer {
            made_of: made_of.clone(),
            server: is.version.clone(),
        });
    }
    Ok(lacks)
}

/// Returns what the list of an archive says, where `pg_restore` can read it.
pub(in crate::backend) fn needs_of_archive(
    original: &PostgresAddress,
    archive: &Path,
    request: &RestoreRequest<'_>,
) -> Option<Needs> {
    let server = ask_server(&mut maintenance(original).ok()?).ok()?;
    let program = programs::find(request.programs, programs::PG_RESTORE, &server).ok()?;
    // A path from the root is no flag.
    let archive = std::path::absolute(archive).ok()?;
    let invocation = Invocation {
        program: program.tool.path.to_str()?,
        arguments: &[OsStr::new("--list"), archive.as_os_str()],
        folder: Path::new("."),
        variables: &[],
        without: &[],
    };
    let patience = Patience::of(LISTING_TAKES, request.cancellation.clone());
    let listed = tool::run(&invocation, &patience).ok()?;
    Some(needs_of_list(&String::from_utf8_lossy(&listed.stdout)))
}

/// Returns the names that a query does not return, if any.
fn missing(
    server: &mut PgConnection,
    query: &str,
    wanted: &[String],
) -> Result<Option<Vec<String>>, BackendError> {
    let rows = server.load(&Query::new(query).once()).during(ACTION)?;
    let there: Result<Vec<String>, DatabaseError> = rows.iter().map(|row| row.text(0)).collect();
    let there = there.during(ACTION)?;
    let missing = wanted.iter().filter(|name| !there.contains(name));
    let missing: Vec<String> = missing.cloned().collect();
    Ok((!missing.is_empty()).then_some(missing))
}

/// Returns why nobody can restore as a role.
fn unfit(server: &mut PgConnection, role: &str) -> Result<Option<Lack>, BackendError> {
    let query = Query::new(
        "SELECT CURRENT_USER::pg_catalog.text, pg_catalog.pg_has_role(r.oid, 'MEMBER')::pg_catalog.int4::pg_catalog.int8 \
         FROM pg_catalog.pg_roles AS r WHERE r.rolname = (?)::pg_catalog.text",
    );
    let rows = server.load(&query.bind(role).once()).during(ACTION)?;
    let role = role.to_owned();
    let Some(row) = rows.first() else {
        return Ok(Some(Lack::NoSuchRole { role }));
    };
    let user = row.text(0).during(ACTION)?;
    let is_member = row.integer(1).during(ACTION)? == 1;
    Ok((!is_member).then_some(Lack::NotAMember { role, user }))
}

/// Returns the rights that are missing to who makes the new database, and gives it its name.
fn lacks_of_maker(
    original: &PostgresAddress,
    place: Place<'_>,
    request: &RestoreRequest<'_>,
) -> Result<Vec<Lack>, BackendError> {
    let mut server = maintenance(&maker(original, request.role)?)?;
    let replaced = match place {
        Place::Beside => named(original)?,
        Place::Into(_) => String::new(),
    };
    let query = Query::new(include_str!("../sql/rights_of_maker.sql")).bind(replaced.as_str());
    let rows = server.load(&query.once()).during(ACTION)?;
    let Some(row) = rows.first() else {
        return Ok(Vec::new());
    };
    let user = row.text(0).during(ACTION)?;
    let mut lacks = Vec::new();
    if row.integer(1).during(ACTION)? == 0 {
        lacks.push(Lack::MayNotCreate { user: user.clone() });
    }
    if row.integer(2).during(ACTION)? == 0 {
        let database = replaced;
        lacks.push(Lack::NotOwned { database, user });
    }
    Ok(lacks)
}

/// Returns the folder of the server's data, where that is on this machine and its user may know it.
fn folder(server: &mut PgConnection) -> Result<Option<PathBuf>, BackendError> {
    let query = Query::new(include_str!("../sql/data_folder.sql")).once();
    let rows = server.load(&query).during(ACTION)?;
    let folder = rows.first().map(|row| row.text(0)).transpose();
    let folder = folder.during(ACTION)?.map(PathBuf::from);
    Ok(folder.filter(|folder| folder.exists()))
}
