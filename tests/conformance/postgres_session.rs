//! A body's settings of a PostgreSQL session end with the body, whatever they are.

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use diesel::r2d2::{ConnectionManager, Pool, PooledConnection};
use dieselkit::migration::{FindingKind, PrepareError, RunError, RunReport, StateLeft};
use dieselkit::{Database, MigrationSet, Migrator, Target, UpOptions};

use crate::scene::{Folder, done, failing_up, failure, shown, tables, up};
use crate::support::engine::{Engine, column};
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    settings_of_a_body_end_with_it,
    another_role_ends_with_its_body,
    settings_of_a_failing_body_end_with_it,
    a_function_that_sets_something_is_put_back_too,
    forgotten_statements_are_prepared_anew,
    a_body_that_forgets_its_statements_and_fails_is_recorded,
    a_role_of_the_bodys_own_transaction_ends_with_it,
    what_the_caller_had_set_is_kept,
    what_gives_up_the_lock_is_refused_and_found,
    what_only_names_the_giving_up_of_locks_is_run,
    a_way_up_that_gives_up_the_lock_unseen_is_rolled_back,
    a_way_down_that_gives_up_the_lock_unseen_is_rolled_back,
    statements_that_give_up_the_lock_unseen_are_noticed,
    nothing_is_run_once_the_lock_is_given_up,
    the_role_of_the_caller_is_kept,
    what_ends_idle_sessions_is_off_while_a_run_lasts,
    what_cannot_be_set_again_is_told,
    what_was_taken_back_need_not_be_set_again,
    a_role_that_is_gone_is_named_with_what_leads_on,
    with_nothing_left_to_run_nothing_is_set_again,
    a_session_that_ended_before_a_run_is_made_anew,
];

type Kept = Pool<ConnectionManager<PgConnection>>;

const EVERYTHING: &str = "SELECT name || '=' || setting FROM pg_catalog.pg_settings WHERE name NOT LIKE 'transaction\\_%' AND name NOT LIKE 'plpgsql.%'
  UNION ALL SELECT 'role=' || current_setting('role')
  UNION ALL SELECT 'user=' || current_setting('session_authorization')
  UNION ALL SELECT 'tenant=' || coalesce(current_setting('app.tenant', true), '')
  ORDER BY 1";

const CHANGES: [&str; 11] = [
    "SET TimeZone = 'Asia/Tokyo';",
    "SET lock_timeout = '7s'; SET work_mem = '9MB';",
    "SET row_security = off;",
    "set default_transaction_read_only = on;",
    "SELECT set_config('app.tenant', '7', false);",
    "SET SESSION app.tenant = '7';",
    "DO $$ BEGIN SET DateStyle = 'German'; END $$;",
    "RESET application_name; SET search_path = '';",
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY;",
    "SET statement_timeout = '9s'; SET idle_in_transaction_session_timeout = '9s';",
    "SET client_encoding = 'LATIN1'; SET standard_conforming_strings = off;",
];

/// One connection that is taken and given back.
struct Held(Kept);

impl Held {
    fn of(database: &PostgresDatabase<'_>) -> Self {
        let manager = ConnectionManager::new(database.url());
        let pool = Pool::builder().max_size(1).build(manager);
        Self(pool.expect("one connection"))
    }

    fn connection(&self) -> PooledConnection<ConnectionManager<PgConnection>> {
        self.0.get().expect("it was given back")
    }

    fn migrator(&self, folder: &Folder) -> Migrator {
        let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
        Migrator::new(Database::from_pool(&self.0).expect("it is free"), set)
    }

    fn up(&self, folder: &Folder) -> Result<RunReport, RunError> {
        self.migrator(folder).up(&UpOptions::default())
    }

    fn back(&self, folder: &Folder) -> Result<RunReport, RunError> {
        self.migrator(folder).rollback(Target::All)
    }

    fn settings(&self) -> Vec<String> {
        column!(&mut *self.connection(), EVERYTHING)
    }
}

