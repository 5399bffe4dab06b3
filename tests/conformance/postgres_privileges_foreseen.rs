//! What is refused before it runs is what the server refuses: nobody is stopped who may, and what a
//! statement's words tell for certain is told.

use dieselkit::UpOptions;

use crate::postgres_privileges::{Server, cure, lacks, migrator, told};
use crate::scene::{Folder, done, shown};
use crate::support::engine::Engine;
use crate::support::postgres::{PostgresDatabase, Role};

on_one_engine![PostgresDatabase:
    names_that_differ_in_case_are_two,
    what_takes_anothers_place_is_the_users,
    what_a_function_may_have_changed_is_left_to_the_server,
    what_is_there_already_needs_nothing,
    a_schema_that_comes_first_by_then_is_created_in,
    a_role_that_is_taken_on_is_left_to_the_server,
    words_in_names_and_texts_end_nothing,
    what_refers_to_anothers_table_is_named,
    what_only_an_owner_may_do_is_named,
    a_function_of_another_is_known_by_its_arguments,
    a_function_beside_anothers_is_nobodys_yet,
    an_extension_is_named_that_may_not_be_made,
    an_extension_that_may_be_made_is_let_through,
    whole_schemas_and_databases_are_reindexed_by_their_owners,
];

/// Returns a role that owns the schema `mine`, and may create in no other.
fn role(server: &Server, set_up: &str) -> Role {
    let role = server.create_role("secret");
    server.execute(&format!(
        "CREATE SCHEMA mine AUTHORIZATION {0};
         ALTER ROLE {0} IN DATABASE \"{1}\" SET search_path = mine, public",
        role.name,
        server.name()
    ));
    server.execute(&set_up.replace("app", &role.name));
    role
}

/// Applies it, of which nothing is refused.
#[track_caller]
fn passes(server: &Server, role: &Role, sql: &str) {
    let folder = Folder::new();
    folder.add("1_a", &sql.replace("app", &role.name), "");
    let ran = migrator(server, role, &folder).up(&UpOptions::default());
    assert_eq!(done(&shown(ran)), ["1"]);
}

fn names_that_differ_in_case_are_two(server: &Server) {
    let role = role(
        server,
        "CREATE TABLE mine.\"Users\" (id INTEGER); CREATE TABLE mine.users (id INTEGER);
         ALTER TABLE mine.users OWNER TO app; CREATE SCHEMA \"Mine\"",
    );
    passes(
        server,
        &role,
        "ALTER TABLE Users ADD COLUMN name TEXT; DROP TABLE MINE.users; CREATE TABLE Mine.t (id INTEGER);",
    );
}

fn what_takes_anothers_place_is_the_users(server: &Server) {
    let role = role(
        server,
        "CREATE TABLE mine.orders (id INTEGER); CREATE VIEW mine.seen AS SELECT 1 AS one;
         CREATE TABLE mine.moved (id INTEGER)",
    );
    passes(
        server,
        &role,
        "CREATE TABLE mine.orders_new (id INTEGER); DROP TABLE mine.orders;
         ALTER TABLE mine.orders_new RENAME TO orders;
         CREATE INDEX ON mine.orders (id); ALTER TABLE orders ADD COLUMN name TEXT;
         DROP VIEW seen; CREATE OR REPLACE VIEW seen AS SELECT 2 AS two; ALTER VIEW seen SET (security_barrier = on);
         DROP TABLE moved; CREATE TEMPORARY TABLE moved (id INTEGER);
         ALTER TABLE moved ADD COLUMN name TEXT;",
    );
}

fn what_a_function_may_have_changed_is_left_to_the_server(server: &Server) {
    let gives = |table: &str| {
        format!(
            "CREATE TABLE mine.{table} (id INTEGER); CREATE FUNCTION mine.give_{table}() RETURNS void
             LANGUAGE sql SECURITY DEFINER AS 'ALTER TABLE mine.{table} OWNER TO app'"
        )
    };
    let set_up = ["a", "b", "c", "d"].map(gives).join("; ");
    let role = role(server, &set_up);
    for (table, call) in [
        ("a", "SELECT give_a();"),
        ("b", "DO $$ BEGIN PERFORM mine.give_b(); END $$;"),
        ("c", "CREATE TABLE made AS SELECT give_c() IS NULL AS it;"),
        (
            "d",
            "WITH x AS (SELECT 1) SELECT lower('A'), \"give_d\"() FROM x;",
        ),
    ] {
        let folder = Folder::new();
        folder.add("1_call", call, "");
        folder.add(
            "2_after",
            &format!("ALTER TABLE {table} ADD COLUMN name TEXT;"),
            "",
        );
        let ran = migrator(server, &role, &folder).up(&UpOptions::default());
        assert_eq!(done(&shown(ran)), ["1", "2"]);
        server
            .execute("DROP TABLE IF EXISTS mine.made; DELETE FROM mine.__diesel_schema_migrations");
    }
}

