//! What ran is tracked, and what did not change is not run again.

use dieselkit::seed::{Reason, SeedError, SeedOptions, SeedState, Seeder, SkipReason, Verdict};
use dieselkit::{Migration, MigrationSet};

use super::{TABLES, ran, seed, seed_with, seeder_of, try_seed};
use crate::scene::{Folder, chain, migrator, state, up};
use crate::support::engine::Engine;

on_both_engines![
    what_did_not_change_is_not_run_again,
    what_changed_runs_again,
    a_comment_does_not_make_a_seed_another_one,
    once_means_never_again_and_always_every_time,
    only_the_named_ones_run,
    each_attempt_has_its_row,
    the_status_says_how_each_seed_stands,
    pending_migrations_stop_a_seeding,
    a_plan_refuses_what_a_seeding_refuses,
    reading_makes_no_table,
];

fn of_two(database: &dyn Engine) -> Folder {
    database.execute(TABLES);
    let folder = Folder::new();
    folder.write(
        "development/010_users.sql",
        "INSERT INTO users (id, email) VALUES (1, 'a@x') ON CONFLICT DO NOTHING;",
    );
    folder.write(
        "development/020_countries.csv",
        "code,name\nCH,Switzerland\nDE,Germany\n",
    );
    folder
}

fn what_did_not_change_is_not_run_again(database: &dyn Engine) {
    let folder = of_two(database);
    let first = seed(database, &folder);
    assert_eq!(
        ran(&first),
        ["development/010_users.sql", "development/020_countries.csv"]
    );
    let before = (state(database), rows(database));
    let second = seed(database, &folder);
    assert_eq!(ran(&second), [""; 0]);
    let unchanged = Verdict::Skip(SkipReason::Unchanged);
    assert!(second.planned.iter().all(|seed| seed.verdict == unchanged));
    assert_eq!((state(database), rows(database)), before);
}

fn what_changed_runs_again(database: &dyn Engine) {
    let folder = of_two(database);
    seed(database, &folder);
    folder.write(
        "development/020_countries.csv",
        "code,name\nCH,Schweiz\nDE,Germany\nFR,France\n",
    );
    let report = seed(database, &folder);
    assert_eq!(ran(&report), ["development/020_countries.csv"]);
    let counts = report.done[0].rows.expect("a data file counts");
    assert_eq!(
        (
            counts.inserted,
            counts.updated,
            counts.deleted,
            counts.unchanged
        ),
        (1, 1, 0, 1)
    );
    // The settings beside a data file are a part of it.
    folder.write(
        "development/020_countries.toml",
        "mode = 'insert_missing'\n",
    );
    assert_eq!(
        ran(&seed(database, &folder)),
        ["development/020_countries.csv"]
    );
}

fn a_comment_does_not_make_a_seed_another_one(database: &dyn Engine) {
    let folder = of_two(database);
    seed(database, &folder);
    folder.write(
        "development/010_users.sql",
        "-- our first user\ninsert into users (id, email) values (1, 'a@x') on conflict do nothing\n",
    );
    assert_eq!(ran(&seed(database, &folder)), [""; 0]);
}

fn once_means_never_again_and_always_every_time(database: &dyn Engine) {
    database.execute("CREATE TABLE log (word TEXT);");
    let folder = Folder::new();
    let log = |word: &str| format!("-- seed: {word}\nINSERT INTO log VALUES ('{word}');");
    folder.write("development/1_once.sql", &log("once"));
    folder.write("development/2_always.sql", &log("always"));
    seed(database, &folder);
    folder.write(
        "development/1_once.sql",
        &format!("{} INSERT INTO log VALUES ('again');", log("once")),
    );
    seed(database, &folder);
    seed_with(database, &folder, &SeedOptions::default().force());
    let words = || database.query_column("SELECT word FROM log ORDER BY word");
    assert_eq!(words(), ["always", "always", "always", "once"]);
    let by_name = SeedOptions::default().force().only(["1_once".to_owned()]);
    seed_with(database, &folder, &by_name);
    assert_eq!(
        words(),
        ["again", "always", "always", "always", "once", "once"]
    );
}

fn only_the_named_ones_run(database: &dyn Engine) {
    let folder = of_two(database);
    let only = |name: &str| SeedOptions::default().only([name.to_owned()]);
    let report = seed_with(database, &folder, &only("020_countries"));
    assert_eq!(ran(&report), ["development/020_countries.csv"]);
    let report = seed_with(database, &folder, &only("development/010_users.sql"));
    assert_eq!(ran(&report), ["development/010_users.sql"]);
    let unknown = try_seed(database, &folder, &only("020_county"));
    assert!(matches!(unknown, Err(SeedError::UnknownName { .. })));
}

