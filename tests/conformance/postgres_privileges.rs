//! What a user may not do is told before anything runs, all of it at once, with what grants it: and that,
//! pasted as it stands, lets the next run pass.

use dieselkit::backend::BackendError;
use dieselkit::backend::examine::Defect;
use dieselkit::migration::RunError;
use dieselkit::{Access, Database, MigrationSet, Migrator, Target, UpOptions};

use crate::scene::{Folder, chain, done, shown, state, up};
use crate::support::engine::Engine;
use crate::support::postgres::{PostgresDatabase, Role};

on_one_engine![PostgresDatabase:
    who_may_not_create_tables_is_told_so,
    who_may_only_read_is_told_all_at_once,
    who_may_not_even_read_is_told_all_at_once,
    a_role_that_may_not_read_is_named_with_all_that_it_lacks,
    of_what_may_be_applied_nothing_is_demanded,
    what_a_first_run_needs_is_told_with_what_its_migrations_need,
    a_table_of_another_is_named_before_it_is_altered,
    a_way_down_is_looked_at_as_well,
    a_reset_drops_nothing_where_it_may_not_drop_all,
    a_rehearsal_is_refused_as_a_run_would_be,
    who_is_no_member_of_the_role_is_told_so,
    a_role_that_does_not_exist_is_named,
    the_word_for_no_role_is_no_role,
    a_plan_tells_what_a_run_would_be_refused_for,
    nobody_is_refused_who_may,
    who_may_only_read_and_has_nothing_to_apply_is_let_through,
];

pub(crate) type Server = PostgresDatabase<'static>;

fn database(server: &Server, role: &Role, access: Access) -> Database {
    let address = server.url_as(role).parse().expect("it is an address");
    Database::open(&address, access).expect("it may log in")
}

pub(crate) fn migrator(server: &Server, role: &Role, folder: &Folder) -> Migrator {
    let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
    Migrator::new(database(server, role, Access::ReadWrite), set)
}

#[track_caller]
pub(crate) fn lacks<T: std::fmt::Debug>(ran: Result<T, RunError>) -> Vec<Defect> {
    match ran.expect_err("it may not") {
        RunError::Backend(BackendError::LacksPrivileges { lacking }) => lacking,
        other => panic!("another error: {}", chain(&other)),
    }
}

/// Returns what is lacking as it is told, with `app` for the role.
pub(crate) fn told(lacking: &[Defect], role: &Role) -> String {
    let lines = lacking
        .iter()
        .map(|it| format!("{}\n  {}", it.what, it.cure));
    lines
        .collect::<Vec<_>>()
        .join("\n")
        .replace(&role.name, "app")
}

pub(crate) fn cure(server: &Server, lacking: &[Defect]) {
    for defect in lacking {
        server.execute(&defect.cure);
    }
}

