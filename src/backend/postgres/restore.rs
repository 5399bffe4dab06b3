//! The way back of a `PostgreSQL` database: a new one beside, filled, and given its name.

mod fill;
mod fitness;
mod leftovers;
mod names;
mod part;
mod users;

use std::io::Read;
use std::num::NonZeroU32;

use diesel::pg::PgConnection;

use super::address::PostgresAddress;
use super::database::{self, Whose, exists_on, in_use, maintenance, named, sessions};
use super::dump::{ask_server, until_cancelled};
use super::programs::Server;
use crate::backend::address::DatabaseAddress;
use crate::backend::database::OtherSessions;
use crate::backend::dump::{DatabaseFacts, Programs, Scope};
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::query::Query;
use crate::backend::restore::{
    Contents, Original, Owners, Place, Privileges, Restore, RestoreError, RestoreRequest,
};
use crate::backend::tables::quote_identifier;
use crate::backend::{Access, Backend};
use crate::cancellation::Cancellation;
use fill::{Filling, Origin};
use leftovers::{RESTORING, unmark};
use names::scratch;

pub(in crate::backend) use fitness::{fitness, needs_of_archive};
pub(in crate::backend) use leftovers::{kept_beside, leftovers, leftovers_on};
pub(in crate::backend) use users::users;

/// A new database, of a name of its own until it is whole.
struct PostgresRestore {
    /// The session that holds its lock, in another database.
    holder: PgConnection,
    address: PostgresAddress,
    shown: DatabaseAddress,
    original: PostgresAddress,
    /// Who may create, rename and drop it: another than who fills it, where a role does that.
    maker: PostgresAddress,
    server: Server,
    owners: Owners,
    privileges: Privileges,
    role: Option<String>,
    jobs: NonZeroU32,
    programs: Programs,
    owner: String,
    cancellation: Cancellation,
    /// Whether it has its name, or is gone.
    settled: bool,
}

/// Creates an empty database on the server of another, which need not be there any more.
pub(in crate::backend) fn open_restore(
    original: &PostgresAddress,
    place: Place<'_>,
    request: &RestoreRequest<'_>,
) -> Result<Box<dyn Restore>, RestoreError> {
    let like = named(original)?;
    let maker = maker(original, request.role)?;
    let filler = request.role.map(|role| original.acting_as(role));
    let filler = filler.as_ref().unwrap_or(original);
    let address = filler.with_database(&scratch(&like, RESTORING));
    let mut server = maintenance(&maker)?;
    if let Place::Into(name) = place {
        refuse_taken(&mut server, name)?;
    }
    create(&mut server, &named(&address)?, &like, request.role)?;
    hold(server, (original, address, maker), request)
}

/// Refuses a script that no new database would take for what is in it. Nothing is made.
pub(in crate::backend) fn refuse_script(
    original: &PostgresAddress,
    script: &mut dyn Read,
    request: &RestoreRequest<'_>,
) -> Result<(), RestoreError> {
    let mut server = maintenance(original)?;
    let server = ask_server(&mut server).during("ask for the server's version")?;
    let filling = Filling {
        address: original,
        server: &server,
        request,
    };
    filling.foretell(script)
}

/// Marks a new database, and holds its lock from then on.
fn hold(
    mut server: PgConnection,
    (original, address, maker): (&PostgresAddress, PostgresAddress, PostgresAddress),
    request: &RestoreRequest<'_>,
) -> Result<Box<dyn Restore>, RestoreError> {
    let server_is = ask_server(&mut server).during("ask for the server's version")?;
    let name = named(&address)?;
    let mut restore = PostgresRestore {
        holder: server,
        shown: DatabaseAddress::Postgres(address.clone()),
        address,
        original: original.clone(),
        maker,
        server: server_is,
        owners: request.owners,
        privileges: request.privileges,
        role: request.role.map(str::to_owned),
        jobs: request.jobs,
        programs: request.programs.clone(),
        owner: request.owner.to_owned(),
        cancellation: request.cancellation.clone(),
        settled: false,
    };
    leftovers::mark(&mut restore.holder, &name)?;
    Ok(Box::new(restore))
}