fn each_attempt_has_its_row(database: &dyn Engine) {
    let folder = of_two(database);
    let mut seeder =
        seeder_of(database, &folder, "development").with_user(Some("ana"), Some("box"));
    seeder.seed(&SeedOptions::default()).expect("it runs");
    let columns = "name || ' ' || environment || ' ' || status || ' ' || coalesce(rows_inserted, -1) || ' ' || applied_by";
    assert_eq!(
        database.query_column(&format!(
            "SELECT {columns} FROM __dieselkit_seeds ORDER BY id"
        )),
        [
            "development/010_users.sql development SUCCESS -1 ana",
            "development/020_countries.csv development SUCCESS 2 ana",
        ]
    );
    let lengths = "SELECT DISTINCT length(checksum) FROM __dieselkit_seeds WHERE application LIKE 'dieselkit %box'";
    assert_eq!(database.query_i64(lengths), 64);
}

fn the_status_says_how_each_seed_stands(database: &dyn Engine) {
    let folder = of_two(database);
    folder.write("development/030_gone.sql", "SELECT 1;");
    seed(database, &folder);
    folder.remove("development/030_gone.sql");
    folder.write("development/020_countries.csv", "code,name\nCH,Schweiz\n");
    folder.write("common/040_more.sql", "SELECT 1;");
    let report = seeder_of(database, &folder, "development")
        .status()
        .expect("it reads");
    let states: Vec<_> = report
        .seeds
        .iter()
        .map(|seed| (seed.name.as_str(), seed.state))
        .collect();
    assert_eq!(
        states,
        [
            ("development/010_users.sql", SeedState::Done),
            ("development/020_countries.csv", SeedState::Changed),
            ("common/040_more.sql", SeedState::New),
            ("development/030_gone.sql", SeedState::Gone),
        ]
    );
    assert_eq!(report.to_run, 2);
}

fn pending_migrations_stop_a_seeding(database: &dyn Engine) {
    let folder = of_two(database);
    let migrations = || {
        MigrationSet::from_list([Migration::from_sql(
            "1_t",
            "CREATE TABLE t (id INTEGER);",
            None,
        )])
        .expect("a list")
    };
    let before = rows(database);
    let mut seeder = seeder_of(database, &folder, "development").with_migrations(migrations());
    refuses_alike(&mut seeder);
    match seeder.seed(&SeedOptions::default()) {
        Err(SeedError::Pending { versions }) => assert_eq!(versions.len(), 1),
        other => panic!("{other:?}"),
    }
    assert_eq!(rows(database), before);
    let report = seeder.seed(&SeedOptions::default().allow_pending());
    assert_eq!(report.expect("it runs").done.len(), 2);
    let applied = Folder::new();
    applied.add("1_t", "CREATE TABLE t (id INTEGER);", "DROP TABLE t;");
    up(database, &applied);
    drop(migrator(database, &applied));
    seeder
        .seed(&SeedOptions::default())
        .expect("nothing is pending");
}

/// Sees that a plan and a seeding are refused in the same words.
fn refuses_alike(seeder: &mut Seeder) {
    let shown = seeder.plan(&SeedOptions::default());
    let shown = shown.expect_err("the plan is refused");
    let ran = seeder.seed(&SeedOptions::default());
    let ran = ran.expect_err("the seeding is refused");
    assert_eq!(chain(&shown), chain(&ran));
    assert_eq!(shown.hint(), ran.hint());
}

fn a_plan_refuses_what_a_seeding_refuses(database: &dyn Engine) {
    database.execute(TABLES);
    let folder = Folder::new();
    folder.write("production/010_users.csv", "id,email\n1,a\n");
    folder.write("production/010_users.toml", "mode = 'replace'\n");
    folder.write("test/010_user.csv", "id,email\n1,a\n");
    folder.write("development/010_users.csv", "id,emial\n1,a\n");
    // The mark is made by the first seeding, which is refused only afterwards.
    for environment in ["production", "test"] {
        refuses_alike(&mut seeder_of(database, &folder, environment));
    }
    database.execute("DELETE FROM __dieselkit_metadata WHERE key = 'environment'");
    for environment in ["development", "test"] {
        refuses_alike(&mut seeder_of(database, &folder, environment));
    }
}

fn reading_makes_no_table(database: &dyn Engine) {
    let folder = of_two(database);
    let before = database.tables();
    let mut seeder = seeder_of(database, &folder, "development");
    assert_eq!(seeder.status().expect("it reads").to_run, 2);
    let planned = seeder.plan(&SeedOptions::default()).expect("it plans");
    assert!(
        planned
            .iter()
            .all(|seed| seed.verdict == Verdict::Run(Reason::New))
    );
    assert_eq!(database.tables(), before);
}

/// Returns everything that a seeding could have written.
fn rows(database: &dyn Engine) -> Vec<String> {
    let mut rows = database.query_column("SELECT id || email FROM users ORDER BY 1");
    rows.extend(database.query_column("SELECT code || name FROM countries ORDER BY 1"));
    if database.has_table("__dieselkit_seeds") {
        rows.extend(database.query_column("SELECT name FROM __dieselkit_seeds ORDER BY id"));
    }
    rows
}
