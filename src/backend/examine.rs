//! What an engine tells of itself to whoever looks for what may stand in the way of a run.
//!
//! It knows what is worth telling, and no engine: those ask in their own folders.

use std::time::Duration;

use serde::Serialize;

use super::tables::{DIESEL_TABLE, HISTORY_TABLE, SEEDS_TABLE, Tables};

/// Something that a run needs to be allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Need {
    /// To create something in a schema; where none is named, in the one that comes first.
    CreateIn(Option<String>),
    /// To create something in the schema in which a table is.
    CreateBeside(Named),
    /// To create schemas.
    CreateSchema,
    /// To alter something.
    Own(Sort, Named),
    /// To drop something.
    Drop(Sort, Named),
    /// To have a table's indexes, or what a view keeps, made anew.
    Maintain(Named),
    /// To do something with rows, as `GRANT` names it.
    Right(&'static str, Named),
    /// To take the place of a function or its like, to drop it, or to alter it.
    Routine(RoutineNeed),
    /// To make an extension.
    Extension(ExtensionNeed),
    /// To have all indexes of a schema made anew, or, without one, of the whole database.
    MaintainAll(Option<String>),
}

/// What a run does to a function, a procedure or an aggregate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoutineNeed {
    /// `REPLACE`, `DROP`, or `OWN`.
    pub(crate) deed: &'static str,
    pub(crate) named: Named,
    /// Of each argument, how its type may be written; none where none are said.
    pub(crate) arguments: Option<Vec<Vec<String>>>,
}

/// An extension that a run makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExtensionNeed {
    pub(crate) name: String,
    pub(crate) schema: Option<String>,
    pub(crate) version: Option<String>,
    /// Whether one that is there is left as it is.
    pub(crate) or_existing: bool,
}

/// Among what something is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// Tables, and what is named like one.
    Relation,
    /// Types and domains.
    Type,
    /// Schemas.
    Schema,
}

/// The name of something, as the catalogs have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// None where the search path finds it.
    pub(crate) schema: Option<String>,
    pub(crate) name: String,
}

impl Need {
    /// Returns what a run needs to read and write these tables, and to make or complete them where they
    /// are not whole.
    pub(crate) fn of_tables(tables: &Tables) -> Vec<Self> {
        let schema = || tables.have_a_place().then(|| tables.schema.clone());
        let named = |name: &str| Named {
            schema: schema(),
            name: name.to_owned(),
        };
        let mut needs = Vec::new();
        if !tables.complete() && tables.have_a_place() {
            needs.push(Self::CreateIn(schema()));
        }
        if tables.has_history && !tables.complete() {
            needs.push(Self::Own(Sort::Relation, named(HISTORY_TABLE)));
        }
        for name in tables.existing_names() {
            let rights = rights_on(name).iter();
            needs.extend(rights.map(|right| Self::Right(right, named(name))));
        }
        needs
    }

    /// Returns what emptying these tables needs, where they are there; the numbers of the history begin
    /// anew, which only its owner may say.
    pub(crate) fn of_emptying(tables: &Tables) -> Vec<Self> {
        let named = |name: &str| Named {
            schema: tables.have_a_place().then(|| tables.schema.clone()),
            name: name.to_owned(),
        };
        let diesel = tables.has_diesel.then(|| named(DIESEL_TABLE));
        let history = tables.has_history.then(|| named(HISTORY_TABLE));
        let emptied = diesel.map(|diesel| Self::Right("TRUNCATE", diesel));
        let owned = history.map(|history| Self::Own(Sort::Relation, history));
        emptied.into_iter().chain(owned).collect()
    }
}

/// Something that a reset drops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doomed {
    /// What it is: `table public.users`.
    pub(crate) name: String,
    /// Why the user may not drop it, where that is so.
    pub(crate) forbidden: Option<Defect>,
}

/// Returns what is done with the rows of one of this tool's tables, or Diesel's.
fn rights_on(table: &str) -> &'static [&'static str] {
    match table {
        DIESEL_TABLE => &["SELECT", "INSERT", "DELETE"],
        SEEDS_TABLE => &["SELECT", "INSERT"],
        _ => &["SELECT", "INSERT", "UPDATE"],
    }
}

/// What an engine tells of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Examination {
    /// The engine and its version: `PostgreSQL 15.14`.
    pub server_version: String,
    /// How what is said gets there.
    pub way: Way,
    /// Why nothing can be written, where that is so (a standby, a file that is read-only), and what
    /// helps, in words.
    pub read_only: Option<Defect>,
    /// What the user may not do and a run needs.
    pub lacking: Vec<Defect>,
    /// Indexes that cost every write and serve no query.
    pub invalid_indexes: Vec<Defect>,
    /// Those like them that this user may not drop.
    pub undroppable_indexes: Vec<Defect>,
    /// Indexes of partitioned tables that wait for a partition's.
    pub waiting_indexes: Vec<Defect>,
    /// Partitions that are detached by half.
    pub pending_detaches: Vec<Defect>,
    /// Transactions of others that are open and do nothing.
    pub idle: Vec<IdleTransaction>,
}

/// How what is said gets to an engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Way {
    /// It is in this process.
    Here,
    /// It stays on this machine.
    SameMachine,
    /// Over a network, encrypted by this: `TLSv1.3`.
    Encrypted(String),
    /// Over a network, for everybody on it to read.
    Readable,
}

/// Something that is wrong, and the SQL that cures it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Defect {
    /// What is wrong: a fragment.
    pub what: String,
    /// The statement that cures it.
    pub cure: String,
}

/// An open transaction that does nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IdleTransaction {
    /// The number of the server's process; 0 where it is prepared, and has none.
    pub pid: i64,
    /// The name under which it was prepared, where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prepared: Option<String>,
    /// Who it is.
    pub user: String,
    /// What the program calls itself; empty where it does not.
    pub application: String,
    /// For how long it has been open.
    #[serde(rename = "open_ms", serialize_with = "crate::clock::milliseconds")]
    pub open: Duration,
    /// The tables that it has locked, at most ten.
    pub tables: Vec<String>,
}

impl IdleTransaction {
    /// Returns the statement that ends it, with what it has not committed.
    pub fn ends(&self) -> String {
        crate::event::ends(self.pid, self.prepared.as_deref())
            .unwrap_or_else(|| "SELECT gid FROM pg_prepared_xacts;".to_owned())
    }
}
