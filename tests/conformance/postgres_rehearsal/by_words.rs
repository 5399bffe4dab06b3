//! What the words tell of a lock that an earlier migration has already: the same as is seen where nobody
//! has it yet, statement by statement.

use std::time::Duration;

use dieselkit::UpOptions;
use dieselkit::migration::{NotSeen, RehearsalReport, TableLock, Waiting};

use super::{Database, rehearse};
use crate::rehearsal::on_copy;
use crate::scene::{Folder, shown};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    what_is_altered_is_told_as_it_is_seen,
    what_goes_along_is_told_as_it_is_seen,
    on_a_copy_the_words_tell_of_what_is_in_no_transaction,
    a_transaction_of_its_own_holds_its_locks_to_its_end,
    where_the_words_do_not_tell_of_it_that_is_said,
];

/// Tables with partitions, children, references and views.
const TABLES: &str = "
CREATE TABLE area (id INTEGER PRIMARY KEY, note TEXT);
CREATE TABLE par (id INTEGER NOT NULL, at INTEGER NOT NULL, area INTEGER REFERENCES area (id), u INTEGER,
  CONSTRAINT par_at CHECK (at >= 0)) PARTITION BY RANGE (at);
CREATE TABLE par1 PARTITION OF par FOR VALUES FROM (0) TO (10);
CREATE TABLE par9 PARTITION OF par DEFAULT;
CREATE TABLE aside (id INTEGER NOT NULL, at INTEGER NOT NULL CHECK (at >= 20 AND at < 30),
  area INTEGER, u INTEGER, CONSTRAINT par_at CHECK (at >= 0));
CREATE INDEX par_u ON par (u);
CREATE TABLE base (id INTEGER NOT NULL, note TEXT, CONSTRAINT base_id CHECK (id > 0));
CREATE TABLE kid (more TEXT) INHERITS (base);
CREATE TABLE u (id INTEGER CONSTRAINT u_pkey PRIMARY KEY, other INTEGER CONSTRAINT u_other UNIQUE);
CREATE TABLE o (id INTEGER, u INTEGER CONSTRAINT o_u REFERENCES u (id), note TEXT);
CREATE TABLE oo (u INTEGER REFERENCES u (other));
CREATE TABLE ooo (o INTEGER);
ALTER TABLE o ADD CONSTRAINT o_id UNIQUE (id);
ALTER TABLE ooo ADD CONSTRAINT ooo_o FOREIGN KEY (o) REFERENCES o (id) NOT VALID;
ALTER TABLE o ADD CONSTRAINT o_late CHECK (u > 0) NOT VALID;
CREATE INDEX o_u_index ON o (u);
CREATE VIEW seen AS SELECT id FROM base;
CREATE VIEW seen_again AS SELECT id FROM seen;
CREATE FUNCTION nothing() RETURNS TRIGGER LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER told BEFORE INSERT ON o FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE TRIGGER heard AFTER INSERT ON par FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE SCHEMA store;
CREATE RULE none AS ON DELETE TO o DO INSTEAD NOTHING;
";

/// Everything above, as `LOCK` has it.
const ALL: &str = "area, par, par1, par9, aside, base, kid, u, o, oo, ooo, seen, seen_again";

