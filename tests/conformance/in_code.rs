//! What a scenario is made of whose program carries its migrations in code.
//!
//! Knows the library from outside only; what is right is for the scenarios to say.

use dieselkit::{Absent, Database, DatabaseAddress, Migration, MigrationSet, Migrator, UpOptions};

use crate::support::engine::Engine;

/// Returns the migration `00N_table`, which makes the table `tN`.
fn table(number: usize) -> Migration {
    Migration::from_sql(
        &format!("00{number}_table"),
        &format!("CREATE TABLE t{number} (id INTEGER NOT NULL);"),
        Some(&format!("DROP TABLE t{number};")),
    )
}

/// Returns a set of such migrations.
pub(crate) fn tables(numbers: impl IntoIterator<Item = usize>) -> MigrationSet {
    MigrationSet::from_list(numbers.into_iter().map(table)).expect("each version stands once")
}

/// Connects to a database with a set of migrations.
pub(crate) fn migrator(url: &str, set: MigrationSet) -> Migrator {
    let address: DatabaseAddress = url.parse().expect("it is an address");
    let database = Database::connect(&address, Absent::CreateFile).expect("it can be reached");
    Migrator::new(database, set)
}

/// Applies a set as another program would.
pub(crate) fn apply(database: &dyn Engine, set: MigrationSet) {
    migrator(&database.url(), set)
        .up(&UpOptions::default())
        .expect("it applies");
}

/// Runs the same in several threads that begin at once.
pub(crate) fn at_once<T: Send>(threads: usize, run: impl Fn() -> T + Sync) -> Vec<T> {
    let gate = std::sync::Barrier::new(threads);
    std::thread::scope(|scope| {
        let begin = || {
            gate.wait();
            run()
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(begin)).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, T>| thread.join();
        running
            .into_iter()
            .map(|thread| join(thread).expect("no thread panics"))
            .collect()
    })
}
