//! Two releases that write to the same row lose nothing of each other, in whichever order, when they
//! are replaced and when they are taken back.

use std::thread;
use std::time::{Duration, Instant};

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use dieselkit::Target;

use super::chapter::Change;
use super::writes::{Answer, Write, inserts, updates};
use super::{ON_SQLITE, change, changes, measure};
use crate::scene::{Folder, rollback, up};
use crate::support::engine::column;

/// Makes a test of each section whose releases write to the same.
macro_rules! sections {
    ($($name:ident: $title:expr,)+) => {
        $(#[test]
        fn $name() {
            nobody_loses_a_write(&change($title));
        })+

        #[test]
        fn no_section_is_left_out_in_which_two_releases_write() {
            let titles = changes().into_iter().filter(write_together);
            assert_eq!(titles.map(|change| change.title).collect::<Vec<_>>(), [$($title),+]);
        }
    };
}

sections! {
    not_null: "NOT NULL on a column that exists",
    column_name: "Another name for a column",
    table_name: "Another name for a table",
    column_type: "Another type for a column",
    split: "A table that is split",
}

/// Returns whether two releases that differ change rows.
fn write_together(change: &Change) -> bool {
    let releases = 1..=change.last_release();
    let writes = |release| !updates(change, release, 0, "").is_empty();
    let differ = |release| change.program(release) != change.program(release + 1);
    change.title != ON_SQLITE
        && releases
            .clone()
            .any(|release| differ(release) && writes(release) && writes(release + 1))
}

/// Makes a change and takes it back; at each step those releases write that may be at work.
fn nobody_loses_a_write(change: &Change) {
    let database = measure::database(change);
    let folder = Folder::new();
    let mut scene = Scene {
        change,
        connection: database.connect(),
        open: database.connect(),
        waiting: database.connect(),
        row: 100,
    };
    for release in 2..=change.last_release() {
        for step in change.steps_of(release) {
            measure::write(&folder, step);
            up(&database, &folder);
            scene.alone(release - 1);
        }
        scene.together(release - 1, release);
        scene.alone(release);
    }
    for release in (2..=change.last_release()).rev() {
        let mut is_back = false;
        for step in change.steps_of(release).rev() {
            if !step.is_statementwise() && !is_back {
                scene.together(release, release - 1);
                is_back = true;
            }
            drop(rollback(&database, &folder, Target::Steps(1)));
            scene.alone(if is_back { release - 1 } else { release });
        }
        if !is_back {
            scene.together(release, release - 1);
        }
    }
}

/// A change that is under way.
struct Scene<'a> {
    change: &'a Change,
    connection: PgConnection,
    /// Of a transaction that somebody waits for.
    open: PgConnection,
    /// Of whoever waits.
    waiting: PgConnection,
    /// The last row that was written to: each is used once.
    row: i64,
}

impl Scene<'_> {
    /// Has a release write to a row that nobody else writes to.
    fn alone(&mut self, release: u8) {
        let id = self.next_row();
        for write in updates(self.change, release, id, "alone") {
            self.writes(release, release, id, &write);
        }
    }

    /// Has each of two releases write to a row what the other one has written to as well.
    fn together(&mut self, one: u8, other: u8) {
        for (first, second) in [(one, other), (other, one)] {
            let count = |release| updates(self.change, release, 0, "").len();
            for index in 0..count(first) * count(second) {
                let pair = (index / count(second), index % count(second));
                self.one_after_the_other(first, second, pair);
                self.at_once(first, second, pair);
            }
            for (insert, table) in inserts(self.change, first) {
                self.says(insert);
                let newest = format!("SELECT max(id) FROM {table}");
                let id = self.count(&newest);
                self.read_alike(first, second, id);
                for write in updates(self.change, second, id, "of a new one") {
                    if self.affects(&write, id) {
                        self.writes(second, first, id, &write);
                    }
                }
            }
        }
    }

    /// Has one write where the other one has just written.
    fn one_after_the_other(&mut self, first: u8, second: u8, pair: (usize, usize)) {
        let id = self.next_row();
        let before = updates(self.change, first, id, "first").swap_remove(pair.0);
        let after = updates(self.change, second, id, "second").swap_remove(pair.1);
        self.writes(first, second, id, &before);
        self.writes(second, first, id, &after);
    }

    /// Has one write while the transaction of the other one is still open.
    fn at_once(&mut self, first: u8, second: u8, pair: (usize, usize)) {
        let id = self.next_row();
        let before = updates(self.change, first, id, "open").swap_remove(pair.0);
        let after = updates(self.change, second, id, "waiting").swap_remove(pair.1);
        let (open, waiting) = (&mut self.open, &mut self.waiting);
        let begun = format!("BEGIN; {}", before.sql);
        open.batch_execute(&begun).expect("nobody is in the way");
        let between = Answer::of(open, self.change, second, id);
        thread::scope(|scope| {
            let written = scope.spawn(|| waiting.batch_execute(&after.sql));
            let since = Instant::now();
            while !written.is_finished() && !is_waited_for(open) {
                assert!(since.elapsed() < Duration::from_mins(2), "{}", after.sql);
                thread::sleep(Duration::from_millis(2));
            }
            open.batch_execute("COMMIT").expect("nothing failed");
            let written = written.join().expect("it does not panic");
            written.unwrap_or_else(|error| panic!("{error}, in: {}", after.sql));
        });
        self.read_alike(second, first, id)
            .differs_by(&between, &after);
    }

    /// Has a release write, and proves that both read this, and else what was there.
    fn writes(&mut self, release: u8, other: u8, id: i64, write: &Write) {
        let before = self.read_alike(release, other, id);
        self.says(&write.sql);
        self.read_alike(release, other, id)
            .differs_by(&before, write);
    }

    /// Returns what both releases read, in the words of the first one.
    #[track_caller]
    fn read_alike(&mut self, release: u8, other: u8, id: i64) -> Answer {
        let answer = Answer::of(&mut self.connection, self.change, release, id);
        let others = Answer::of(&mut self.connection, self.change, other, id);
        let title = &self.change.title;
        if answer.is_like(&others) {
            let (answer, others) = (answer.values(), others.values());
            assert_eq!(answer, others, "{title}: releases {release} and {other}");
        }
        answer
    }

    /// Returns whether a write is of a row that is there.
    fn affects(&mut self, write: &Write, id: i64) -> bool {
        let (table, key) = (&write.table, &write.key);
        self.count(&format!("SELECT count(*) FROM {table} WHERE {key} = {id}")) > 0
    }

    fn says(&mut self, sql: &str) {
        let said = self.connection.batch_execute(sql);
        said.unwrap_or_else(|error| panic!("{error}, in: {sql}"));
    }

    fn count(&mut self, sql: &str) -> i64 {
        let found = column!(&mut self.connection, sql);
        found[0].parse().expect("it is a number")
    }

    fn next_row(&mut self) -> i64 {
        self.row += 1;
        self.row
    }
}

/// Returns whether somebody waits for this session.
fn is_waited_for(connection: &mut PgConnection) -> bool {
    let waiting = column!(
        connection,
        "SELECT pid FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    );
    !waiting.is_empty()
}