const ALTERED: [&str; 43] = [
    "ALTER TABLE o ALTER COLUMN u SET STATISTICS 100",
    "ALTER TABLE o ALTER u SET STATISTICS 100",
    "ALTER TABLE o ALTER COLUMN u SET (n_distinct = 5)",
    "ALTER TABLE o ALTER COLUMN u RESET (n_distinct)",
    "ALTER TABLE o ALTER COLUMN note SET STORAGE EXTERNAL",
    "ALTER TABLE o ALTER COLUMN u SET DEFAULT 1",
    "ALTER TABLE o ALTER COLUMN u DROP DEFAULT",
    "ALTER TABLE o ALTER COLUMN u SET NOT NULL",
    "ALTER TABLE o ALTER COLUMN u DROP NOT NULL",
    "ALTER TABLE o ALTER COLUMN note TYPE VARCHAR(9)",
    "ALTER TABLE o ADD COLUMN more INTEGER",
    "ALTER TABLE o ADD COLUMN more INTEGER REFERENCES area (id)",
    "ALTER TABLE o DROP COLUMN note",
    "ALTER TABLE o SET (fillfactor = 50)",
    "ALTER TABLE o SET (autovacuum_enabled = false, fillfactor = 50)",
    "ALTER TABLE o SET (user_catalog_table = true)",
    "ALTER TABLE o RESET (fillfactor)",
    "ALTER TABLE o CLUSTER ON o_u_index",
    "ALTER TABLE o SET WITHOUT CLUSTER",
    "ALTER TABLE o VALIDATE CONSTRAINT o_late",
    "ALTER TABLE ooo VALIDATE CONSTRAINT ooo_o",
    "ALTER TABLE o ADD CONSTRAINT o_more CHECK (id > 0)",
    "ALTER TABLE o ADD CONSTRAINT o_more CHECK (id > 0) NOT VALID",
    "ALTER TABLE o ADD UNIQUE (note)",
    "ALTER TABLE o ADD FOREIGN KEY (id) REFERENCES area (id)",
    "ALTER TABLE o ADD FOREIGN KEY (id) REFERENCES area (id) NOT VALID",
    "ALTER TABLE o ALTER CONSTRAINT o_u DEFERRABLE",
    "ALTER TABLE o DROP CONSTRAINT o_u",
    "ALTER TABLE o DISABLE TRIGGER told",
    "ALTER TABLE o ENABLE TRIGGER ALL",
    "ALTER TABLE o ENABLE ALWAYS TRIGGER told",
    "ALTER TABLE o ENABLE REPLICA TRIGGER told",
    "ALTER TABLE o DISABLE RULE none",
    "ALTER TABLE o ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE o FORCE ROW LEVEL SECURITY",
    "ALTER TABLE o REPLICA IDENTITY FULL",
    "ALTER TABLE oo SET UNLOGGED",
    "ALTER TABLE o OWNER TO CURRENT_USER",
    "ALTER TABLE o RENAME TO p",
    "ALTER TABLE o RENAME COLUMN note TO notes",
    "ALTER TABLE o RENAME CONSTRAINT o_u TO o_to_u",
    "ALTER TABLE o SET SCHEMA store",
    "ALTER TABLE o ALTER COLUMN u SET STATISTICS 100, ADD COLUMN more INTEGER",
];

