//! A project whose address leads through PgBouncer in transaction mode: refused with what to set, and
//! at work once that is set.

#![cfg(feature = "postgres")]

use crate::session::studio;
use crate::support::engine::Engine as _;
use crate::support::pgbouncer::PgBouncer;
use crate::support::postgres::PostgresDatabase;

#[test]
fn a_pooler_is_refused_with_the_address_to_add_and_works_with_it() {
    let database = PostgresDatabase::create();
    let pooler = PgBouncer::before(&database, 1);
    let project = studio(&database).env("DATABASE_URL", &pooler.url());
    for _ in 0..2 {
        let refused = project.run(["up"]).exits(1);
        let hint = "--lock-url postgres://USER@SERVER:5432/DATABASE";
        assert!(refused.stderr.contains(hint), "{}", refused.stderr);
        assert!(refused.stderr.contains("`lock_url`"), "{}", refused.stderr);
        assert_eq!(prepared_in_the_pool(&pooler), 0);
    }
    let found = project.run(["doctor"]).exits(3).stdout;
    assert!(found.contains("problem  pooler"), "{found}");
    let project = project.env("DATABASE_LOCK_URL", &database.url());
    for _ in 0..2 {
        project.run(["up"]).succeeds();
        project.run(["rollback", "--all", "--yes"]).succeeds();
    }
    project.run(["up"]).succeeds();
    let found = project.run(["doctor", "--json"]).json();
    let all = found["data"]["checks"].as_array().expect("a list").clone();
    let pooler: Vec<_> = all.iter().filter(|it| it["check"] == "pooler").collect();
    assert_eq!(pooler.len(), 1, "{found}");
    assert_eq!(pooler[0]["verdict"], "good", "{found}");
    project.run(["backup", "create"]).succeeds();
    project.run(["reset", "--yes"]).succeeds();
    assert_eq!(database.applied().len(), 3);
}

/// Returns how many statements are kept prepared in the pool's one session.
fn prepared_in_the_pool(pooler: &PgBouncer) -> i64 {
    use diesel::{Connection, RunQueryDsl};

    #[derive(diesel::QueryableByName)]
    struct Kept {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        kept: i64,
    }

    let mut client = diesel::PgConnection::establish(&pooler.url()).expect("it listens");
    client.set_prepared_statement_cache_size(diesel::connection::CacheSize::Disabled);
    let query = "SELECT count(*) AS kept FROM pg_prepared_statements WHERE name <> ''";
    let asked = client.transaction(|client| diesel::sql_query(query).get_result::<Kept>(client));
    asked.expect("it answers").kept
}

#[test]
fn what_is_not_granted_is_told_before_anything_runs() {
    let database = PostgresDatabase::create();
    let role = database.create_role("secret");
    let project = studio(&database).env("DATABASE_URL", &database.url_as(&role));
    let grant = format!("GRANT USAGE, CREATE ON SCHEMA public TO \"{}\";", role.name);
    let planned = project.run(["up", "--dry-run"]).succeeds();
    let warning = format!("a run would be refused: \"{}\" may not", role.name);
    assert!(planned.stderr.contains(&warning), "{}", planned.stderr);
    assert!(planned.stderr.contains(&grant), "{}", planned.stderr);
    let refused = project.run(["up"]).exits(1);
    assert!(refused.stderr.contains(&grant), "{}", refused.stderr);
    assert_eq!(database.tables(), [""; 0]);
    database.execute(&grant);
    let planned = project.run(["up", "--dry-run"]).succeeds();
    assert!(!planned.stderr.contains("refused"), "{}", planned.stderr);
    project.run(["up"]).succeeds();
}

#[test]
fn a_role_is_named_by_a_flag_or_by_the_configuration() {
    let database = PostgresDatabase::create();
    let (role, owner) = (database.create_role("secret"), database.create_role("o"));
    database.execute(&format!("GRANT CREATE ON SCHEMA public TO {}", owner.name));
    let project = studio(&database).env("DATABASE_URL", &database.url_as(&role));
    let refused = project.run(["up", "--set-role", &owner.name]).exits(1);
    let grant = format!("GRANT \"{}\" TO \"{}\";", owner.name, role.name);
    assert!(refused.stderr.contains(&grant), "{}", refused.stderr);
    database.execute(&grant);
    let owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'";
    project.run(["up", "--set-role", &owner.name]).succeeds();
    assert_eq!(database.query_column(owners), [&*owner.name]);
    project
        .run(["rollback", "--all", "--yes", "--set-role", &owner.name])
        .succeeds();
    project.write(
        "dieselkit.toml",
        &format!("[environments.development]\nrole = \"{}\"\n", owner.name),
    );
    project.run(["up"]).succeeds();
    project.run(["reset", "--yes"]).succeeds();
    assert_eq!(database.query_column(owners), [&*owner.name]);
    let found = project.run(["doctor"]).stdout;
    assert!(
        found.contains(&format!("everything is done as `{}`", owner.name)),
        "{found}"
    );
}

#[test]
fn the_password_of_the_lock_is_shown_nowhere() {
    let database = PostgresDatabase::create();
    let pooler = PgBouncer::before(&database, 1);
    let role = database.create_role("s3cr3t-lock");
    let url = database.url_as(&role);
    let project = studio(&database).env("DATABASE_URL", &pooler.url());
    let wrong = url.replace("@127.0.0.1:", "@127.0.0.1:1");
    for line in ["up", "status -v", "doctor", "seed"] {
        for address in [&url, &wrong] {
            for json in [None, Some("--json")] {
                let words = line.split(' ').chain(["--lock-url", address]).chain(json);
                let said = project.run(words);
                let text = format!("{}{}", said.stdout, said.stderr);
                assert!(!text.contains("s3cr3t"), "{line}: {text}");
                assert!(!text.contains("s3cr3t%2Dlock"), "{line}: {text}");
            }
        }
    }
}