/// Three migrations, of which the second changes the session on both ways.
fn folder(change: &str, metadata: &str) -> Folder {
    let folder = Folder::new();
    folder.add(
        "1_seen",
        "CREATE TABLE public.seen (zone TEXT, wait TEXT, form TEXT, tenant TEXT, who TEXT);",
        "DROP TABLE public.seen;",
    );
    folder.add(
        "2_change",
        &format!("{change}\nSELECT 1;"),
        &format!("{change}\nSELECT 1;"),
    );
    folder.write("2_change/metadata.toml", metadata);
    folder.add(
        "3_see",
        "INSERT INTO seen SELECT current_setting('TimeZone'), current_setting('lock_timeout'), current_setting('DateStyle'), coalesce(current_setting('app.tenant', true), ''), current_user;",
        "DELETE FROM seen;",
    );
    folder
}

const BOTH: [&str; 2] = [
    "run_in_transaction = true\n",
    "run_in_transaction = false\n",
];

#[track_caller]
fn leaves_no_trace(database: &PostgresDatabase<'_>, change: &str) {
    for metadata in BOTH {
        let folder = folder(change, metadata);
        let held = Held::of(database);
        let before = held.settings();
        assert_eq!(done(&shown(held.up(&folder))), ["1", "2", "3"], "{change}");
        assert_eq!(held.settings(), before, "{change} {metadata}");
        let seen = "SELECT concat_ws(' ', wait, tenant, who) FROM seen";
        // The limit of its own step.
        assert_eq!(database.query_text(seen), "3s  postgres");
        assert_eq!(
            database.query_text("SELECT zone || form FROM seen"),
            database
                .query_text("SELECT current_setting('TimeZone') || current_setting('DateStyle')")
        );
        assert_eq!(done(&shown(held.back(&folder))), ["3", "2", "1"]);
        assert_eq!(held.settings(), before, "{change} {metadata}");
        assert_eq!(tables(database), [""; 0]);
    }
}

fn settings_of_a_body_end_with_it(database: &PostgresDatabase<'_>) {
    for change in CHANGES {
        leaves_no_trace(database, change);
    }
}

fn another_role_ends_with_its_body(database: &PostgresDatabase<'_>) {
    let owner = database.create_role("secret");
    for verb in ["SET ROLE", "SET SESSION AUTHORIZATION", "SET LOCAL ROLE"] {
        leaves_no_trace(database, &format!("{verb} \"{}\";", owner.name));
    }
}

fn settings_of_a_failing_body_end_with_it(database: &PostgresDatabase<'_>) {
    let owner = database.create_role("secret");
    let role = format!("SET SESSION AUTHORIZATION \"{}\";", owner.name);
    for change in CHANGES.into_iter().chain([role.as_str()]) {
        for metadata in BOTH {
            let folder = folder(&format!("{change}\nDROP TABLE nowhere;"), metadata);
            let held = Held::of(database);
            let before = held.settings();
            let (failed, _) = failure(held.up(&folder));
            assert_eq!(failed.not_recorded, None, "{change}");
            assert_eq!(held.settings(), before, "{change} {metadata}");
            let restart = "DROP TABLE public.seen, __diesel_schema_migrations, __dieselkit_history, __dieselkit_metadata";
            database.execute(restart);
        }
    }
}

fn a_function_that_sets_something_is_put_back_too(database: &PostgresDatabase<'_>) {
    leaves_no_trace(
        database,
        "CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE plpgsql AS 'BEGIN SET lock_timeout = 7000; END'; SELECT pg_temp.f(); DROP FUNCTION pg_temp.f;",
    );
}

fn forgotten_statements_are_prepared_anew(database: &PostgresDatabase<'_>) {
    for change in [
        "DEALLOCATE ALL;",
        "PREPARE p AS SELECT 1; DEALLOCATE p;",
        "DISCARD PLANS;",
    ] {
        leaves_no_trace(database, change);
    }
}

