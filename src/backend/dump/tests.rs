//! What holds of a copy whatever the engine, and what a scene of one is made of.

use super::*;
use crate::backend::support::engine::Engine;
use crate::backend::support::on_both_engines;

on_both_engines![
    what_is_in_the_database_is_counted,
    a_hash_is_of_what_is_in_the_rows,
    an_empty_database_is_copied,
    an_identity_is_derived_until_one_is_given,
    whoever_asks_to_end_gets_no_copy,
    nothing_is_left_beside_the_copy,
];

/// Everything that a request lends.
pub(crate) struct Scene {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) programs: Programs,
    pub(crate) scope: Scope,
    pub(crate) cancellation: Cancellation,
}

/// What a copy was.
pub(crate) struct Copied {
    pub(crate) moment: Moment,
    pub(crate) facts: DatabaseFacts,
    pub(crate) bytes: Vec<u8>,
    pub(crate) complaints: Vec<String>,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("there is room"),
            programs: Programs::default(),
            scope: Scope::default(),
            cancellation: Cancellation::default(),
        }
    }

    pub(crate) fn request(&self, format: Format) -> DumpRequest<'_> {
        DumpRequest {
            format,
            scope: &self.scope,
            hashing: Hashing::Contents,
            scratch: self.folder.path(),
            folder: None,
            jobs: NonZeroU32::MIN,
            level: None,
            programs: &self.programs,
            patience: Duration::from_secs(20),
            owner: "dieselkit backup",
            cancellation: &self.cancellation,
        }
    }

    /// Copies a database in the engine's first format.
    pub(crate) fn copy(&self, database: &dyn Engine) -> Result<Copied, DumpError> {
        let format = match database.either("sqlite", "postgres") {
            "sqlite" => Format::Sqlite,
            _ => Format::Plain,
        };
        copy(&database.url(), &self.request(format))
    }
}

/// Copies the database of an address.
pub(crate) fn copy(url: &str, request: &DumpRequest<'_>) -> Result<Copied, DumpError> {
    let address = url.parse().expect("the support's URL is right");
    let mut dump = open_dump(&address, request)?;
    let reader = dump.reader();
    let read = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = reader.map(|mut reader| reader.read_to_end(&mut bytes));
        read.transpose().map(|_| bytes)
    });
    let facts = dump.facts(&mut |_, _| {});
    let moment = dump.moment().clone();
    let bytes = read
        .join()
        .expect("it does not panic")
        .expect("a pipe can be read");
    let facts = facts?;
    Ok(Copied {
        moment,
        facts,
        bytes,
        complaints: dump.finish()?,
    })
}

/// Returns the rows of each table, as `NAME ROWS`.
pub(crate) fn counts(facts: &DatabaseFacts) -> Vec<String> {
    let count = |table: &TableFact| format!("{} {}", table.name, table.rows);
    facts.tables.iter().map(count).collect()
}

fn hash_of(facts: &DatabaseFacts, part: &str) -> String {
    let mut tables = facts.tables.iter();
    let table = tables.find(|table| table.name.contains(part));
    let hash = table.and_then(|table| table.content_hash.clone());
    hash.unwrap_or_else(|| panic!("no hash of {part} in {facts:?}"))
}