fn what_is_there_already_needs_nothing(server: &Server) {
    let role = role(
        server,
        "CREATE TABLE mine.theirs (id INTEGER PRIMARY KEY);
         CREATE TABLE mine.t (id INTEGER); ALTER TABLE mine.t OWNER TO app;
         CREATE MATERIALIZED VIEW mine.kept AS SELECT 1 AS one",
    );
    passes(
        server,
        &role,
        "CREATE TABLE IF NOT EXISTS t (id INTEGER REFERENCES theirs);
         CREATE MATERIALIZED VIEW IF NOT EXISTS kept AS SELECT 1 AS one;
         DROP TABLE IF EXISTS nowhere; DROP TYPE IF EXISTS nothing; DROP FUNCTION IF EXISTS nobody(INTEGER);",
    );
}

fn a_schema_that_comes_first_by_then_is_created_in(server: &Server) {
    let role = role(server, "SELECT 1");
    server.execute(
        &format!(
            "GRANT CREATE ON DATABASE \"{0}\" TO app; GRANT CREATE ON SCHEMA public TO app;
             ALTER ROLE app IN DATABASE \"{0}\" RESET search_path",
            server.name()
        )
        .replace("app", &role.name),
    );
    let folder = Folder::new();
    folder.add("1_a", "CREATE TABLE t1 (id INTEGER);", "");
    shown(migrator(server, &role, &folder).up(&UpOptions::default()));
    server.execute(&format!(
        "REVOKE CREATE ON SCHEMA public FROM {}",
        role.name
    ));
    let own = format!("CREATE SCHEMA {}; CREATE TABLE t2 (id INTEGER);", role.name);
    folder.add("2_own", &own, "");
    let ran = migrator(server, &role, &folder).up(&UpOptions::default());
    assert_eq!(done(&shown(ran)), ["2"]);
}

fn a_role_that_is_taken_on_is_left_to_the_server(server: &Server) {
    let owner = server.create_role("o").name;
    let role = role(
        server,
        &format!(
            "ALTER ROLE app NOINHERIT; GRANT {owner} TO app; CREATE TABLE mine.theirs (id INTEGER);
             ALTER TABLE mine.theirs OWNER TO {owner}; GRANT USAGE ON SCHEMA mine TO {owner}"
        ),
    );
    let taken_on = format!("SET ROLE {owner}; ALTER TABLE theirs ADD COLUMN name TEXT;");
    passes(server, &role, &taken_on);
}

fn words_in_names_and_texts_end_nothing(server: &Server) {
    let role = role(
        server,
        "CREATE TABLE mine.theirs (id INTEGER, owner_id INTEGER)",
    );
    for first in [
        "CREATE TABLE grants (owner_id INTEGER, owner TEXT, authorization_code TEXT);",
        "INSERT INTO t (name) VALUES (lower('grant owner'));",
        "SET lock_timeout = '5s';",
        "GRANT SELECT ON t TO PUBLIC;",
        "ALTER TABLE t OWNER TO app;",
        "UPDATE t SET name = coalesce(name, 'owner');",
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql SET search_path = mine AS 'SELECT 1';",
    ] {
        let folder = Folder::new();
        folder.add("1_t", "CREATE TABLE t (name TEXT);", "");
        folder.add("2_first", &first.replace("app", &role.name), "");
        folder.add("3_theirs", "ALTER TABLE theirs DROP COLUMN owner_id;", "");
        let lacking = lacks(migrator(server, &role, &folder).up(&UpOptions::default()));
        assert_eq!(lacking.len(), 1, "{first}");
    }
}

