//! What the page does in portions stops nobody, and nobody stops it: not who keeps a row for longer than
//! it would wait, and not a limit of the database on how long a statement runs.

use std::thread;
use std::time::{Duration, Instant};

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use dieselkit::migration::{Limit, Limits, RunError, RunReport};
use dieselkit::{Target, UpOptions};

use super::chapter::{Change, Step};
use super::portions::{is_portioned, tables};
use super::writes::{Answer, updates};
use super::{ON_SQLITE, change, changes, measure};
use crate::scene::{Folder, migrator, shown, up};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;

/// How long a migration waits for a lock here.
const BRIEFLY: Duration = Duration::from_millis(100);

/// Rows before the first one of an identity, and a count of the portions that are gone through.
const SCENE: &str = "
    INSERT INTO customers (id, name, street) VALUES (-5, 'Before', '1 Old Street'), (0, 'Zero', NULL);
    INSERT INTO orders (id, customer_id, total, note) VALUES (-5, -5, 1, 'old'), (0, 0, 1, NULL);
    CREATE SEQUENCE __diesel_portions;
    CREATE FUNCTION portion_begins() RETURNS TRIGGER LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM nextval('__diesel_portions');
        RETURN NULL;
    END
    $$;";

/// Which way a migration goes.
#[derive(Clone, Copy)]
enum Way {
    Up,
    Down,
}

impl Way {
    fn file(self, step: &Step) -> Option<&str> {
        let name = match self {
            Self::Up => "up.sql",
            Self::Down => "down.sql",
        };
        step.portions(name)
    }

    /// Returns the release that is at work beside a step.
    fn release(self, step: &Step) -> u8 {
        match self {
            Self::Up => step.release - 1,
            Self::Down => step.release,
        }
    }

    fn run(self, database: &PostgresDatabase<'_>, folder: &Folder) -> Result<RunReport, RunError> {
        let limits = Limits::default().with_lock_timeout(Limit::of(BRIEFLY));
        let mut migrator = migrator(database, folder).with_limits(limits);
        match self {
            Self::Up => migrator.up(&UpOptions::default()),
            Self::Down => migrator.rollback(Target::Steps(1)),
        }
    }
}

/// Returns what a file in portions has still to do: the page's own question for the rows of a portion,
/// asked of the whole table.
fn what_is_left(text: &str) -> String {
    let asked = text.split_once("mine := ARRAY(").map(|(_, asked)| asked);
    let asked = asked.and_then(|asked| asked.split_once("ORDER BY"));
    let (asked, _) = asked.expect("a portion asks for the rows that nobody keeps");
    asked
        .replace(" > done", " IS NOT NULL")
        .replace(" <= next", " IS NOT NULL")
}

#[test]
fn a_row_that_somebody_keeps_stops_no_portions_and_they_stop_nobody() {
    let mut portioned = 0;
    let changes = changes().into_iter().filter(|it| it.title != ON_SQLITE);
    for change in changes.filter(|it| it.steps.iter().any(is_portioned)) {
        let database = database(&change);
        let folder = Folder::new();
        for step in &change.steps {
            measure::write(&folder, step);
            match Way::Up.file(step) {
                Some(_) => beside_a_keeper(&database, &folder, Way::Up, (&change, step), 30),
                None => drop(up(&database, &folder)),
            }
            portioned += usize::from(Way::Up.file(step).is_some());
        }
        for step in change.steps.iter().rev() {
            match Way::Down.file(step) {
                Some(_) => beside_a_keeper(&database, &folder, Way::Down, (&change, step), 30),
                None => drop(shown(Way::Down.run(&database, &folder))),
            }
            portioned += usize::from(Way::Down.file(step).is_some());
        }
    }
    assert!(portioned > 8, "the portions were not found");
}

#[test]
fn portions_run_longer_than_a_statement_may() {
    for change in changes() {
        for step in &change.steps {
            for text in step.files.values().filter(|text| text.contains("LOOP")) {
                let begins = text.starts_with("-- dieselkit: statement_timeout = off\n");
                assert!(begins, "{}", step.name);
            }
        }
    }
    let change = change("Many rows");
    let database = database(&change);
    let folder = Folder::new();
    let [step] = &change.steps[..] else {
        panic!("it is one step");
    };
    measure::write(&folder, step);
    let name = database.name();
    database.execute(&format!(
        "ALTER DATABASE \"{name}\" SET statement_timeout = '2s'"
    ));
    // Each of them pauses for ten milliseconds.
    beside_a_keeper(&database, &folder, Way::Up, (&change, step), 250);
}

fn database(change: &Change) -> PostgresDatabase<'static> {
    let database = measure::database(change);
    database.execute(SCENE);
    database
}

/// Runs a step while the release that is at work keeps two of its rows, one of which it has changed, until
/// so many portions were begun.
fn beside_a_keeper(
    database: &PostgresDatabase<'_>,
    folder: &Folder,
    way: Way,
    (change, step): (&Change, &Step),
    portions: i64,
) {
    let left = what_is_left(way.file(step).expect("it is in portions"));
    let release = way.release(step);
    let kept = updates(change, release, 2500, "kept");
    let missing = database.query_column(&left);
    assert!(missing.len() > 2, "there is nothing to do: {left}");
    let tables = tables(database);
    for table in &tables {
        database.execute(&format!(
            "CREATE TRIGGER portion_begins BEFORE INSERT OR UPDATE ON {table}
             FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION portion_begins()"
        ));
    }
    let mut keeper = database.connect();
    let mut neighbour = database.connect();
    let write = |connection: &mut PgConnection, rows: &str| {
        for table in &tables {
            let key = if *table == "addresses" {
                "customer_id"
            } else {
                "id"
            };
            let write = format!("UPDATE {table} SET {key} = {key} WHERE {key} IN ({rows})");
            connection
                .batch_execute(&write)
                .expect("nobody is in the way");
        }
    };
    keeper.batch_execute("BEGIN").expect("it is connected");
    // One of them lacks what may be missing.
    write(&mut keeper, "2499, 2500");
    for write in &kept {
        keeper.batch_execute(&write.sql).expect("the row is there");
    }
    database.query_text("SELECT setval('__diesel_portions', 1)");
    thread::scope(|scope| {
        let run = scope.spawn(|| way.run(database, folder));
        let since = Instant::now();
        while database.query_i64("SELECT last_value FROM __diesel_portions") < portions {
            if run.is_finished() {
                break;
            }
            assert!(since.elapsed() < Duration::from_mins(2), "it waits: {left}");
            thread::sleep(Duration::from_millis(5));
        }
        let stopped = run.is_finished();
        neighbour
            .batch_execute("SET lock_timeout = '10s'")
            .expect("it is connected");
        write(&mut neighbour, "2498, 2501");
        keeper.batch_execute("COMMIT").expect("nothing failed");
        shown(run.join().expect("nothing panicked"));
        assert!(!stopped, "it did not come back for the row that was kept");
    });
    for table in &tables {
        database.execute(&format!("DROP TRIGGER portion_begins ON {table}"));
    }
    let missing = database.query_column(&left);
    assert!(missing.is_empty(), "{missing:?} were left: {left}");
    let answer = Answer::of(&mut neighbour, change, release, 2500);
    for write in &kept {
        answer.has(write);
    }
}