fn a_body_that_forgets_its_statements_and_fails_is_recorded(database: &PostgresDatabase<'_>) {
    for metadata in BOTH {
        let folder = folder("DEALLOCATE ALL; DROP TABLE nowhere;", metadata);
        let held = Held::of(database);
        let (failed, _) = failure(held.up(&folder));
        assert_eq!(failed.not_recorded, None);
        let (failed, _) = failure(held.up(&folder));
        assert!(failed.message.contains("nowhere"), "{failed}");
        database.execute("DROP TABLE seen, __diesel_schema_migrations, __dieselkit_history, __dieselkit_metadata");
    }
}

fn a_role_of_the_bodys_own_transaction_ends_with_it(database: &PostgresDatabase<'_>) {
    let owner = database.create_role("secret");
    let name = &owner.name;
    let change = format!(
        "BEGIN; SET LOCAL ROLE \"{name}\"; SELECT 1; COMMIT; CREATE TABLE mine AS SELECT current_user AS who; DROP TABLE mine;"
    );
    leaves_no_trace(database, &change);
}

fn what_the_caller_had_set_is_kept(database: &PostgresDatabase<'_>) {
    let held = Held::of(database);
    let theirs = "SET lock_timeout = '3s'; SET app.tenant = 'ours'; SET TimeZone = 'Europe/Rome'";
    let set = held.connection().batch_execute(theirs);
    set.expect("settings that are known");
    let before = held.settings();
    let change = "SET lock_timeout = 0; RESET TimeZone; SET app.tenant = 'theirs';";
    let folder = folder(change, BOTH[0]);
    shown(held.up(&folder));
    assert_eq!(held.settings(), before);
    assert_eq!(
        database.query_text("SELECT concat_ws(' ', zone, wait, tenant) FROM seen"),
        "Europe/Rome 3s ours"
    );
}

fn what_gives_up_the_lock_is_refused_and_found(database: &PostgresDatabase<'_>) {
    let refused = [
        "discard  all;",
        "SELECT pg_catalog.PG_ADVISORY_UNLOCK_ALL();",
        "DO $$ BEGIN PERFORM pg_advisory_unlock_all(); END $$;",
    ];
    let each = refused
        .into_iter()
        .flat_map(|change| BOTH.map(|metadata| (change, metadata)));
    for (change, metadata) in each {
        let folder = folder(change, metadata);
        let held = Held::of(database);
        let Err(RunError::Prepare { source, .. }) = held.up(&folder) else {
            panic!("it would lose the lock");
        };
        assert!(
            matches!(source, PrepareError::GivesUpLock { .. }),
            "{source}"
        );
        let report = shown(held.migrator(&folder).check());
        let kinds: Vec<_> = report.findings.iter().map(|found| found.kind).collect();
        assert_eq!(kinds, [FindingKind::Refused; 2]);
    }
}

fn what_only_names_the_giving_up_of_locks_is_run(database: &PostgresDatabase<'_>) {
    let change = "CREATE FUNCTION tidy() RETURNS void LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_unlock_all(); END';
-- Not pg_advisory_unlock_all() itself.
COMMENT ON FUNCTION tidy IS 'for pg_advisory_unlock_all()';
DROP FUNCTION tidy;";
    leaves_no_trace(database, change);
}

/// A call that does not say what it does.
const UNSEEN: &str = "SELECT tidy();";

fn with_tidy(database: &PostgresDatabase<'_>) {
    database.execute(
        "CREATE FUNCTION tidy() RETURNS void LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_unlock_all(); END'",
    );
}

#[track_caller]
fn says_who_did_it(message: &str) {
    assert!(message.contains("`pg_advisory_unlock_all()`"), "{message}");
}