fn what_refers_to_anothers_table_is_named(server: &Server) {
    let role = role(
        server,
        "CREATE TABLE mine.theirs (id INTEGER PRIMARY KEY); CREATE TABLE mine.other (id INTEGER PRIMARY KEY);
         CREATE FUNCTION mine.noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    );
    let folder = Folder::new();
    folder.add(
        "1_refer",
        "CREATE TABLE mine.t (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES t, other INTEGER REFERENCES other (id));
         ALTER TABLE t ADD FOREIGN KEY (id) REFERENCES theirs (id);
         CREATE TRIGGER note BEFORE INSERT ON theirs FOR EACH ROW EXECUTE FUNCTION noted();",
        "",
    );
    let lacking = lacks(migrator(server, &role, &folder).up(&UpOptions::default()));
    insta::assert_snapshot!(told(&lacking, &role), @r#"
    "app" has no right to REFERENCES on mine.other
      GRANT REFERENCES ON mine.other TO "app"
    "app" has no right to REFERENCES, TRIGGER on mine.theirs
      GRANT REFERENCES, TRIGGER ON mine.theirs TO "app"
    "#);
    cure(server, &lacking);
    let ran = migrator(server, &role, &folder).up(&UpOptions::default());
    assert_eq!(done(&shown(ran)), ["1"]);
}

fn what_only_an_owner_may_do_is_named(server: &Server) {
    let role = role(
        server,
        "CREATE SCHEMA theirs; GRANT USAGE ON SCHEMA theirs TO app; CREATE SCHEMA doomed;
         CREATE VIEW theirs.v AS SELECT 1 AS one; CREATE VIEW theirs.w AS SELECT 1 AS one;
         CREATE SEQUENCE theirs.s; CREATE TYPE theirs.e AS ENUM ('a'); CREATE DOMAIN theirs.d AS TEXT;
         CREATE TABLE theirs.t (id INTEGER); CREATE INDEX i ON theirs.t (id);
         CREATE TABLE theirs.r (id INTEGER); CREATE TABLE theirs.c (id INTEGER);
         CREATE TABLE theirs.mine (id INTEGER); ALTER TABLE theirs.mine OWNER TO app;
         CREATE MATERIALIZED VIEW theirs.m AS SELECT 1 AS one;
         CREATE FUNCTION theirs.f(a INTEGER) RETURNS INTEGER LANGUAGE sql AS 'SELECT 1';
         CREATE FUNCTION theirs.two(a INTEGER) RETURNS INTEGER LANGUAGE sql AS 'SELECT 1';
         CREATE FUNCTION theirs.two(a TEXT) RETURNS INTEGER LANGUAGE sql AS 'SELECT 1';
         CREATE PROCEDURE theirs.p() LANGUAGE sql AS 'SELECT 1'",
    );
    let folder = Folder::new();
    folder.add(
        "1_all",
        "CREATE OR REPLACE VIEW theirs.w AS SELECT 1 AS one;
         ALTER VIEW theirs.v SET (security_barrier = on); ALTER SEQUENCE theirs.s RESTART;
         ALTER TYPE theirs.e RENAME VALUE 'a' TO 'b'; DROP DOMAIN theirs.d;
         ALTER INDEX theirs.i SET (fillfactor = 70); REINDEX TABLE theirs.r;
         COMMENT ON COLUMN theirs.c.id IS 'one'; CREATE INDEX ON theirs.mine (id);
         REFRESH MATERIALIZED VIEW theirs.m; ALTER FUNCTION theirs.f(INTEGER) STABLE;
         DROP PROCEDURE theirs.p; DROP FUNCTION theirs.two(TEXT); DROP SCHEMA doomed;",
        "",
    );
    let lacking = lacks(migrator(server, &role, &folder).up(&UpOptions::default()));
    insta::assert_snapshot!(told(&lacking, &role), @r#"
    "app" does not own theirs.d, which only its owner may alter or drop
      ALTER DOMAIN theirs.d OWNER TO "app"
    "app" does not own theirs.f(a integer), which only its owner may alter or drop
      ALTER FUNCTION theirs.f(a integer) OWNER TO "app"
    "app" does not own theirs.two(a text), which only its owner may alter or drop
      ALTER FUNCTION theirs.two(a text) OWNER TO "app"
    "app" does not own theirs.m, which only its owner may alter or drop
      ALTER MATERIALIZED VIEW theirs.m OWNER TO "app"
    "app" does not own theirs.p(), which only its owner may alter or drop
      ALTER PROCEDURE theirs.p() OWNER TO "app"
    "app" does not own doomed, which only its owner may alter or drop
      ALTER SCHEMA doomed OWNER TO "app"
    "app" may not create tables in the schema theirs
      GRANT USAGE, CREATE ON SCHEMA theirs TO "app"
    "app" does not own theirs.s, which only its owner may alter or drop
      ALTER SEQUENCE theirs.s OWNER TO "app"
    "app" does not own theirs.c, which only its owner may alter or drop
      ALTER TABLE theirs.c OWNER TO "app"
    "app" does not own theirs.r, which only its owner may alter or drop
      ALTER TABLE theirs.r OWNER TO "app"
    "app" does not own theirs.t, which only its owner may alter or drop
      ALTER TABLE theirs.t OWNER TO "app"
    "app" does not own theirs.e, which only its owner may alter or drop
      ALTER TYPE theirs.e OWNER TO "app"
    "app" does not own theirs.v, which only its owner may alter or drop
      ALTER VIEW theirs.v OWNER TO "app"
    "app" does not own theirs.w, which only its owner may alter or drop
      ALTER VIEW theirs.w OWNER TO "app"
    "#);
    cure(server, &lacking);
    let ran = migrator(server, &role, &folder).up(&UpOptions::default());
    assert_eq!(done(&shown(ran)), ["1"]);
}

/// Functions of another, in a schema that the role may create in.
const ROUTINES: &str = "CREATE SCHEMA theirs; GRANT USAGE, CREATE ON SCHEMA theirs TO app;
    CREATE FUNCTION theirs.f(a INTEGER) RETURNS INTEGER LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION theirs.two(a INTEGER) RETURNS INTEGER LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION theirs.two(a TEXT, VARIADIC b VARCHAR[]) RETURNS INTEGER LANGUAGE sql AS 'SELECT 1';
    CREATE PROCEDURE theirs.p(a TIMESTAMPTZ) LANGUAGE sql AS 'SELECT 1';
    CREATE PROCEDURE theirs.p(a TIMESTAMP) LANGUAGE sql AS 'SELECT 1';
    CREATE AGGREGATE theirs.total(INTEGER) (SFUNC = int4pl, STYPE = INTEGER);
    CREATE TYPE theirs.mood AS ENUM ('glad');
    CREATE FUNCTION theirs.felt(a theirs.mood) RETURNS INTEGER LANGUAGE sql AS 'SELECT 1'";

fn a_function_of_another_is_known_by_its_arguments(server: &Server) {
    let role = role(server, ROUTINES);
    server.execute("CREATE TABLE mine.c (id INTEGER); CREATE INDEX by_id ON mine.c (id)");
    let folder = Folder::new();
    folder.add(
        "1_all",
        "CREATE OR REPLACE FUNCTION theirs.f(IN a int4 DEFAULT (7)) RETURNS INTEGER LANGUAGE sql AS 'SELECT 2';
         COMMENT ON FUNCTION theirs.two(int) IS 'one';
         DROP FUNCTION theirs.two(text, VARIADIC b character varying(9)[]); DROP ROUTINE theirs.p(timestamp with time zone);
         DROP AGGREGATE IF EXISTS theirs.total(int);
         CREATE OR REPLACE FUNCTION theirs.felt(a theirs.mood) RETURNS INTEGER LANGUAGE sql AS 'SELECT 2';
         CLUSTER c USING by_id;",
        "",
    );
    let lacking = lacks(migrator(server, &role, &folder).up(&UpOptions::default()));
    insta::assert_snapshot!(told(&lacking, &role), @r#"
    "app" does not own theirs.total(integer), which only its owner may alter or drop
      ALTER AGGREGATE theirs.total(integer) OWNER TO "app"
    "app" does not own theirs.f(a integer), which only its owner may alter or drop
      ALTER FUNCTION theirs.f(a integer) OWNER TO "app"
    "app" does not own theirs.felt(a theirs.mood), which only its owner may alter or drop
      ALTER FUNCTION theirs.felt(a theirs.mood) OWNER TO "app"
    "app" does not own theirs.two(a integer), which only its owner may alter or drop
      ALTER FUNCTION theirs.two(a integer) OWNER TO "app"
    "app" does not own theirs.two(a text, VARIADIC b character varying[]), which only its owner may alter or drop
      ALTER FUNCTION theirs.two(a text, VARIADIC b character varying[]) OWNER TO "app"
    "app" does not own theirs.p(IN a timestamp with time zone), which only its owner may alter or drop
      ALTER PROCEDURE theirs.p(IN a timestamp with time zone) OWNER TO "app"
    "app" does not own mine.c, which only its owner may alter or drop
      ALTER TABLE mine.c OWNER TO "app"
    "#);
    cure(server, &lacking);
    let ran = migrator(server, &role, &folder).up(&UpOptions::default());
    assert_eq!(done(&shown(ran)), ["1"]);
}

fn a_function_beside_anothers_is_nobodys_yet(server: &Server) {
    let role = role(server, ROUTINES);
    server.execute(&format!(
        "ALTER FUNCTION theirs.two(INTEGER) OWNER TO {}; CREATE TYPE mine.mood AS ENUM ('sad')",
        role.name
    ));
    passes(
        server,
        &role,
        "CREATE OR REPLACE FUNCTION theirs.f(a bigint) RETURNS INTEGER LANGUAGE sql AS 'SELECT 2';
         CREATE OR REPLACE FUNCTION theirs.f() RETURNS INTEGER LANGUAGE sql AS 'SELECT 2';
         CREATE OR REPLACE FUNCTION f(a INTEGER) RETURNS INTEGER LANGUAGE sql AS 'SELECT 2';
         CREATE OR REPLACE FUNCTION theirs.felt(a mine.mood) RETURNS INTEGER LANGUAGE sql AS 'SELECT 2';
         CREATE OR REPLACE PROCEDURE theirs.p(a DATE) LANGUAGE sql AS 'SELECT 1';
         DROP FUNCTION theirs.two(a integer); DROP FUNCTION IF EXISTS theirs.total(text);",
    );
}

fn an_extension_is_named_that_may_not_be_made(server: &Server) {
    let role = role(server, "SELECT 1");
    let folder = Folder::new();
    folder.add(
        "1_all",
        "CREATE EXTENSION citext;
         CREATE EXTENSION IF NOT EXISTS pgrowlocks SCHEMA mine;
         CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA mine VERSION '1.8';",
        "",
    );
    let bad = Folder::new();
    bad.add("1_bad", "CREATE EXTENSION amcheck;", "");
    let lacking = lacks(migrator(server, &role, &folder).up(&UpOptions::default()));
    let said = told(&lacking, &role).replace(server.name(), "studio");
    insta::assert_snapshot!(said, @r#"
    "app" may not make the extension pgrowlocks, which only a superuser may
      CREATE EXTENSION pgrowlocks WITH SCHEMA mine
    "app" may not make the extension citext
      GRANT CREATE ON DATABASE studio TO "app"
    "app" may not make the extension hstore
      GRANT CREATE ON DATABASE studio TO "app"
    "#);
    let only = lacks(migrator(server, &role, &bad).up(&UpOptions::default()));
    insta::assert_snapshot!(told(&only, &role), @r#"
    "app" may not make the extension amcheck, which only a superuser may, and which then says IF NOT EXISTS
      CREATE EXTENSION amcheck
    "#);
    cure(server, &lacking);
    let ran = migrator(server, &role, &folder).up(&UpOptions::default());
    assert_eq!(done(&shown(ran)), ["1"]);
}

fn an_extension_that_may_be_made_is_let_through(server: &Server) {
    let role = role(server, "CREATE EXTENSION pgrowlocks");
    server.execute(&format!(
        "GRANT CREATE ON DATABASE \"{}\" TO {}",
        server.name(),
        role.name
    ));
    passes(
        server,
        &role,
        "CREATE EXTENSION IF NOT EXISTS pgrowlocks; CREATE EXTENSION citext;",
    );
    // Only the server knows whether it comes to have it.
    let folder = Folder::new();
    folder.add("1_a", "CREATE EXTENSION nowhere;", "");
    server.execute("DELETE FROM mine.__diesel_schema_migrations");
    let mut runner = migrator(server, &role, &folder);
    shown(runner.plan_up(&UpOptions::default()));
    assert_eq!(runner.lacking(), []);
}

fn whole_schemas_and_databases_are_reindexed_by_their_owners(server: &Server) {
    let role = role(server, "CREATE SCHEMA theirs");
    let folder = Folder::new();
    folder.add_statementwise("1_mine", "REINDEX SCHEMA mine;", "");
    folder.add_statementwise("2_theirs", "REINDEX (VERBOSE) SCHEMA theirs;", "");
    let whole = format!("REINDEX DATABASE \"{}\";", server.name());
    folder.add_statementwise("3_all", &whole, "");
    let lacking = lacks(migrator(server, &role, &folder).up(&UpOptions::default()));
    let said = told(&lacking, &role).replace(server.name(), "studio");
    insta::assert_snapshot!(said, @r#"
    "app" does not own studio, which only its owner may alter or drop
      ALTER DATABASE studio OWNER TO "app"
    "app" does not own theirs, which only its owner may alter or drop
      ALTER SCHEMA theirs OWNER TO "app"
    "#);
    cure(server, &lacking);
    let ran = migrator(server, &role, &folder).up(&UpOptions::default());
    assert_eq!(done(&shown(ran)), ["1", "2", "3"]);
}
