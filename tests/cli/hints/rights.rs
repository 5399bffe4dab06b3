//! Hints about who may do what on a server, and where: sessions of others, roles, schemas and
//! passwords.

use super::{Comes, applied, follow, hinted};
use crate::session::{VERSIONS, studio};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;
use crate::support::project::Output;

/// Who stands in the way is named, and following the hint ends their sessions.
#[test]
fn a_database_that_others_use_is_not_dropped() {
    let database = PostgresDatabase::create();
    let project = studio(&database);
    let _other = database.connect();
    let words = ["db", "drop", "--confirm", database.name()];
    let refused = project.run(words).exits(4);
    let who = format!(
        "error: database `{}` is in use by others: pid ",
        database.name()
    );
    assert!(refused.stderr.contains(&who), "{}", refused.stderr);
    assert!(
        refused.stderr.contains(", user postgres"),
        "{}",
        refused.stderr
    );
    let asked_again = format!("dieselkit {} --force", words.join(" "));
    assert_eq!(hinted(&refused), [asked_again]);
    follow(&project, &refused, Comes::Done);
}

/// A role that may write the history, but owns none of the tables, is told how it comes to own them.
#[test]
fn a_rollback_that_lacks_the_right_says_who_grants_it() {
    let database = PostgresDatabase::create();
    let project = applied(&database);
    let role = database.create_role("another");
    let name = &role.name;
    database.execute(&format!(
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}"
    ));
    database.execute(&format!(
        "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {name}"
    ));
    let project = project.env("DATABASE_URL", &database.url_as(&role));
    let refused = project.run(["rollback", "--yes"]).exits(1);
    let sql = refused
        .stderr
        .split('`')
        .find(|piece| piece.starts_with("ALTER TABLE "));
    let sql = sql.unwrap_or_else(|| panic!("no advice in: {}", refused.stderr));
    database.execute(&sql.replace("ROLE", name));
    database.execute(&format!("GRANT USAGE, CREATE ON SCHEMA public TO {name}"));
    // Consent was given to the very command that the hint repeats.
    follow(&project, &refused, Comes::Done);
    assert_eq!(database.applied(), VERSIONS[..2]);
}

/// Returns the first piece of a hint's code that begins like this.
#[track_caller]
fn advised<'a>(output: &'a Output, beginning: &str) -> &'a str {
    let (_, hint) = output.stderr.rsplit_once("hint: ").expect("there is one");
    let mut pieces = hint.split('`').skip(1).step_by(2);
    let found = pieces.find(|piece| piece.starts_with(beginning));
    found.unwrap_or_else(|| panic!("no `{beginning}` in: {}", output.stderr))
}

/// Whoever only reads finds nothing where nothing can be; whoever writes is told what is missing.
#[test]
fn a_search_path_without_a_schema_is_named() {
    let readers = ["status", "history", "status --stats"];
    for (path, missing) in [
        ("App,lib", "(`app`, `lib`) exists"),
        (
            "%22$user%22,%22My%20App%22",
            "(`\"$user\"`, `\"My App\"`) exists",
        ),
        ("o'brien,order", "(`\"o'brien\"`, `\"order\"`) exists"),
        ("%22one%22%22two%22,lib", "(`\"one\"\"two\"`, `lib`) exists"),
    ] {
        let database = PostgresDatabase::create();
        let project = studio(&database);
        let url = format!("{}?options=-csearch_path%3D{path}", database.url());
        let project = project.env("DATABASE_URL", &url.replace("%20", "%5C%20"));
        for line in readers {
            project.run(line.split(' ')).succeeds();
        }
        project.run(["up", "--dry-run"]).exits(1);
        let refused = project.run(["up"]).exits(1);
        let said = format!("no schema of the connection's `search_path` {missing}, so ");
        let create = advised(&refused, "CREATE SCHEMA ");
        let warned = project.run(["status"]).succeeds();
        assert!(
            warned.stderr.contains(&format!("warning: {said}")),
            "{}",
            warned.stderr
        );
        assert!(warned.stderr.contains(create), "{}", warned.stderr);
        let found = project.run(["check"]).exits(3);
        assert!(
            found.stdout.contains(&format!("finding: {said}")),
            "{}",
            found.stdout
        );
        assert!(found.stdout.contains(create), "{}", found.stdout);
        assert!(!found.stderr.contains("warning"), "{}", found.stderr);
        let said = format!("error: {said}");
        assert!(refused.stderr.contains(&said), "{}", refused.stderr);
        database.execute(advised(&refused, "CREATE SCHEMA "));
        project.run(["up"]).succeeds();
    }
    let database = PostgresDatabase::create();
    let name = database.name();
    database.execute(&format!("ALTER DATABASE {name} SET search_path = ''"));
    let project = studio(&database);
    for line in readers {
        project.run(line.split(' ')).succeeds();
    }
    let refused = project.run(["up"]).exits(1);
    let said = "error: the connection's `search_path` names no schema, so ";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    let url = format!("{}{}", database.url(), advised(&refused, "?options="));
    project.env("DATABASE_URL", &url).run(["up"]).succeeds();
}