fn a_way_up_that_gives_up_the_lock_unseen_is_rolled_back(database: &PostgresDatabase<'_>) {
    with_tidy(database);
    let folder = Folder::of_six();
    folder.add(
        "3_t",
        &format!("CREATE TABLE t3 (id INTEGER); {UNSEEN}"),
        "",
    );
    let (failed, report) = failure(Held::of(database).up(&folder));
    says_who_did_it(&failed.message);
    assert_eq!(done(&report), ["1", "2"]);
    assert_eq!(tables(database), ["t1", "t2"]);
}

fn a_way_down_that_gives_up_the_lock_unseen_is_rolled_back(database: &PostgresDatabase<'_>) {
    with_tidy(database);
    let folder = Folder::of_six();
    folder.write("6_t/down.sql", &format!("DROP TABLE t6; {UNSEEN}"));
    let held = Held::of(database);
    shown(held.up(&folder));
    let (failed, report) = failure(held.back(&folder));
    says_who_did_it(&failed.message);
    assert_eq!(done(&report), [""; 0]);
    assert_eq!(tables(database).len(), 6);
    assert_eq!(database.applied().len(), 6);
}

fn statements_that_give_up_the_lock_unseen_are_noticed(database: &PostgresDatabase<'_>) {
    with_tidy(database);
    let folder = Folder::new();
    let body = format!("SELECT 1;\n{UNSEEN}");
    folder.add_statementwise("1_tidy", &body, &body);
    let held = Held::of(database);
    let (failed, _) = failure(held.up(&folder));
    says_who_did_it(&failed.message);
    assert_eq!(failed.state_left, StateLeft::HalfWay { done: 2, total: 2 });
    // What is left to do is to say that it is done.
    assert_eq!(done(&shown(held.up(&folder))), ["1"]);
    let (failed, _) = failure(held.back(&folder));
    says_who_did_it(&failed.message);
    assert_eq!(done(&shown(held.back(&folder))), ["1"]);
    assert_eq!(database.applied(), [""; 0]);
}

fn nothing_is_run_once_the_lock_is_given_up(database: &PostgresDatabase<'_>) {
    with_tidy(database);
    let folder = Folder::of_six();
    folder.write("2_t/up.sql", UNSEEN);
    let ran = Held::of(database)
        .migrator(&folder)
        .up(&UpOptions::default().keep_going());
    let (_, report) = failure(ran);
    assert_eq!((done(&report), report.failures.len()), (vec!["1"], 1));
    assert_eq!(tables(database), ["t1"]);
}

fn the_role_of_the_caller_is_kept(database: &PostgresDatabase<'_>) {
    let role = database.create_role("secret").name;
    database.execute(&format!("GRANT CREATE ON SCHEMA public TO {role}"));
    for change in [
        "RESET ROLE;",
        "RESET SESSION AUTHORIZATION;",
        "SET ROLE postgres;",
        "RESET ALL;",
    ] {
        for metadata in BOTH {
            let folder = Folder::new();
            folder.add("1_t", "CREATE TABLE t1 (id INTEGER);", "DROP TABLE t1;");
            folder.add(
                "2_change",
                &format!("{change} SELECT 1;"),
                &format!("{change} SELECT 1;"),
            );
            folder.write("2_change/metadata.toml", metadata);
            folder.add("3_t", "CREATE TABLE t3 (id INTEGER);", "DROP TABLE t3;");
            let held = Held::of(database);
            let set = held.connection().batch_execute(&format!("SET ROLE {role}"));
            set.expect("the superuser may be anybody");
            let before = held.settings();
            assert_eq!(
                done(&shown(held.up(&folder))).len(),
                3,
                "{change} {metadata}"
            );
            assert_eq!(held.settings(), before, "{change} {metadata}");
            let owner = "SELECT tableowner FROM pg_tables WHERE tablename = 't3'";
            assert_eq!(database.query_text(owner), role);
            assert_eq!(
                done(&shown(held.back(&folder))).len(),
                3,
                "{change} {metadata}"
            );
            assert_eq!(held.settings(), before, "{change} {metadata}");
        }
    }
}

