//! Whoever waits looks who is in the way: with which rights, beside a concurrent build, and in time.

use super::*;

on_one_engine![PostgresDatabase:
    a_run_without_an_address_says_that_it_cannot_look,
    a_run_whose_role_may_connect_once_goes_on_without_looking,
    a_concurrent_build_waits_as_long_as_it_has_to_and_names_whom_for,
    a_look_before_a_concurrent_build_waits_for_nobody,
    who_blocks_is_named_however_short_the_wait_is,
];

fn a_run_without_an_address_says_that_it_cannot_look(database: &Database) {
    let folder = with_table(database);
    // Who has a table, the run finds out by itself afterwards; who has a row, it does not.
    folder.add("1_a", "UPDATE a SET id = 2;", "");
    let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
    let client = Client::begin(database, "shop", "UPDATE a SET id = 3");
    let migrator = Migrator::new(database.connect(), set).with_limits(lock_timeout(1000));
    let report = run_until_it_leaves(migrator, client, (1, |_| true), |migrator| {
        migrator.up(&UpOptions::default())
    });
    let blocked = &report.delays.retries[0].blocked;
    assert!(blocked.by.is_empty(), "{blocked:?}");
    let why = blocked.unseen.as_deref().expect("it is said");
    assert!(why.contains("without an address"), "{why}");
}

fn a_run_whose_role_may_connect_once_goes_on_without_looking(database: &Database) {
    let folder = with_table(database);
    folder.add("1_a", "ALTER TABLE a ADD b TEXT;", "");
    let role = database.create_role("secret");
    let name = &role.name;
    database.execute(&format!(
        "ALTER ROLE {name} CONNECTION LIMIT 1; ALTER TABLE a OWNER TO {name};
         GRANT USAGE, CREATE ON SCHEMA public TO {name}"
    ));
    let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
    let address = database.url_as(&role).parse().expect("it is an address");
    let connected = dieselkit::Database::connect(&address, dieselkit::Absent::Refuse);
    let migrator = Migrator::new(connected.expect("it may connect once"), set);
    let client = Client::begin(database, "shop", "SELECT * FROM a");
    let pid = client.pid;
    // Half of it is time to be refused.
    let migrator = migrator.with_limits(lock_timeout(4000));
    let report = run_until_it_leaves(migrator, client, (1, |_| true), |migrator| {
        migrator.up(&UpOptions::default())
    });
    assert_eq!(done(&report), ["1"]);
    let blocked = &report.delays.retries[0].blocked;
    // Who has the table, it finds out by itself afterwards.
    assert_eq!(pids(blocked), [pid], "{blocked:?}");
    let why = blocked.unseen.as_deref().expect("it is said");
    assert!(why.contains("connect"), "{why}");
}

fn a_concurrent_build_waits_as_long_as_it_has_to_and_names_whom_for(database: &Database) {
    let folder = with_table(database);
    database.execute(&format!(
        "ALTER DATABASE \"{}\" SET lock_timeout = '200ms'",
        database.name()
    ));
    folder.add_statementwise("1_a", "CREATE INDEX CONCURRENTLY by_id ON a (id);", "");
    let client = Client::begin(database, "report", "INSERT INTO a VALUES (2)");
    let pid = client.pid;
    let (mut migrator, waits) = telling_of_waits(database, &folder);
    let leaving = thread::spawn(move || {
        let first = waits.recv_timeout(Duration::from_mins(1));
        // Nobody is named twice, however long it takes.
        let second = waits.recv_timeout(Duration::from_secs(4));
        client.leave();
        (first, second)
    });
    let report = shown(migrator.up(&UpOptions::default()));
    let (first, second) = leaving.join().expect("it left");
    let first = first.expect("it is named while it is waited for");
    assert_eq!(pids(&first), [pid]);
    assert_eq!(first.by[0].application.as_deref(), Some("report"));
    assert!(second.is_err(), "{second:?}");
    assert_eq!(report.delays.waits.len(), 1);
    let valid = "SELECT indisvalid::text FROM pg_index WHERE indexrelid = 'by_id'::regclass";
    assert_eq!(database.query_text(valid), "true");
}

fn a_look_before_a_concurrent_build_waits_for_nobody(database: &Database) {
    let folder = with_table(database);
    folder.add_statementwise("1_a", "CREATE INDEX CONCURRENTLY by_id ON a (id);", "");
    let client = Client::begin(database, "alters", "LOCK TABLE a");
    let pid = client.pid;
    let (mut migrator, waits) = telling_of_waits(database, &folder);
    let leaving = thread::spawn(move || {
        let first = waits.recv_timeout(Duration::from_secs(50));
        client.leave();
        first
    });
    shown(migrator.up(&UpOptions::default()));
    let first = leaving.join().expect("it left");
    let first = first.expect("it is named while it is waited for");
    assert_eq!(pids(&first), [pid]);
}

fn who_blocks_is_named_however_short_the_wait_is(database: &Database) {
    let folder = with_table(database);
    for (sql, limits) in [
        ("ALTER TABLE a ADD b TEXT;", lock_timeout(20)),
        (
            "SET LOCAL lock_timeout = '20ms'; ALTER TABLE a ADD c TEXT;",
            Limits::default(),
        ),
    ] {
        let version = if sql.starts_with("SET") { "2_a" } else { "1_a" };
        folder.add(version, sql, "");
        let client = Client::begin(database, "shop", "SELECT * FROM a");
        let pid = client.pid;
        let migrator = migrator(database, &folder).with_limits(limits);
        let report = run_until_it_leaves(migrator, client, (2, |_| true), |migrator| {
            migrator.up(&UpOptions::default())
        });
        for retry in &report.delays.retries[..2] {
            assert_eq!(pids(&retry.blocked), [pid], "{sql}");
        }
    }
}
