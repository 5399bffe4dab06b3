//! The changes of the page on PostgreSQL, beside programs of both releases.

use dieselkit::{Target, UpOptions};

use super::chapter::{Change, Step};
use super::program::{Client, Program};
use super::{ON_SQLITE, changes, measure};
use crate::scene::{Folder, chain, migrator, rollback, up};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;

type Database = PostgresDatabase<'static>;

/// Makes two tests of each section: what hurts hurts, and what does not does not.
macro_rules! sections {
    ($($name:ident: $title:expr,)+) => {
        $(mod $name {
            #[test]
            fn the_dangerous_way_hurts_as_it_says() {
                super::dangerous(&crate::zero_downtime::change($title));
            }

            #[test]
            fn the_steps_stop_nobody() {
                super::there_and_back(&crate::zero_downtime::change($title));
            }
        })+

        #[test]
        fn no_section_is_left_out() {
            let tested = [$($title),+, ON_SQLITE];
            let titles = changes().into_iter().map(|change| change.title);
            assert_eq!(titles.collect::<Vec<_>>(), tested);
        }
    };
}

sections! {
    default: "A column with a default",
    not_null: "NOT NULL on a column that exists",
    column_name: "Another name for a column",
    table_name: "Another name for a table",
    column_type: "Another type for a column",
    foreign_key: "A foreign key",
    unique: "A unique constraint",
    index: "An index",
    dropped_column: "A column that goes",
    dropped_table: "A table that goes",
    new_value: "A new value of an enumeration",
    other_value: "A value that is renamed or removed",
    many_rows: "Many rows",
    split: "A table that is split",
}

fn dangerous(change: &Change) {
    for dangerous in &change.dangerous {
        let database = measure::database(change);
        let folder = Folder::new();
        if let Some(why) = dangerous.told.waits.strip_prefix("fails: ") {
            folder.add("1_dangerous", &dangerous.sql, "");
            let refused = migrator(&database, &folder).up(&UpOptions::default());
            let error = refused.expect_err("it fails");
            assert!(chain(&error).contains(why), "{}", chain(&error));
            continue;
        }
        let mut client = Client::new(database.connect(), change.program(1)).expect("it is right");
        client.round().expect("release 1 is at work");
        let step = Step {
            name: "1_dangerous".to_owned(),
            files: [("up.sql".to_owned(), dangerous.sql.clone())].into(),
            ..Step::default()
        };
        let mut told = measure::apply(&database, &folder, &step);
        // Whoever has prepared its statements before, or prepares them now.
        let new = Client::new(database.connect(), change.program(1));
        if client
            .round()
            .and(new.and_then(|mut new| new.round()))
            .is_err()
        {
            told.waits.push_str("; breaks release 1");
        }
        assert_eq!(told, dangerous.told, "{}", dangerous.sql);
    }
}

/// Makes a change beside the programs, release by release, and then takes it back, and makes it again.
fn there_and_back(change: &Change) {
    let database = measure::database(change);
    let before = columns(&database);
    let folder = Folder::new();
    let mut stage = Stage::new(&database, change);
    for release in 2..=change.last_release() {
        stage.finds_nothing_before(release);
        for step in change.steps_of(release) {
            assert_eq!(
                measure::apply(&database, &folder, step),
                step.told,
                "{}",
                step.name
            );
            stage.program.works(&step.name);
        }
        stage.replace_by(release);
    }
    let after = columns(&database);
    for release in (2..=change.last_release()).rev() {
        for step in change.steps_of(release).rev() {
            if !step.is_statementwise() {
                stage.go_back_to(release - 1);
            }
            let report = rollback(&database, &folder, Target::Steps(1));
            assert_eq!(report.done[0].name, step.name);
            stage.program.works(&step.name);
        }
        stage.go_back_to(release - 1);
    }
    stage.program.stop();
    assert_eq!(columns(&database), before);
    up(&database, &folder);
    assert_eq!(columns(&database), after);
}

/// The programs that are at work: one, and two of them while one takes the place of the other.
struct Stage<'a> {
    database: &'a Database,
    change: &'a Change,
    release: u8,
    program: Program,
}

impl<'a> Stage<'a> {
    fn new(database: &'a Database, change: &'a Change) -> Self {
        let program = Program::start(database.connect(), change.program(1));
        program.works("release 1");
        Self {
            database,
            change,
            release: 1,
            program,
        }
    }

    /// Starts another release beside the one that is at work, and then stops that.
    fn replace_by(&mut self, release: u8) {
        self.release = release;
        let statements = self.change.program(release);
        let new = Program::start(self.database.connect(), statements);
        new.works(&format!("release {release} is there"));
        self.program
            .works(&format!("release {release} is beside it"));
        new.works(&format!("release {release} beside the other one"));
        std::mem::replace(&mut self.program, new).stop();
    }

    /// Does so where it is not that release already, and only where nothing is found that would be
    /// lost by it.
    fn go_back_to(&mut self, release: u8) {
        if self.release > release {
            self.finds_nothing_before(self.release + 1);
            self.replace_by(release);
        }
    }

    /// Asks what has to find nothing before the migrations of a release.
    fn finds_nothing_before(&self, release: u8) {
        if let Some(check) = self.change.checks.get(&release) {
            let check = check.trim().trim_end_matches(';');
            let found = self.database.query_column(check);
            assert!(found.is_empty(), "before release {release}: {found:?}");
        }
    }
}

/// Returns what the database consists of, whatever the order in which it was made.
fn columns(database: &Database) -> Vec<String> {
    let own = "NOT LIKE '\\_\\_%'";
    database.query_column(&format!(
        "SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable)
         FROM information_schema.columns WHERE table_schema = 'public' AND table_name {own}
         UNION ALL
         SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid))
         FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text {own}
         UNION ALL
         SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename {own}
         UNION ALL
         SELECT concat_ws(' ', tgrelid::regclass, tgname) FROM pg_trigger
         WHERE NOT tgisinternal AND tgrelid::regclass::text {own}
         ORDER BY 1"
    ))
}
