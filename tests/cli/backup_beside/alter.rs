//! Who changes the shape of a table while it is backed up. A reader that comes behind somebody who
//! waits to change a table waits with him: what a backup holds of a table, it holds no longer than
//! it must.

use diesel::{Connection as _, PgConnection};

use super::*;
use crate::processes::Running;
use crate::session::studio;

/// Returns a project with rows, whose programs are those of its folder.
fn shop(database: &PostgresDatabase<'_>) -> Project {
    let project = studio(database).config("[backups]\npg_dump = \"./pg_dump\"\n");
    project.run(["up", "-q"]).succeeds();
    database.execute("INSERT INTO users SELECT generate_series(1, 1000)");
    project
}

#[track_caller]
fn wait_for(project: &Project, file: &str) {
    for _ in 0..600 {
        if project.path(file).exists() {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("`{file}` was not there within 30 s");
}

/// Runs a statement that gives up after a while, rather than waiting for a backup that does not
/// go on before it is done.
fn done_in_time(database: &PostgresDatabase<'_>, statement: &str) {
    database.execute(&format!("SET lock_timeout = '40s'; {statement}"));
}

/// Tables are rewritten between the moment and the dump of it, and again while it is dumped, and
/// read all the time: all of them are done, and what is backed up is whole.
#[test]
fn tables_are_altered_and_read_while_they_are_backed_up() {
    let database = PostgresDatabase::create();
    let project = shop(&database);
    // Long enough for somebody to come in between, before and after it has its locks.
    let slow = ": > begun; sleep 0.5; $REAL \"$@\" | (head -c 100; : > dumping; sleep 0.5; cat)";
    database.cluster().stand_in(&project, "pg_dump", slow);
    let ended = AtomicBool::new(false);
    let read = AtomicU64::new(0);
    let alter = |file: &str, kind: &str| {
        wait_for(&project, file);
        done_in_time(
            &database,
            &format!("ALTER TABLE users ALTER id TYPE {kind}"),
        );
    };
    let made = thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::SeqCst) {
                done_in_time(&database, "SELECT count(*) FROM users");
                read.fetch_add(1, Ordering::SeqCst);
            }
        });
        let altering = scope.spawn(|| {
            alter("begun", "BIGINT");
            alter("dumping", "TEXT");
        });
        let made = project.run(["backup", "--verify", "restore", "--json"]);
        let altered = altering.join().is_ok();
        let seen = read.load(Ordering::SeqCst);
        let begun = Instant::now();
        while read.load(Ordering::SeqCst) <= seen && begun.elapsed() < Duration::from_mins(1) {
            thread::sleep(Duration::from_millis(20));
        }
        let reads_on = read.load(Ordering::SeqCst) > seen;
        ended.store(true, Ordering::SeqCst);
        assert!(altered && reads_on, "{} reads", read.load(Ordering::SeqCst));
        made
    });
    let made = made.succeeds().json();
    assert_eq!(made["data"]["backup"]["verdict"], "restored");
    let kind = "SELECT data_type FROM information_schema.columns WHERE table_name = 'users'";
    assert_eq!(database.query_text(kind), "text");
}

/// As long as the dump lasts, its own locks are in the way. When it is over, nothing is: not while
/// the backup is read again, and not while it is restored to verify it.
#[test]
fn nobody_waits_for_a_backup_that_has_been_read() {
    let database = PostgresDatabase::create();
    let project = shop(&database);
    database
        .cluster()
        .stand_in(&project, "pg_dump", "exec $REAL \"$@\"");
    let hangs = ": > $0.at_work; while [ ! -e enough ]; do sleep 0.05; done; exec $REAL \"$@\"";
    database.cluster().stand_in(&project, "pg_restore", hangs);
    let flags = ["backup", "--format", "custom", "--hash"];
    let backup = Running::of(&project, &flags);
    wait_for(&project, "pg_restore.at_work");
    done_in_time(&database, "ALTER TABLE users ADD name TEXT");
    done_in_time(&database, "SELECT * FROM users");
    project.write("enough", "");
    backup.ends(&project).succeeds();
    project.remove("enough");
    database.cluster().stand_in(&project, "psql", hangs);
    let backup = Running::of(&project, &["backup", "--verify", "restore"]);
    wait_for(&project, "psql.at_work");
    done_in_time(&database, "ALTER TABLE users DROP name");
    done_in_time(&database, "SELECT * FROM users");
    project.write("enough", "");
    backup.ends(&project).succeeds();
}

/// A backup that waits for one table lets go of the others meanwhile, so that whoever changes them,
/// and whoever reads behind him, gets his turn.
#[test]
fn a_backup_that_waits_for_a_table_keeps_nobody_from_the_others() {
    let database = PostgresDatabase::create();
    let project = shop(&database);
    database
        .cluster()
        .stand_in(&project, "pg_dump", "exec $REAL \"$@\"");
    let mut other = PgConnection::establish(&database.url()).expect("it is there");
    other
        .batch_execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        .expect("it is free");
    let backup = Running::of(&project, &["backup", "--lock-wait", "2m"]);
    let waits = "SELECT count(*) FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation
WHERE c.relname = 'users' AND NOT l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let begun = Instant::now();
    while database.query_i64(waits) == 0 {
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "it waits for nothing"
        );
        thread::sleep(Duration::from_millis(20));
    }
    for table in ["bookings", "rooms"] {
        done_in_time(&database, &format!("ALTER TABLE {table} ADD name TEXT"));
        done_in_time(&database, &format!("SELECT * FROM {table}"));
    }
    other.batch_execute("COMMIT").expect("it is ours");
    backup.ends(&project).succeeds();
}