/// Sets for a database whatever its server knows that ends a session which is idle, or long in a
/// transaction; returns a query of what of it holds.
fn end_idle_sessions(database: &PostgresDatabase<'_>) -> String {
    let known = database.query_column(
        "SELECT name FROM pg_settings WHERE name IN ('idle_session_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')",
    );
    for name in &known {
        let name = format!("ALTER DATABASE \"{}\" SET {name} = '7min'", database.name());
        database.execute(&name);
    }
    let values = known
        .iter()
        .map(|name| format!("current_setting('{name}')"));
    let values = values.collect::<Vec<_>>().join(", ");
    format!("SELECT array_to_string(array(SELECT DISTINCT unnest(ARRAY[{values}])), ' ')")
}

fn what_ends_idle_sessions_is_off_while_a_run_lasts(database: &PostgresDatabase<'_>) {
    let holds = end_idle_sessions(database);
    let held = Held::of(database);
    let before = held.settings();
    database.execute("CREATE TABLE held (way TEXT, holds TEXT)");
    let folder = Folder::new();
    let keep = |way: &str| format!("INSERT INTO held SELECT '{way}', ({holds});");
    folder.add("1_step", &keep("1 up"), &keep("4 down"));
    folder.add_statementwise("2_wise", &keep("2 up"), &keep("3 down"));
    shown(held.up(&folder));
    assert_eq!(held.settings(), before);
    shown(held.back(&folder));
    assert_eq!(held.settings(), before);
    let seen = "SELECT concat_ws(' ', way, holds) FROM held ORDER BY way";
    assert_eq!(
        database.query_column(seen),
        ["1 up 0", "2 up 0", "3 down 0", "4 down 0"]
    );
    assert_eq!(column!(&mut *held.connection(), &holds), ["7min"]);
}

fn what_cannot_be_set_again_is_told(database: &PostgresDatabase<'_>) {
    database.execute("CREATE TEXT SEARCH CONFIGURATION public.words (COPY = simple)");
    let folder = Folder::new();
    let text = |last: &str| {
        format!(
            "CREATE TABLE a (id INTEGER);\nSET default_text_search_config = 'public.words';\n{last}"
        )
    };
    folder.add_statementwise("1_a", &text("INSERT INTO nowhere VALUES (1);"), "");
    failing_up(database, &folder, &UpOptions::default());
    database.execute("DROP TEXT SEARCH CONFIGURATION public.words");
    folder.write("1_a/up.sql", &text("INSERT INTO a VALUES (1);"));
    let (failed, _) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failed.state_left, StateLeft::HalfWay { done: 2, total: 3 });
    assert_eq!(failed.place.as_ref().map(|place| place.line), Some(2));
    let said = "what it had set cannot be set again: ";
    assert!(failed.message.starts_with(said), "{failed}");
    database.execute("CREATE TEXT SEARCH CONFIGURATION public.words (COPY = simple)");
    assert_eq!(done(&up(database, &folder)), ["1"]);
}