const ALONG: [&str; 49] = [
    "CREATE TABLE par2 PARTITION OF par FOR VALUES FROM (10) TO (20)",
    "ALTER TABLE par ATTACH PARTITION aside FOR VALUES FROM (20) TO (30)",
    "ALTER TABLE par DETACH PARTITION par1",
    "DROP TABLE par1",
    "DROP TABLE par",
    "ALTER TABLE par ADD COLUMN q INTEGER",
    "ALTER TABLE par DROP COLUMN u",
    "ALTER TABLE par ALTER COLUMN u TYPE BIGINT",
    "ALTER TABLE par ALTER COLUMN u SET NOT NULL",
    "ALTER TABLE par ALTER COLUMN u SET DEFAULT 1",
    "ALTER TABLE par ALTER COLUMN u SET STATISTICS 100",
    "ALTER TABLE par ADD CONSTRAINT par_more CHECK (u > 0)",
    "ALTER TABLE par ADD UNIQUE (id, at)",
    "ALTER TABLE par ADD PRIMARY KEY (u, at)",
    "ALTER TABLE par ADD FOREIGN KEY (u) REFERENCES area (id)",
    "ALTER TABLE par DROP CONSTRAINT par_at",
    "ALTER TABLE par DROP CONSTRAINT par_area_fkey",
    "ALTER TABLE par RENAME COLUMN u TO v",
    "ALTER TABLE par RENAME TO parent",
    "ALTER TABLE par DISABLE TRIGGER heard",
    "ALTER TABLE par OWNER TO CURRENT_USER",
    "ALTER TABLE par ENABLE ROW LEVEL SECURITY",
    "CREATE INDEX par_area ON par (area)",
    "DROP INDEX par_u",
    "CREATE TRIGGER more AFTER INSERT ON par FOR EACH ROW EXECUTE FUNCTION nothing()",
    "DROP TRIGGER heard ON par",
    "TRUNCATE par",
    "TRUNCATE par1",
    "LOCK par IN SHARE MODE",
    "LOCK ONLY par",
    "ALTER TABLE base ADD COLUMN q INTEGER",
    "ALTER TABLE ONLY base ALTER COLUMN note SET DEFAULT 'x'",
    "ALTER TABLE base ADD UNIQUE (id)",
    "ALTER TABLE base DISABLE TRIGGER ALL",
    "ALTER TABLE base DROP CONSTRAINT base_id",
    "ALTER TABLE base ALTER COLUMN note TYPE VARCHAR(9)",
    "ALTER TABLE kid NO INHERIT base",
    "CREATE TABLE other () INHERITS (base)",
    "TRUNCATE base",
    "TRUNCATE ONLY base",
    "DROP TABLE kid",
    "DROP TABLE base CASCADE",
    "TRUNCATE u CASCADE",
    "DO $$ BEGIN TRUNCATE u CASCADE; END $$",
    "DO $$ BEGIN LOCK TABLE ONLY par IN SHARE MODE; END $$",
    "DROP TABLE u CASCADE",
    "ALTER TABLE u DROP CONSTRAINT u_pkey CASCADE",
    "ALTER TABLE u DROP COLUMN id CASCADE",
    "ALTER TABLE u DROP CONSTRAINT u_other CASCADE",
];

type Told = (String, Waiting, Option<TableLock>);

/// Returns who would have waited for a version, of tables and views alone: those are locked before.
fn told(report: &RehearsalReport, version: &str) -> Vec<Told> {
    let names: Vec<String> = ALL.split(", ").map(|it| format!("public.{it}")).collect();
    let holds = report.holds.iter();
    let of_tables = holds.filter(|hold| {
        let on = hold.on.as_ref();
        hold.version.as_str() == version && on.is_some_and(|on| names.contains(on))
    });
    let mut told: Vec<Told> = of_tables
        .map(|hold| {
            let on = hold.on.clone().unwrap_or_default();
            (on, hold.waiting, hold.lock)
        })
        .collect();
    told.sort_by(|a, b| a.0.cmp(&b.0));
    told
}