/// Copies a database whole, as the server does where nobody is connected to it.
/// <https://www.postgresql.org/docs/current/manage-ag-templatedbs.html>
pub(in crate::backend) fn open_copy(
    original: &PostgresAddress,
) -> Result<Box<dyn Restore>, RestoreError> {
    let like = named(original)?;
    let address = original.with_database(&scratch(&like, RESTORING));
    let mut server = maintenance(original)?;
    let statement = format!(
        "CREATE DATABASE {} TEMPLATE {}",
        quote_identifier(&named(&address)?),
        quote_identifier(&like)
    );
    let copied = server.batch_execute(&statement).during("copy the database");
    copied.map_err(|error| in_use(&mut server, like, error))?;
    let cancellation = Cancellation::default();
    let programs = Programs::default();
    let request = RestoreRequest {
        owners: Owners::Kept,
        privileges: Privileges::Kept,
        role: None,
        jobs: NonZeroU32::MIN,
        programs: &programs,
        owner: "",
        cancellation: &cancellation,
    };
    hold(server, (original, address, original.clone()), &request)
}

/// Returns who makes the database that a role is to own: who logs in, where that one may do so and has
/// the rights of the role, too, and else the role itself.
fn maker(original: &PostgresAddress, role: Option<&str>) -> Result<PostgresAddress, BackendError> {
    let Some(role) = role else {
        return Ok(original.clone());
    };
    let query = Query::new(
        "SELECT 1::pg_catalog.int8 FROM pg_catalog.pg_roles AS r WHERE r.rolname = CURRENT_USER \
         AND (r.rolsuper OR r.rolcreatedb AND pg_catalog.pg_has_role((?)::pg_catalog.name, 'USAGE'))",
    );
    let mut server = maintenance(original)?;
    let rows = server.load(&query.bind(role).once());
    let rows = rows.during("ask who may create databases")?;
    Ok(if rows.is_empty() {
        original.acting_as(role)
    } else {
        original.clone()
    })
}

/// Returns where a database is kept that was replaced at a time.
pub(in crate::backend) fn kept_as(original: &PostgresAddress, time: &str) -> PostgresAddress {
    let name = named(original).unwrap_or_default();
    original.with_database(&names::kept(&name, time))
}

/// Returns where a database is restored to for which nobody named a place.
pub(in crate::backend) fn restored_as(original: &PostgresAddress, time: &str) -> PostgresAddress {
    let name = named(original).unwrap_or_default();
    original.with_database(&names::restored(&name, time))
}

/// Returns whether there is a database of an address.
pub(in crate::backend) fn is_there(address: &PostgresAddress) -> Result<bool, BackendError> {
    exists_on(&mut maintenance(address)?, &named(address)?)
}

fn refuse_taken(server: &mut PgConnection, name: &str) -> Result<(), BackendError> {
    if exists_on(server, name)? {
        let name = name.to_owned();
        return Err(BackendError::DatabaseExists { name });
    }
    Ok(())
}

/// Creates a database with nothing in it, and with another's encoding and locale where that is
/// there.
fn create(
    server: &mut PgConnection,
    name: &str,
    like: &str,
    owner: Option<&str>,
) -> Result<(), BackendError> {
    let query = Query::new(include_str!("sql/create_like.sql"))
        .bind(name)
        .bind(like);
    let rows = server
        .load(&query.once())
        .during("ask for the database's locale")?;
    let statement = rows.first().map(|row| row.text(0)).transpose();
    let statement = statement.during("read the database's locale")?;
    let plain = || {
        format!(
            "CREATE DATABASE {} TEMPLATE template0",
            quote_identifier(name)
        )
    };
    let owner = owner.map(|owner| format!(" OWNER {}", quote_identifier(owner)));
    server
        .batch_execute(&(statement.unwrap_or_else(plain) + &owner.unwrap_or_default()))
        .during("create the database")
}

impl Restore for PostgresRestore {
    fn address(&self) -> &DatabaseAddress {
        &self.shown
    }

    fn make_ready(&mut self, scope: &Scope, facts: &DatabaseFacts) -> Result<(), RestoreError> {
        if !scope.is_picked() {
            return Ok(());
        }
        let mut connection = database::open(&self.address, Access::ReadWrite)?;
        Ok(part::make_ready(&mut connection, scope, facts)?)
    }

    fn fill(&mut self, contents: Contents<'_>) -> Result<Vec<String>, RestoreError> {
        let request = RestoreRequest {
            owners: self.owners,
            privileges: self.privileges,
            role: self.role.as_deref(),
            jobs: self.jobs,
            programs: &self.programs,
            owner: &self.owner,
            cancellation: &self.cancellation,
        };
        let filling = Filling {
            address: &self.address,
            server: &self.server,
            request: &request,
        };
        match contents {
            Contents::Stream(reader) => filling.by_psql(reader, Origin::Somebodys),
            Contents::Backup(reader) => filling.by_psql(reader, Origin::Backup),
            Contents::Archive(path) => filling.by_pg_restore(path),
        }
    }