fn what_was_taken_back_need_not_be_set_again(database: &PostgresDatabase<'_>) {
    let gone = format!("gone_{}", uuid::Uuid::new_v4().simple());
    database.execute(&format!("CREATE ROLE {gone}"));
    let folder = Folder::new();
    for (number, (sets, takes_back)) in [
        ("SET ROLE", "RESET ROLE"),
        (
            "SET SESSION AUTHORIZATION",
            "SET SESSION AUTHORIZATION DEFAULT",
        ),
        ("SET ROLE", "SET SESSION AUTHORIZATION postgres"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("{}_a", number + 1);
        let text = |last: &str| {
            format!(
                "{sets} {gone};\nSET statement_timeout = '7min';\n{takes_back};
CREATE TABLE held_{number} AS SELECT current_user AS who, current_setting('statement_timeout') AS holds;\n{last}"
            )
        };
        folder.add_statementwise(&name, &text("INSERT INTO nowhere VALUES (1);"), "");
        failing_up(database, &folder, &UpOptions::default());
        database.execute(&format!("DROP ROLE {gone}"));
        let again = format!(
            "INSERT INTO held_{number} SELECT current_user, current_setting('statement_timeout');"
        );
        folder.write(&format!("{name}/up.sql"), &text(&again));
        assert_eq!(done(&up(database, &folder)), [format!("{}", number + 1)]);
        let seen = format!("SELECT DISTINCT who || ' ' || holds FROM held_{number}");
        assert_eq!(
            database.query_column(&seen),
            ["postgres 7min"],
            "{takes_back}"
        );
        database.execute(&format!("CREATE ROLE {gone}"));
    }
    database.execute(&format!("DROP ROLE {gone}"));
}

fn a_role_that_is_gone_is_named_with_what_leads_on(database: &PostgresDatabase<'_>) {
    let gone = format!("gone_{}", uuid::Uuid::new_v4().simple());
    database.execute(&format!("CREATE ROLE {gone}"));
    let folder = Folder::new();
    let text =
        format!("CREATE TABLE a (id INTEGER);\nSET ROLE {gone};\nINSERT INTO nowhere VALUES (1);");
    folder.add_statementwise("1_a", &text, "");
    failing_up(database, &folder, &UpOptions::default());
    database.execute(&format!("DROP ROLE {gone}"));
    let text = text.replace("INSERT INTO nowhere VALUES (1)", "SELECT 1");
    folder.write("1_a/up.sql", &text);
    let (failed, _) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failed.place.as_ref().map(|place| place.line), Some(2));
    let hint = failed.hint();
    let create = format!("CREATE ROLE \"{gone}\";");
    assert!(hint.contains(&format!("`{create}`")), "{hint}");
    assert!(hint.contains("`dieselkit resolve 1 --applied"), "{hint}");
    assert!(!hint.contains("mend the statement"), "{hint}");
    database.execute(&create);
    assert_eq!(done(&up(database, &folder)), ["1"]);
    database.execute(&format!("DROP ROLE {gone}"));
}

fn with_nothing_left_to_run_nothing_is_set_again(database: &PostgresDatabase<'_>) {
    let gone = format!("gone_{}", uuid::Uuid::new_v4().simple());
    database.execute(&format!("CREATE ROLE {gone}"));
    let folder = Folder::new();
    folder.add_statementwise(
        "1_a",
        &format!("CREATE TABLE a (id INTEGER);\nSET ROLE {gone};"),
        "",
    );
    done(&up(database, &folder));
    // As a crash leaves it between the last statement and its record.
    database.execute(&format!(
        "DELETE FROM __diesel_schema_migrations; DROP ROLE {gone};
         UPDATE __dieselkit_history SET status = 'RUNNING', statements_done = 2"
    ));
    assert_eq!(done(&up(database, &folder)), ["1"]);
}

/// Ends everybody else, as the server does with a session that is idle for too long.
fn end_all(database: &PostgresDatabase<'_>) {
    database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
    );
}

fn a_session_that_ended_before_a_run_is_made_anew(database: &PostgresDatabase<'_>) {
    let folder = Folder::of_six();
    let owner = database.create_role("owner").name;
    database.execute(&format!("GRANT CREATE ON SCHEMA public TO {owner}"));
    let address = database.url().parse().expect("the support's URL is right");
    let connected = Database::open(&address, dieselkit::Access::ReadWrite).expect("it listens");
    let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
    let mut runner = Migrator::new(connected.with_role(&*owner), set);
    // What is asked of the user comes between the two.
    assert_eq!(shown(runner.plan_up(&UpOptions::default())).len(), 6);
    end_all(database);
    assert_eq!(shown(runner.up(&UpOptions::default())).done.len(), 6);
    let owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(database.query_column(owners), [owner]);
    end_all(database);
    assert_eq!(shown(runner.status()).totals.applied, 6);
    end_all(database);
    assert_eq!(shown(runner.rollback(Target::All)).done.len(), 6);
}