fn who_may_not_create_tables_is_told_so(server: &Server) {
    let (role, folder) = (server.create_role("secret"), Folder::of_six());
    let lacking = lacks(migrator(server, &role, &folder).up(&UpOptions::default()));
    insta::assert_snapshot!(told(&lacking, &role), @r#"
    "app" may not create tables in the schema public
      GRANT USAGE, CREATE ON SCHEMA public TO "app"
    "#);
    assert_eq!(server.tables(), [""; 0]);
    cure(server, &lacking);
    let ran = migrator(server, &role, &folder).up(&UpOptions::default());
    assert_eq!(shown(ran).done.len(), 6);
}

fn who_may_only_read_is_told_all_at_once(server: &Server) {
    let folder = Folder::of_six();
    up(server, &folder);
    let role = server.create_reader("secret");
    folder.add(
        "7_fill",
        "INSERT INTO t1 VALUES (1); UPDATE t1 SET id = 2; DELETE FROM t2;",
        "",
    );
    folder.add(
        "8_more",
        "CREATE TABLE t8 (id INTEGER); ALTER TABLE t3 ADD COLUMN name TEXT;",
        "",
    );
    let before = state(server);
    let lacking = lacks(migrator(server, &role, &folder).up(&UpOptions::default()));
    insta::assert_snapshot!(told(&lacking, &role), @r#"
    "app" may not create tables in the schema public
      GRANT USAGE, CREATE ON SCHEMA public TO "app"
    "app" has no right to DELETE, INSERT on public.__diesel_schema_migrations
      GRANT DELETE, INSERT ON public.__diesel_schema_migrations TO "app"
    "app" has no right to INSERT, UPDATE on public.__dieselkit_history
      GRANT INSERT, UPDATE ON public.__dieselkit_history TO "app"
    "app" has no right to INSERT, UPDATE on public.__dieselkit_metadata
      GRANT INSERT, UPDATE ON public.__dieselkit_metadata TO "app"
    "app" has no right to INSERT, UPDATE on public.t1
      GRANT INSERT, UPDATE ON public.t1 TO "app"
    "app" has no right to DELETE on public.t2
      GRANT DELETE ON public.t2 TO "app"
    "app" does not own public.t3, which only its owner may alter or drop
      ALTER TABLE public.t3 OWNER TO "app"
    "#);
    assert_eq!(state(server), before);
    cure(server, &lacking);
    let ran = migrator(server, &role, &folder).up(&UpOptions::default());
    assert_eq!(done(&shown(ran)), ["7", "8"]);
}

/// Adds two migrations that want more than to create something.
fn add_demanding(folder: &Folder) {
    folder.add("7_fill", "INSERT INTO t1 VALUES (1);", "");
    folder.add("8_more", "ALTER TABLE t3 ADD COLUMN name TEXT;", "");
}

/// What is applied is told by Diesel's table alone.
fn who_may_not_even_read_is_told_all_at_once(server: &Server) {
    let folder = Folder::of_six();
    up(server, &folder);
    let role = server.create_role("secret");
    let reads = "GRANT SELECT ON __diesel_schema_migrations TO";
    server.execute(&format!("{reads} {}", role.name));
    add_demanding(&folder);
    let before = state(server);
    let lacking = lacks(migrator(server, &role, &folder).up(&UpOptions::default()));
    insta::assert_snapshot!(told(&lacking, &role), @r#"
    "app" has no right to DELETE, INSERT on public.__diesel_schema_migrations
      GRANT DELETE, INSERT ON public.__diesel_schema_migrations TO "app"
    "app" has no right to INSERT, SELECT, UPDATE on public.__dieselkit_history
      GRANT INSERT, SELECT, UPDATE ON public.__dieselkit_history TO "app"
    "app" has no right to INSERT, SELECT, UPDATE on public.__dieselkit_metadata
      GRANT INSERT, SELECT, UPDATE ON public.__dieselkit_metadata TO "app"
    "app" has no right to INSERT on public.t1
      GRANT INSERT ON public.t1 TO "app"
    "app" does not own public.t3, which only its owner may alter or drop
      ALTER TABLE public.t3 OWNER TO "app"
    "#);
    let rehearsed = lacks(migrator(server, &role, &folder).rehearse(UpOptions::default()));
    assert_eq!(rehearsed, lacking);
    assert_eq!(state(server), before);
    cure(server, &lacking);
    let ran = migrator(server, &role, &folder).up(&UpOptions::default());
    assert_eq!(done(&shown(ran)), ["7", "8"]);
}

/// The user of the connection may read what is applied, and whoever runs the migrations may not.
fn a_role_that_may_not_read_is_named_with_all_that_it_lacks(server: &Server) {
    let folder = Folder::of_six();
    up(server, &folder);
    let role = server.create_role("secret");
    let as_role = || {
        let address = server.url().parse().expect("it is an address");
        let database = Database::open(&address, Access::ReadWrite).expect("it may log in");
        let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
        Migrator::new(database.with_role(&*role.name), set)
    };
    let error = as_role().status().expect_err("it may not read");
    let hint = error.hint().expect("there is a cure");
    assert!(
        hint.ends_with(&format!(" TO \"{}\";`", role.name)),
        "{hint}"
    );
    add_demanding(&folder);
    let lacking = lacks(as_role().up(&UpOptions::default()));
    insta::assert_snapshot!(told(&lacking, &role), @r#"
    "app" has no right to DELETE, INSERT, SELECT on public.__diesel_schema_migrations
      GRANT DELETE, INSERT, SELECT ON public.__diesel_schema_migrations TO "app"
    "app" has no right to INSERT, SELECT, UPDATE on public.__dieselkit_history
      GRANT INSERT, SELECT, UPDATE ON public.__dieselkit_history TO "app"
    "app" has no right to INSERT, SELECT, UPDATE on public.__dieselkit_metadata
      GRANT INSERT, SELECT, UPDATE ON public.__dieselkit_metadata TO "app"
    "app" has no right to INSERT on public.t1
      GRANT INSERT ON public.t1 TO "app"
    "app" does not own public.t3, which only its owner may alter or drop
      ALTER TABLE public.t3 OWNER TO "app"
    "#);
    cure(server, &lacking);
    assert_eq!(
        done(&shown(as_role().up(&UpOptions::default()))),
        ["7", "8"]
    );
}

/// Nobody can tell what is pending, and whoever asks for too much is not granted it.
fn of_what_may_be_applied_nothing_is_demanded(server: &Server) {
    let folder = Folder::of_six();
    folder.add("7_fill", "INSERT INTO t1 VALUES (1);", "");
    up(server, &folder);
    let role = server.create_role("secret");
    let lacking = lacks(migrator(server, &role, &folder).up(&UpOptions::default()));
    insta::assert_snapshot!(told(&lacking, &role), @r#"
    "app" may not create tables in the schema public
      GRANT USAGE, CREATE ON SCHEMA public TO "app"
    "app" has no right to DELETE, INSERT, SELECT on public.__diesel_schema_migrations
      GRANT DELETE, INSERT, SELECT ON public.__diesel_schema_migrations TO "app"
    "app" has no right to INSERT, SELECT, UPDATE on public.__dieselkit_history
      GRANT INSERT, SELECT, UPDATE ON public.__dieselkit_history TO "app"
    "app" has no right to INSERT, SELECT, UPDATE on public.__dieselkit_metadata
      GRANT INSERT, SELECT, UPDATE ON public.__dieselkit_metadata TO "app"
    "#);
    cure(server, &lacking);
    let ran = migrator(server, &role, &folder).up(&UpOptions::default());
    assert_eq!(done(&shown(ran)), [""; 0]);
}

fn what_a_first_run_needs_is_told_with_what_its_migrations_need(server: &Server) {
    let (role, folder) = (server.create_role("secret"), Folder::new());
    server.execute("CREATE TABLE people (id INTEGER)");
    folder.add("1_alter", "ALTER TABLE people ADD COLUMN name TEXT;", "");
    folder.add(
        "2_schema",
        "CREATE SCHEMA app; CREATE TABLE app.t (id INTEGER);",
        "",
    );
    let lacking = lacks(migrator(server, &role, &folder).up(&UpOptions::default()));
    let told = told(&lacking, &role).replace(server.name(), "studio");
    insta::assert_snapshot!(told, @r#"
    "app" may not create schemas in the database studio
      GRANT CREATE ON DATABASE studio TO "app"
    "app" may not create tables in the schema public
      GRANT USAGE, CREATE ON SCHEMA public TO "app"
    "app" does not own public.people, which only its owner may alter or drop
      ALTER TABLE public.people OWNER TO "app"
    "#);
    assert_eq!(server.tables(), ["people"]);
    cure(server, &lacking);
    let ran = migrator(server, &role, &folder).up(&UpOptions::default());
    assert_eq!(done(&shown(ran)), ["1", "2"]);
}

fn a_table_of_another_is_named_before_it_is_altered(server: &Server) {
    let (role, folder) = (server.create_role("secret"), Folder::new());
    server.execute(&format!(
        "GRANT CREATE ON SCHEMA public TO {}; CREATE TABLE \"Their Own\" (id INTEGER);
         CREATE INDEX theirs ON \"Their Own\" (id); CREATE VIEW seen AS SELECT 1 AS one",
        role.name
    ));
    folder.add_table(1);
    folder.add(
        "2_alter",
        "ALTER TABLE \"Their Own\" ADD COLUMN name TEXT;\nDROP INDEX theirs;\nDROP VIEW seen;",
        "",
    );
    let lacking = lacks(migrator(server, &role, &folder).up(&UpOptions::default()));
    insta::assert_snapshot!(told(&lacking, &role), @r#"
    "app" does not own public."Their Own", which only its owner may alter or drop
      ALTER TABLE public."Their Own" OWNER TO "app"
    "app" does not own public.seen, which only its owner may alter or drop
      ALTER VIEW public.seen OWNER TO "app"
    "#);
    assert_eq!(server.applied(), [""; 0], "not even the first is applied");
    cure(server, &lacking);
    let ran = migrator(server, &role, &folder).up(&UpOptions::default());
    assert_eq!(done(&shown(ran)), ["1", "2"]);
}

fn a_way_down_is_looked_at_as_well(server: &Server) {
    let (role, folder) = (server.create_role("secret"), Folder::of_six());
    server.execute(&format!("GRANT CREATE ON SCHEMA public TO {}", role.name));
    shown(migrator(server, &role, &folder).up(&UpOptions::default()));
    server.execute("ALTER TABLE t2 OWNER TO postgres");
    let lacking = lacks(migrator(server, &role, &folder).rollback(Target::All));
    assert_eq!(lacking.len(), 1, "{lacking:?}");
    assert_eq!(server.applied().len(), 6);
    cure(server, &lacking);
    let ran = migrator(server, &role, &folder).rollback(Target::All);
    assert_eq!(shown(ran).done.len(), 6);
}

fn a_reset_drops_nothing_where_it_may_not_drop_all(server: &Server) {
    let (role, folder) = (server.create_role("secret"), Folder::of_six());
    server.execute(&format!("GRANT CREATE ON SCHEMA public TO {}", role.name));
    shown(migrator(server, &role, &folder).up(&UpOptions::default()));
    server.execute(&format!(
        "ALTER TABLE t2 OWNER TO postgres; CREATE FUNCTION shout(a text) RETURNS text LANGUAGE sql AS 'SELECT a';
         CREATE TYPE mood AS ENUM ('glad'); ALTER TABLE __dieselkit_history OWNER TO postgres;
         ALTER TABLE __diesel_schema_migrations OWNER TO postgres;
         GRANT ALL ON __dieselkit_history, __diesel_schema_migrations TO {0};
         REVOKE TRUNCATE ON __diesel_schema_migrations FROM {0};
         REVOKE CREATE ON SCHEMA public FROM {0}",
        role.name
    ));
    let before = state(server);
    let planned = migrator(server, &role, &folder).plan_reset();
    let (planned, lacking) = (
        lacks(planned),
        lacks(migrator(server, &role, &folder).reset()),
    );
    assert_eq!(planned, lacking);
    insta::assert_snapshot!(told(&lacking, &role), @r#"
    "app" may not create tables in the schema public
      GRANT USAGE, CREATE ON SCHEMA public TO "app"
    "app" has no right to TRUNCATE on public.__diesel_schema_migrations
      GRANT TRUNCATE ON public.__diesel_schema_migrations TO "app"
    "app" does not own public.__dieselkit_history, which only its owner may alter or drop
      ALTER TABLE public.__dieselkit_history OWNER TO "app"
    "app" does not own public.t2, which only its owner may alter or drop
      ALTER TABLE public.t2 OWNER TO "app"
    "app" does not own public.shout(a text), which only its owner may alter or drop
      ALTER FUNCTION public.shout(a text) OWNER TO "app"
    "app" does not own public.mood, which only its owner may alter or drop
      ALTER TYPE public.mood OWNER TO "app"
    "#);
    assert_eq!(state(server), before);
    cure(server, &lacking);
    let reset = shown(migrator(server, &role, &folder).reset());
    assert_eq!((reset.dropped.len(), reset.applied.done.len()), (8, 6));
}

fn a_rehearsal_is_refused_as_a_run_would_be(server: &Server) {
    let folder = Folder::new();
    up(server, &folder);
    server.execute("CREATE TABLE people (id INTEGER)");
    let role = server.create_reader("secret");
    folder.add("1_alter", "ALTER TABLE people ADD COLUMN name TEXT;", "");
    let rehearsed = lacks(migrator(server, &role, &folder).rehearse(UpOptions::default()));
    let lacking = lacks(migrator(server, &role, &folder).up(&UpOptions::default()));
    assert_eq!(rehearsed, lacking);
    cure(server, &lacking);
    let rehearsed = shown(migrator(server, &role, &folder).rehearse(UpOptions::default()));
    assert_eq!(rehearsed.steps.len(), 1);
}

/// Returns what a hint says between its first two backticks.
fn command_of(hint: &str) -> &str {
    hint.split('`').nth(1).expect("it names a command")
}

fn who_is_no_member_of_the_role_is_told_so(server: &Server) {
    let (role, owner) = (server.create_role("secret"), server.create_role("o"));
    let folder = Folder::of_six();
    server.execute(&format!("GRANT CREATE ON SCHEMA public TO {}", owner.name));
    let as_owner = || {
        let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
        let database = database(server, &role, Access::ReadWrite);
        Migrator::new(database.with_role(&*owner.name), set)
    };
    let error = as_owner()
        .up(&UpOptions::default())
        .expect_err("it may not");
    assert!(
        matches!(&error, RunError::Backend(BackendError::MayNotBecome { .. })),
        "{}",
        chain(&error)
    );
    assert_eq!(server.tables(), [""; 0]);
    let hint = error.hint().expect("there is a cure");
    server.execute(command_of(&hint));
    assert_eq!(shown(as_owner().up(&UpOptions::default())).done.len(), 6);
}

fn a_role_that_does_not_exist_is_named(server: &Server) {
    let (role, folder) = (server.create_role("secret"), Folder::of_six());
    let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
    let database = database(server, &role, Access::ReadWrite).with_role("nobody at all");
    let error = Migrator::new(database, set).up(&UpOptions::default());
    let hint = error.expect_err("there is none").hint().expect("a cure");
    assert!(hint.contains("CREATE ROLE \"nobody at all\";"), "{hint}");
    assert_eq!(server.tables(), [""; 0]);
}

fn the_word_for_no_role_is_no_role(server: &Server) {
    let (role, folder) = (server.create_role("secret"), Folder::of_six());
    server.execute(&format!("GRANT CREATE ON SCHEMA public TO {}", role.name));
    for (name, says) in [("none", "leave it out"), ("NONE", "CREATE ROLE \"NONE\";")] {
        let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
        let database = database(server, &role, Access::ReadWrite).with_role(name);
        let ran = Migrator::new(database, set).up(&UpOptions::default());
        let hint = ran.expect_err("there is none").hint().expect("a cure");
        assert!(hint.contains(says), "{hint}");
        assert_eq!(server.tables(), [""; 0]);
    }
}

fn a_plan_tells_what_a_run_would_be_refused_for(server: &Server) {
    let (role, folder) = (server.create_role("secret"), Folder::of_six());
    let mut planner = migrator(server, &role, &folder);
    assert_eq!(shown(planner.plan_up(&UpOptions::default())).len(), 6);
    let told_before = planner.lacking().to_vec();
    let lacking = lacks(planner.up(&UpOptions::default()));
    assert_eq!(told_before, lacking);
    cure(server, &lacking);
    shown(planner.plan_up(&UpOptions::default()));
    assert_eq!(planner.lacking(), []);
}

fn nobody_is_refused_who_may(server: &Server) {
    let (role, owner) = (server.create_role("secret"), server.create_role("o"));
    let folder = Folder::new();
    up(server, &folder);
    server.execute("CREATE TABLE t1 (id INTEGER, name TEXT); CREATE TABLE t2 (id INTEGER)");
    server.execute(&format!(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {0};
         REVOKE ALL ON t1 FROM {0}; GRANT INSERT (id), UPDATE (id), SELECT ON t1 TO {0};
         CREATE TABLE t3 (id INTEGER); ALTER TABLE t3 OWNER TO {1}; GRANT {1} TO {0};
         CREATE SCHEMA theirs AUTHORIZATION {0}; CREATE TABLE theirs.t4 (id INTEGER)",
        role.name, owner.name
    ));
    // It may write these rows, though it may create nothing where the history is.
    folder.add(
        "1_rows",
        "INSERT INTO t1 (id) VALUES (1); UPDATE t1 SET id = 2; DELETE FROM t2;",
        "",
    );
    folder.add("2_member", "ALTER TABLE t3 ADD COLUMN name TEXT;", "");
    folder.add("3_schema", "DROP TABLE theirs.t4; CREATE TABLE theirs.t5 (id INTEGER); ALTER TABLE theirs.t5 ADD COLUMN a INTEGER;", "");
    folder.add(
        "4_not_there",
        "DROP TABLE IF EXISTS t9; CREATE TEMPORARY TABLE t1 (id INTEGER); DROP TABLE t1;",
        "",
    );
    let ran = migrator(server, &role, &folder).up(&UpOptions::default());
    assert_eq!(done(&shown(ran)), ["1", "2", "3", "4"]);
}

fn who_may_only_read_and_has_nothing_to_apply_is_let_through(server: &Server) {
    let folder = Folder::of_six();
    up(server, &folder);
    let role = server.create_reader("secret");
    let ran = migrator(server, &role, &folder).up(&UpOptions::default());
    assert_eq!(done(&shown(ran)), [""; 0]);
}