    fn analyze(&mut self) -> Result<(), RestoreError> {
        let mut connection = database::open(&self.address, Access::ReadWrite)?;
        let ended = (&self.address, &self.cancellation);
        Ok(until_cancelled(&mut connection, ended, |connection| {
            let analyzed = connection.batch_execute("ANALYZE");
            Ok(analyzed.during("analyze what was restored")?)
        })?)
    }

    fn keep(&mut self, name: &str) -> Result<DatabaseAddress, RestoreError> {
        let new = named(&self.address)?;
        refuse_taken(&mut self.holder, name)?;
        let statements = [unmark(&new), rename(&new, name)];
        let swapped = swap(&mut self.holder, statements.into_iter(), &[&new]);
        // Its code is one that Diesel keeps to itself, and its words are in the server's language.
        swapped.or_else(|error| {
            refuse_taken(&mut self.holder, name)?;
            Err(error)
        })?;
        self.settled = true;
        let kept = self.original.with_database(name);
        Ok(DatabaseAddress::Postgres(kept))
    }

    fn replace(
        &mut self,
        _original: Original,
        time: &str,
    ) -> Result<Option<DatabaseAddress>, RestoreError> {
        let name = named(&self.original)?;
        let kept = kept_as(&self.original, time);
        let before = named(&kept)?;
        let mut server = maintenance(&self.maker)?;
        let was_there = exists_on(&mut server, &name)?;
        let new = named(&self.address)?;
        let mut statements = vec![unmark(&new)];
        if was_there {
            let like = same_database(&mut server, &new, &name);
            statements.extend(like.during("ask for the database's settings")?);
        }
        let old = was_there.then(|| rename(&name, &before));
        let renames = old.into_iter().chain([rename(&new, &name)]);
        let swapped = swap(
            &mut server,
            statements.into_iter().chain(renames),
            &[&name, &new],
        );
        let wanted = if was_there { &before } else { &name };
        swapped.or_else(|error| {
            refuse_taken(&mut server, wanted)?;
            Err(error)
        })?;
        self.settled = true;
        Ok(was_there.then_some(DatabaseAddress::Postgres(kept)))
    }

    fn give_up(&mut self) -> Result<(), RestoreError> {
        if self.settled {
            return Ok(());
        }
        let maker = self.maker.with_database(&named(&self.address)?);
        database::drop_database(&maker, OtherSessions::End)?;
        self.settled = true;
        Ok(())
    }
}

fn rename(from: &str, to: &str) -> String {
    let (from, to) = (quote_identifier(from), quote_identifier(to));
    format!("ALTER DATABASE {from} RENAME TO {to}")
}

/// Returns the statements that give a new database what belongs to another as a whole.
fn same_database(
    server: &mut PgConnection,
    new: &str,
    like: &str,
) -> Result<Vec<String>, DatabaseError> {
    let query = Query::new(include_str!("sql/same_database.sql"))
        .bind(new)
        .bind(like);
    let rows = server.load(&query.once())?;
    rows.iter().map(|row| row.text(0)).collect()
}

/// Does all of it in one transaction: there is no moment without a database of the name, and
/// nothing half done for a crash to leave.
fn swap(
    server: &mut PgConnection,
    statements: impl Iterator<Item = String>,
    names: &[&str],
) -> Result<(), RestoreError> {
    let action = "give the new database its name";
    server.batch_execute("BEGIN").during(action)?;
    let mut swapped = Ok(());
    for statement in statements {
        swapped = swapped.and_then(|()| server.batch_execute(&statement));
    }
    let swapped = swapped.and_then(|()| server.batch_execute("COMMIT"));
    let Err(error) = swapped else {
        return Ok(());
    };
    // The first error is the one worth telling.
    let _ = server.batch_execute("ROLLBACK");
    for name in names {
        let users = sessions(server, name, Whose::Everybodys).unwrap_or_default();
        // The code of that error is 55006, which Diesel keeps to itself; its details count the
        // sessions, in the server's language.
        if error.detail.is_some() && !users.is_empty() {
            let name = (*name).to_owned();
            return Err(RestoreError::InUse { name, users });
        }
    }
    Err(BackendError::Query {
        action,
        source: error,
    }
    .into())
}

impl Drop for PostgresRestore {
    fn drop(&mut self) {
        // Whoever wants to know has given it up before; the next restore removes what stays.
        let _ = self.give_up();
    }
}

#[cfg(test)]
mod tests;