fn compare(database: &Database, statements: &[&str]) {
    database.execute(TABLES);
    let mut wrong = Vec::new();
    for statement in statements {
        let alone = Folder::new();
        alone.add("2_alone", &format!("{statement};"), "SELECT 1;");
        let behind = Folder::new();
        behind.add("1_lock", &format!("LOCK {ALL};"), "SELECT 1;");
        behind.add("2_again", &format!("{statement};"), "SELECT 1;");
        let seen = told(&rehearse(database, &alone), "2");
        let report = rehearse(database, &behind);
        let by_words = told(&report, "2");
        if by_words != seen || !report.unseen.is_empty() {
            wrong.push(format!(
                "{statement}:\n  seen {seen:?}\n  told {by_words:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn what_is_altered_is_told_as_it_is_seen(database: &Database) {
    compare(database, &ALTERED);
}

fn what_goes_along_is_told_as_it_is_seen(database: &Database) {
    compare(database, &ALONG);
}

/// Migrations without a transaction, and who waits for each.
const IN_NONE: [(&str, &[(&str, Waiting)]); 9] = [
    (
        "ALTER TABLE o ALTER COLUMN note TYPE CHAR(9)",
        &[("public.o", Waiting::Everybody)],
    ),
    ("VACUUM FULL base", &[("public.base", Waiting::Everybody)]),
    ("VACUUM base", &[]),
    ("REINDEX TABLE u", &[("public.u", Waiting::Everybody)]),
    ("CREATE INDEX CONCURRENTLY o_note ON o (note)", &[]),
    ("REINDEX TABLE CONCURRENTLY u", &[]),
    ("REINDEX INDEX CONCURRENTLY u_pkey", &[]),
    ("DROP INDEX CONCURRENTLY o_u_index", &[]),
    (
        "TRUNCATE u CASCADE",
        &[
            ("public.o", Waiting::Everybody),
            ("public.oo", Waiting::Everybody),
            ("public.ooo", Waiting::Everybody),
            ("public.u", Waiting::Everybody),
        ],
    ),
];

fn on_a_copy_the_words_tell_of_what_is_in_no_transaction(database: &Database) {
    database.execute(TABLES);
    let folder = Folder::new();
    for (number, (statement, _)) in IN_NONE.iter().enumerate() {
        let name = format!("{}_none", number + 10);
        folder.add_statementwise(&name, &format!("{statement};"), "SELECT 1;");
    }
    let report = shown(on_copy(database, &folder, UpOptions::default()));
    assert_eq!(report.unseen, []);
    for (number, (statement, waits)) in IN_NONE.iter().enumerate() {
        let version = (number + 10).to_string();
        let holds = report.holds.iter();
        let holds = holds.filter(|hold| hold.version.as_str() == version);
        let mut told: Vec<_> = holds
            .map(|hold| {
                assert_eq!(hold.not_seen, Some(NotSeen::FreeAgain), "{statement}");
                (hold.on.as_deref().unwrap_or_default(), hold.waiting)
            })
            .collect();
        told.sort_by_key(|(on, _)| *on);
        assert_eq!(told, *waits, "{statement}");
    }
}

fn a_transaction_of_its_own_holds_its_locks_to_its_end(database: &Database) {
    database.execute(TABLES);
    let folder = Folder::new();
    let text =
        "SELECT 1; BEGIN; LOCK oo; SELECT 2; COMMIT; SELECT 3; ALTER TABLE oo ADD more INTEGER;";
    folder.add_statementwise("1_own", text, "SELECT 1;");
    let report = shown(on_copy(database, &folder, UpOptions::default()));
    let took: Vec<Duration> = report.steps[0]
        .statements
        .iter()
        .map(|statement| statement.execution_time)
        .collect();
    let holds = report.holds.iter();
    let told: Vec<_> = holds.map(|hold| (hold.on.as_deref(), hold.held)).collect();
    let own = took[2..=4].iter().sum();
    let on = Some("public.oo");
    assert_eq!(told, [(on, own), (on, took[6])]);
}

fn where_the_words_do_not_tell_of_it_that_is_said(database: &Database) {
    database.execute(TABLES);
    database
        .execute("CREATE FUNCTION hides() RETURNS VOID LANGUAGE plpgsql AS 'BEGIN LOCK o; END'");
    let folder = Folder::new();
    let renames = "ALTER TRIGGER told ON o RENAME TO heard;";
    folder.add_statementwise("1_named", renames, "SELECT 1;");
    folder.add_statementwise("2_hides", "SELECT hides();", "SELECT 1;");
    folder.add_statementwise("3_all", "VACUUM FULL;", "SELECT 1;");
    folder.add_statementwise("4_mild", "VACUUM; SELECT now();", "SELECT 1;");
    let report = shown(on_copy(database, &folder, UpOptions::default()));
    let unseen = report.unseen.iter();
    let unseen: Vec<_> = unseen
        .map(|it| (it.version.as_str(), it.on.as_deref(), it.why))
        .collect();
    let why = NotSeen::FreeAgain;
    assert_eq!(
        unseen,
        [
            ("1", Some("public.o"), why),
            ("2", None, why),
            ("3", None, why)
        ]
    );
    assert_eq!(report.holds, []);
}
