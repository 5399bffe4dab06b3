//! Stand-ins, in an empty database, for what a statement names, so that it is read to its end.
//!
//! `SQLite` looks for the table of `CREATE TRIGGER` and of `ALTER TABLE … ADD`, and for a database
//! that is attached, before it has read the rest. What it says then is known here, and nothing of
//! what is SQL.

use diesel::sqlite::SqliteConnection;

use crate::backend::Backend;
use crate::backend::query::Query;
use crate::backend::tables::quote_identifier;

/// Makes what a complaint misses, in a database that is nobody's; returns whether anything was made,
/// so that it is worth to ask again.
pub(super) fn make(scratch: &mut SqliteConnection, complaint: &str) -> bool {
    let about = |words| complaint.strip_prefix(words);
    if let Some(name) = about("unknown database ") {
        return attach(scratch, name);
    }
    if let Some(name) = about("no such table: ") {
        return make_table(scratch, name);
    }
    // The name that it says may lack the database: but for the stand-in there is no table.
    about("cannot create INSTEAD OF trigger on table: ").is_some() && put_views(scratch)
}

/// Makes a table of a name that may begin with the database that it is in, as `main.a`, or may hold
/// a dot itself.
fn make_table(scratch: &mut SqliteConnection, name: &str) -> bool {
    let create =
        |scratch: &mut _, quoted: &str| ran(scratch, &format!("CREATE TABLE {quoted} (stand_in)"));
    let qualified = name.split_once('.');
    let quoted = qualified.map(|(database, name)| {
        let [quoted, name] = [database, name].map(quote_identifier);
        (database, format!("{quoted}.{name}"))
    });
    if let Some((_, quoted)) = &quoted
        && create(scratch, quoted)
    {
        return true;
    }
    create(scratch, &quote_identifier(name))
        || quoted
            .is_some_and(|(database, quoted)| attach(scratch, database) && create(scratch, &quoted))
}

fn attach(scratch: &mut SqliteConnection, name: &str) -> bool {
    let name = quote_identifier(name);
    ran(scratch, &format!("ATTACH DATABASE ':memory:' AS {name}"))
}

/// Puts a view in the place of each table.
fn put_views(scratch: &mut SqliteConnection) -> bool {
    let tables = Query::new(
        "SELECT schema, name FROM pragma_table_list WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    );
    let tables = scratch.load(&tables).unwrap_or_default();
    let quoted = tables.iter().filter_map(|row| {
        let [database, name] = [row.text(0).ok()?, row.text(1).ok()?];
        let [database, name] = [database, name].map(|name| quote_identifier(&name));
        Some(format!("{database}.{name}"))
    });
    let views: Vec<_> = quoted
        .map(|name| format!("DROP TABLE {name}; CREATE VIEW {name} AS SELECT 1 AS stand_in;"))
        .collect();
    !views.is_empty() && ran(scratch, &views.concat())
}

fn ran(scratch: &mut SqliteConnection, sql: &str) -> bool {
    Backend::batch_execute(scratch, sql).is_ok()
}