fn what_is_in_the_database_is_counted(database: &dyn Engine) {
    let id = database.either("INTEGER PRIMARY KEY AUTOINCREMENT", "SERIAL PRIMARY KEY");
    database.execute(&format!(
        "CREATE TABLE \"my \"\"users\"\"\" (id {id}, name TEXT);
INSERT INTO \"my \"\"users\"\"\" (name) VALUES ('ada'), ('grace');
DELETE FROM \"my \"\"users\"\"\" WHERE name = 'grace';
CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY);
INSERT INTO __diesel_schema_migrations VALUES ('10'), ('9'), ('20260131101500');"
    ));
    let copied = Scene::new().copy(database).expect("it is whole");
    let schema = database.either("", "public.");
    let quoted = database.either(
        "\"__diesel_schema_migrations\"",
        "__diesel_schema_migrations",
    );
    assert_eq!(
        counts(&copied.facts),
        [
            format!("{schema}{quoted} 3"),
            format!("{schema}\"my \"\"users\"\"\" 1"),
        ]
    );
    let [sequence] = &copied.facts.sequences[..] else {
        panic!("not one: {:?}", copied.facts.sequences);
    };
    assert_eq!((sequence.last_value, sequence.is_called), (2, true));
    let applied: Vec<_> = copied.moment.applied.iter().map(Version::as_str).collect();
    assert_eq!(applied, ["10", "20260131101500", "9"]);
    assert!(copied.moment.database_bytes > 0);
    let engine = database.either("SQLite 3.", "PostgreSQL ");
    assert!(copied.moment.engine_version.starts_with(engine));
    assert_eq!(copied.complaints, [""; 0]);
}

fn a_hash_is_of_what_is_in_the_rows(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE a (x TEXT, y TEXT); CREATE TABLE b (x TEXT, y TEXT); CREATE TABLE c (x TEXT, y TEXT); CREATE TABLE d (x TEXT, y TEXT);
INSERT INTO a VALUES ('1', NULL), ('1', NULL), ('2', 'z');
INSERT INTO b VALUES ('2', 'z'), ('1', NULL), ('1', NULL);
INSERT INTO c VALUES ('2', 'z'), ('1', NULL), ('1', '');
INSERT INTO d VALUES ('2', 'z'), ('1', NULL);",
    );
    let facts = Scene::new().copy(database).expect("it is whole").facts;
    let name = |letter: &str| database.either("\"{}\"", "public.{}").replace("{}", letter);
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|letter| hash_of(&facts, &name(letter)));
    assert_eq!(a, b);
    assert_ne!(a, c);
    // Two equal rows do not take each other out.
    let alone = ["a", "d"].map(|letter| hash_of(&facts, &name(letter)));
    assert_ne!(alone[0], d);
}

fn an_empty_database_is_copied(database: &dyn Engine) {
    database.execute("SELECT 1");
    let copied = Scene::new().copy(database).expect("it is whole");
    assert_eq!(
        copied.facts,
        DatabaseFacts {
            roles: copied.facts.roles.clone(),
            ..DatabaseFacts::default()
        }
    );
    assert_eq!(copied.moment.applied, []);
}

fn an_identity_is_derived_until_one_is_given(database: &dyn Engine) {
    database.execute("SELECT 1");
    let identity = || {
        Scene::new()
            .copy(database)
            .expect("it is whole")
            .moment
            .identity
    };
    let derived = identity();
    assert_eq!(
        uuid::Uuid::parse_str(&derived).map(|uuid| uuid.get_version_num()),
        Ok(5)
    );
    assert_eq!(identity(), derived);
    database.execute(
        "CREATE TABLE __dieselkit_metadata (key TEXT PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO __dieselkit_metadata VALUES ('identity', 'our own')",
    );
    assert_eq!(identity(), "our own");
}

fn whoever_asks_to_end_gets_no_copy(database: &dyn Engine) {
    database.execute("CREATE TABLE a (id INTEGER)");
    let scene = Scene::new();
    scene.cancellation.cancel();
    let ended = scene.copy(database).map(|copied| copied.moment);
    assert!(matches!(ended, Err(DumpError::Interrupted)), "{ended:?}");
}

fn nothing_is_left_beside_the_copy(database: &dyn Engine) {
    database.execute("CREATE TABLE a (id INTEGER)");
    let scene = Scene::new();
    scene.copy(database).expect("it is whole");
    let address = database.url().parse().expect("it is an address");
    let format = match database.either("sqlite", "postgres") {
        "sqlite" => Format::Sqlite,
        _ => Format::Plain,
    };
    drop(open_dump(&address, &scene.request(format)).expect("it begins"));
    let left = std::fs::read_dir(scene.folder.path()).expect("it is ours");
    assert_eq!(left.count(), 0);
    let tables = database.tables();
    assert_eq!(tables, ["a"]);
}