/// Whatever was made there would be gone with the session, the history included.
#[test]
fn a_search_path_that_begins_with_what_is_temporary_is_refused() {
    let database = PostgresDatabase::create();
    let project = studio(&database);
    let url = database.url();
    for path in ["pg_temp", "pg_temp,public", "nowhere,pg_temp"] {
        let in_path = format!("{url}?options=-csearch_path%3D{path}");
        let project = studio(&database).env("DATABASE_URL", &in_path);
        for line in ["up", "up --dry-run", "status"] {
            let refused = project.run(line.split(' ')).exits(1);
            let said = "error: the connection's `search_path` begins with what is temporary, so that everything would be gone with the session\n";
            assert!(refused.stderr.contains(said), "{line}: {}", refused.stderr);
            let url = format!("{url}{}", advised(&refused, "?options="));
            let mended = studio(&database).env("DATABASE_URL", &url);
            mended.run(line.split(' ')).succeeds();
        }
        project.run(["check"]).exits(1);
    }
    assert_eq!(database.applied(), VERSIONS);
    project.run(["check"]).succeeds();
    let after = format!("{url}?options=-csearch_path%3Dpublic,pg_temp");
    studio(&database)
        .env("DATABASE_URL", &after)
        .run(["status"])
        .succeeds();
}

/// A history that may not be read is not one that is empty.
#[test]
fn a_schema_that_may_not_be_used_is_not_taken_for_absent() {
    let database = PostgresDatabase::create();
    database.execute("CREATE SCHEMA app");
    let in_app = |url: &str| format!("{url}?options=-csearch_path%3DApp");
    let project = studio(&database).env("DATABASE_URL", &in_app(&database.url()));
    project.run(["up"]).succeeds();
    let role = database.create_role("reader");
    let project = project.env("DATABASE_URL", &in_app(&database.url_as(&role)));
    for line in ["status", "check", "db drop --yes"] {
        let refused = project.run(line.split(' ')).exits(1);
        let said = "  caused by: permission denied for schema app\n";
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
    let refused = project.run(["db", "drop", "--yes"]).exits(1);
    advised(&refused, "ALTER DATABASE ");
    let refused = project.run(["up"]).exits(1);
    advised(&refused, "GRANT USAGE, CREATE ON SCHEMA ");
    let refused = project.run(["up", "--dry-run"]).exits(1);
    let grant = advised(&refused, "GRANT USAGE ON SCHEMA ");
    database.execute(grant);
    let refused = project.run(["status"]).exits(1);
    let grant = advised(&refused, "GRANT SELECT ON TABLE ");
    let drops = project.run(["db", "drop", "--yes"]).exits(1);
    let owner = advised(&drops, "ALTER DATABASE ");
    assert_eq!(advised(&drops, "GRANT "), grant);
    let writes = project.run(["up"]).exits(1);
    let all = advised(&writes, "GRANT ");
    let diesels = format!(
        "GRANT DELETE, INSERT, SELECT ON app.__diesel_schema_migrations TO \"{}\";",
        role.name
    );
    assert!(all.contains(&diesels), "{all}");
    database.execute(grant);
    let status = project.run(["status"]).succeeds();
    assert!(status.stdout.contains("3 applied"), "{}", status.stdout);
    project.run(["check"]).succeeds();
    project.run(["history"]).succeeds();
    let drops = project.run(["db", "drop", "--yes"]).exits(1);
    assert_eq!(advised(&drops, "ALTER DATABASE "), owner);
    database.execute(&owner.replace("OWNER TO ROLE", &format!("OWNER TO {}", role.name)));
    project.run(["db", "drop", "--yes"]).succeeds();
}

/// Whoever logs in may read all, and the role that migrations run as may not: one paste mends it.
#[test]
fn a_role_without_rights_is_granted_all_of_them_at_once() {
    for may_read in ["", "__diesel_schema_migrations, __dieselkit_history"] {
        let database = PostgresDatabase::create();
        let role = database.create_role("owner");
        let project = applied(&database).migration(
            "2026-01-04-000000_rename_users",
            "ALTER TABLE users ADD COLUMN nick TEXT;",
            "ALTER TABLE users DROP COLUMN nick;",
        );
        if !may_read.is_empty() {
            database.execute(&format!("GRANT SELECT ON {may_read} TO {}", role.name));
        }
        let refused = project.run(["up", "--set-role", &role.name]).exits(1);
        assert_eq!(database.applied(), VERSIONS);
        let grants = advised(&refused, "GRANT ");
        assert!(!grants.contains("ROLE;"), "{grants}");
        database.execute(grants);
        follow(&project, &refused, Comes::Done);
        assert_eq!(database.applied().len(), 4);
    }
}

/// A right that only the server misses is granted to the role as well, not to who logs in.
#[test]
fn what_a_function_lacks_is_granted_to_the_role() {
    let database = PostgresDatabase::create();
    let role = database.create_role("owner");
    let name = &role.name;
    database.execute(&format!(
        "GRANT CREATE ON SCHEMA public TO {name}; CREATE TABLE theirs (id INTEGER)"
    ));
    let project = studio(&database).migration(
        "2026-01-04-000000_hidden",
        "DO $$ BEGIN INSERT INTO theirs VALUES (1); END $$;",
        "",
    );
    let refused = project.run(["up", "--set-role", name]).exits(1);
    database.execute(advised(&refused, "GRANT "));
    follow(&project, &refused, Comes::Done);
}

/// Whoever pastes the hint unread gets an error about the address, and no other database.
#[test]
fn a_hint_repeats_no_address_with_a_password() {
    let database = PostgresDatabase::create();
    let project = studio(&database).env("DATABASE_URL", "postgres://decoy@127.0.0.1:1/decoy");
    let url = format!("{}_absent", database.url());
    let refused = project
        .run(["status", "--env", "test", "--database-url", &url])
        .exits(1);
    assert!(
        !refused.stderr.contains(database.cluster().password()),
        "{}",
        refused.stderr
    );
    let commands = hinted(&refused);
    assert_eq!(
        commands,
        ["dieselkit db create --env test --database-url URL"]
    );
    project.shell(&commands[0]).exits(2);
}
