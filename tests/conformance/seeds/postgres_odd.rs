//! What only `PostgreSQL` has: schemas, partitions, roles, and moments of many kinds.

use std::sync::{Arc, Mutex};

use diesel::Connection as _;
use diesel::connection::InstrumentationEvent;
use dieselkit::migration::TransactionMode;
use dieselkit::seed::{CommonSeeds, SeedOptions, SeedSet, Seeder};
use dieselkit::{Access, Database, Environment};

use super::{ran, refusal, seed, seed_with, seeder_of};
use crate::scene::{Folder, chain};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;

#[track_caller]
fn verified(database: &dyn Engine, folder: &Folder) -> Vec<String> {
    let proved = seeder_of(database, folder, "development").verify(&SeedOptions::default());
    let report = proved.unwrap_or_else(|error| panic!("{}", chain(&error)));
    assert!(report.failures.is_empty(), "{report:?}");
    report
        .changes
        .into_iter()
        .map(|change| change.table)
        .collect()
}

#[test]
fn a_table_of_another_schema_and_a_partitioned_one_are_filled_and_proved() {
    let database = PostgresDatabase::create();
    database.execute(
        "CREATE SCHEMA \"Billing\";
         CREATE TABLE \"Billing\".invoices (id SERIAL PRIMARY KEY, n NUMERIC(10, 2));
         CREATE TABLE days (day INTEGER, id INTEGER GENERATED ALWAYS AS IDENTITY, word TEXT, PRIMARY KEY (day, id))
           PARTITION BY RANGE (day);
         CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM (0) TO (10);
         CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM (10) TO (20);",
    );
    let folder = Folder::new();
    folder.write("development/1_Billing.invoices.csv", "id,n\n7,1.50\n");
    folder.write("development/2_days.csv", "day,id,word\n1,1,a\n11,2,b\n");
    assert!(verified(&database, &folder).is_empty());
    seed(&database, &folder);
    seed_with(&database, &folder, &SeedOptions::default().force());
    database.execute("INSERT INTO days (day, word) VALUES (12, 'next'); INSERT INTO \"Billing\".invoices (n) VALUES (2);");
    assert_eq!(database.query_i64("SELECT max(id) FROM days"), 3);
    assert_eq!(
        database.query_i64("SELECT max(id) FROM \"Billing\".invoices"),
        8
    );
    folder.write(
        "development/3_both.sql",
        "UPDATE days SET word = word || 'x'; UPDATE \"Billing\".invoices SET n = n + 1;",
    );
    assert_eq!(verified(&database, &folder), ["Billing.invoices", "days"]);
}

#[test]
fn truncating_and_filling_again_is_no_change_unless_the_ids_go_on() {
    let database = PostgresDatabase::create();
    database.execute("CREATE TABLE words (id SERIAL PRIMARY KEY, word TEXT); INSERT INTO words (word) VALUES ('before');");
    let folder = Folder::new();
    let fill = |truncate: &str| {
        folder.write(
            "development/1_words.sql",
            &format!("{truncate}; INSERT INTO words (word) VALUES ('a'), ('b');"),
        );
    };
    fill("TRUNCATE words");
    assert_eq!(verified(&database, &folder), ["words"]);
    fill("TRUNCATE words RESTART IDENTITY");
    assert!(verified(&database, &folder).is_empty());
    fill("TRUNCATE words");
    assert_eq!(verified(&database, &folder), ["words"]);
    database.execute("INSERT INTO words (word) VALUES ('next')");
    assert_eq!(
        database.query_column("SELECT id || word FROM words ORDER BY id"),
        ["1before", "2next"]
    );
}

#[test]
fn moments_of_every_precision_are_found_and_triggers_stay_as_they_were() {
    let database = PostgresDatabase::create();
    database.execute(
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, word TEXT, at TIMESTAMP(0), zoned TIMESTAMPTZ(3), made TIMESTAMPTZ DEFAULT now());
         CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END';
         CREATE TRIGGER off BEFORE UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION refuse();
         ALTER TABLE notes DISABLE TRIGGER off;",
    );
    for (column, value) in [
        ("at", "now()"),
        ("zoned", "transaction_timestamp()"),
        ("at", "localtimestamp"),
    ] {
        let folder = Folder::new();
        folder.write(
            "development/1_notes.sql",
            &format!("INSERT INTO notes (id, {column}) VALUES (1, {value}) ON CONFLICT (id) DO UPDATE SET {column} = excluded.{column};"),
        );
        assert_eq!(verified(&database, &folder), ["notes"], "{value}");
    }
    let enabled = "SELECT tgenabled::text FROM pg_trigger WHERE tgname = 'off'";
    assert_eq!(database.query_text(enabled), "D");
}

#[test]
fn a_role_that_may_only_read_learns_how_the_seeds_stand() {
    let database = PostgresDatabase::create();
    database.execute("CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT);");
    let folder = Folder::new();
    folder.write("development/1_words.csv", "id,word\n1,a\n");
    seed(&database, &folder);
    folder.write("development/2_words.csv", "id,word\n2,b\n");
    database.execute(
        "GRANT USAGE ON SCHEMA public TO PUBLIC; GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC;",
    );
    let role = format!("reader_{}", uuid::Uuid::new_v4().simple());
    database.execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'reads'"));
    let (_, rest) = database
        .url()
        .split_once('@')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .expect("it has a login");
    let address = format!("postgres://{role}:reads@{rest}")
        .parse()
        .expect("it is one");
    let opened = Database::open(&address, Access::ReadOnly).expect("it may connect");
    let environment = Environment::new("development").expect("a name");
    let set = dieselkit::seed::SeedSet::from_folder(
        folder.path(),
        &environment,
        dieselkit::seed::CommonSeeds::NeedCompany,
    )
    .expect("they read");
    let status = dieselkit::seed::Seeder::new(opened, set)
        .status()
        .expect("it reads");
    assert_eq!((status.seeds.len(), status.to_run), (2, 1));
    database.execute(&format!("DROP ROLE {role}"));
    assert_eq!(ran(&seed(&database, &folder)), ["development/2_words.csv"]);
}

/// Whoever inserts while a proof runs gets an id that stays its own.
#[test]
fn others_wait_for_a_proof_and_keep_their_ids() {
    let database = PostgresDatabase::create();
    database.execute("CREATE TABLE words (id SERIAL PRIMARY KEY, word TEXT UNIQUE);");
    let folder = Folder::new();
    folder.write(
        "development/1_words.sql",
        "INSERT INTO words (word) VALUES ('a') ON CONFLICT (word) DO NOTHING; SELECT pg_sleep(0.3);",
    );
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            std::thread::sleep(std::time::Duration::from_millis(300));
            database.execute("INSERT INTO words (word) VALUES ('other')");
        });
        assert!(verified(&database, &folder).is_empty());
        other.join().expect("it inserts");
    });
    assert_eq!(
        database.query_column("SELECT id || word FROM words"),
        ["1other"]
    );
    database.execute("INSERT INTO words (word) VALUES ('next')");
    assert_eq!(database.query_i64("SELECT max(id) FROM words"), 2);
}

/// Where another locale is installed, its amounts would have another point.
#[test]
fn no_setting_says_how_a_data_file_is_read() {
    let database = PostgresDatabase::create();
    database.execute(
        "DO $$ DECLARE setting text; BEGIN
           FOREACH setting IN ARRAY ARRAY['array_nulls = off', 'xmloption = document', 'lc_monetary = \"C.UTF-8\"'] LOOP
             EXECUTE format('ALTER DATABASE %I SET %s', current_database(), setting);
           END LOOP;
         END $$;
         CREATE TABLE odd (id integer PRIMARY KEY, words text[], piece xml, amount money,
           seen text DEFAULT current_setting('array_nulls') || current_setting('xmloption') || current_setting('lc_monetary'));",
    );
    let folder = Folder::new();
    folder.write(
        "development/010_odd.csv",
        "id,words,piece,amount\n1,\"{a,NULL}\",\"x, y\",\"$1,234.50\"\n",
    );
    folder.write(
        "development/020_odd.sql",
        "INSERT INTO odd (id) VALUES (2) ON CONFLICT DO NOTHING;",
    );
    let batch = SeedOptions::default().in_transactions(TransactionMode::Batch);
    seed_with(&database, &folder, &batch);
    let seen = database.query_column("SELECT seen FROM odd ORDER BY id");
    assert_eq!(seen, ["oncontentC", "offdocumentC.UTF-8"]);
    let nulls =
        database.query_i64("SELECT count(*) FROM odd WHERE words[2] IS NULL AND words[1] = 'a'");
    assert_eq!(nulls, 1);
}

#[test]
fn an_identity_that_is_always_generated_stays_when_rows_are_found_by_another_key() {
    let database = PostgresDatabase::create();
    database.execute(
        "CREATE TABLE users (id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email TEXT UNIQUE, n INTEGER);",
    );
    let folder = Folder::new();
    folder.write("development/1_users.csv", "id,email,n\n5,a@x,1\n6,b@x,1\n");
    folder.write("development/1_users.toml", "key = 'email'\n");
    seed(&database, &folder);
    folder.write("development/1_users.csv", "id,email,n\n5,a@x,2\n6,b@x,1\n");
    let rows = seed(&database, &folder).done[0].rows.expect("counted");
    assert_eq!((rows.updated, rows.unchanged), (1, 1));
    folder.write("development/1_users.csv", "id,email,n\n5,a@x,2\n8,b@x,1\n");
    let refused = refusal(&database, &folder);
    assert!(
        refused.contains("1_users.csv:3:1: column `id`, value `8`: the row has another value there, and a column that is GENERATED ALWAYS AS IDENTITY cannot be changed"),
        "{refused}"
    );
}

#[test]
fn a_key_that_is_only_looked_at_at_the_commit_is_placed() {
    let database = PostgresDatabase::create();
    database.execute(
        "CREATE TABLE words (id INTEGER PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, word TEXT);
         CREATE TABLE notes (id INTEGER PRIMARY KEY, word TEXT UNIQUE DEFERRABLE INITIALLY DEFERRED);",
    );
    let folder = Folder::new();
    folder.write("development/1_words.csv", "id,word\n1,a\n2,b\n1,c\n");
    let refused = refusal(&database, &folder);
    assert!(
        refused.contains("1_words.csv:4:1: the row has the same key as that of line 2: id=1"),
        "{refused}"
    );
    folder.write("development/1_words.csv", "id,word\n1,a\n");
    folder.write("development/2_notes.csv", "id,word\n1,a\n2,b\n3,a\n");
    let refused = refusal(&database, &folder);
    assert!(
        refused.contains("2_notes.csv:4:3: column `word`, value `a`: "),
        "{refused}"
    );
}

#[test]
fn a_table_under_row_security_is_filled_from_the_first_time_on() {
    let database = PostgresDatabase::create();
    let role = database.create_role("secret").name;
    database.execute(&format!(
        "GRANT ALL ON SCHEMA public TO {role};
         SET ROLE {role};
         CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT);
         ALTER TABLE words ENABLE ROW LEVEL SECURITY;
         ALTER TABLE words FORCE ROW LEVEL SECURITY;
         CREATE POLICY all_of_them ON words USING (true) WITH CHECK (id > 0);"
    ));
    let folder = Folder::new();
    folder.write("development/1_words.csv", "id,word\n1,a\n2,b\n");
    let environment = Environment::new("development").expect("a name");
    let set = SeedSet::from_folder(folder.path(), &environment, CommonSeeds::NeedCompany);
    let mut connection = database.connect();
    diesel::connection::SimpleConnection::batch_execute(
        &mut connection,
        &format!("SET ROLE {role}"),
    )
    .expect("it is a superuser");
    let mut seeder = Seeder::new(Database::from(connection), set.expect("it reads"));
    let report = seeder.seed(&SeedOptions::default());
    let report = report.unwrap_or_else(|error| panic!("{}", chain(&error)));
    assert_eq!(report.done[0].rows.map(|rows| rows.inserted), Some(2));
}

#[test]
fn a_sequence_that_only_a_default_names_is_moved() {
    let database = PostgresDatabase::create();
    database.execute(
        "CREATE SEQUENCE \"Numbers\"; CREATE SEQUENCE steps INCREMENT 10;
         CREATE TABLE words (id INTEGER PRIMARY KEY DEFAULT nextval('\"Numbers\"'), step BIGINT DEFAULT nextval('steps') * -1, word TEXT);",
    );
    let folder = Folder::new();
    folder.write("development/1_words.csv", "id,step,word\n7,500,a\n");
    seed(&database, &folder);
    database.execute("INSERT INTO words (word) VALUES ('next')");
    assert_eq!(database.query_i64("SELECT max(id) FROM words"), 8);
    // What a default computes of a sequence says nothing of where it stands.
    assert_eq!(database.query_i64("SELECT min(step) FROM words"), -1);
    folder.write(
        "development/2_more.sql",
        "INSERT INTO words (id, word) VALUES (20, 'b') ON CONFLICT DO NOTHING;",
    );
    seed(&database, &folder);
    database.execute("INSERT INTO words (word) VALUES ('next')");
    assert_eq!(database.query_i64("SELECT max(id) FROM words"), 21);
}

#[test]
fn moments_in_other_forms_than_their_own_type_are_found() {
    let database = PostgresDatabase::create();
    for (kind, value) in [
        ("timestamptz", "date_trunc('second', now())"),
        ("timestamptz", "now()::timestamptz(0)"),
        ("timestamp", "now()::timestamp(0)"),
        ("timestamptz(0)", "now()"),
        ("jsonb", "jsonb_build_object('at', now())"),
        ("json", "json_build_object('at', now()::timestamp)"),
        ("text", "now()::text"),
        ("varchar(40)", "'at ' || now()"),
        ("integer", "extract(epoch from now())::int"),
        ("bigint", "(extract(epoch from now()) * 1000)::bigint"),
        ("double precision", "extract(epoch from now())"),
        ("numeric", "extract(epoch from now())"),
        ("time", "now()::time"),
        ("tstzrange", "tstzrange(now(), null)"),
        ("timestamptz[]", "array[now()]"),
        ("timestamp[]", "array[now()::timestamp]"),
    ] {
        database.execute(&format!(
            "DROP TABLE IF EXISTS notes; CREATE TABLE notes (id INTEGER PRIMARY KEY, v {kind});"
        ));
        let folder = Folder::new();
        folder.write(
            "development/1_notes.sql",
            &format!("INSERT INTO notes VALUES (1, {value}) ON CONFLICT (id) DO UPDATE SET v = excluded.v;"),
        );
        assert_eq!(verified(&database, &folder), ["notes"], "{value}");
        // Written once, it stays.
        folder.write(
            "development/1_notes.sql",
            &format!("INSERT INTO notes VALUES (1, {value}) ON CONFLICT (id) DO NOTHING;"),
        );
        assert_eq!(verified(&database, &folder), [""; 0], "{value}");
    }
}

/// Returns what seeding sends to the server.
fn sent(database: &PostgresDatabase, folder: &Folder) -> Vec<String> {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&sent);
    let mut connection = database.connect();
    connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let query = query.to_string();
            noted.lock().expect("nobody panics").push(query);
        }
    });
    let environment = Environment::new("development").expect("a name");
    let seeds = SeedSet::from_folder(folder.path(), &environment, CommonSeeds::NeedCompany);
    let mut seeder = Seeder::new(Database::from(connection), seeds.expect("it reads"));
    let report = seeder.seed(&SeedOptions::default());
    assert_eq!(ran(&report.expect("it runs")), [""; 0]);
    let sent = sent.lock().expect("nobody panics");
    sent.clone()
}

#[test]
fn files_that_did_not_change_are_skipped_in_one_query_however_many_they_are() {
    let database = PostgresDatabase::create();
    database.execute("CREATE TABLE words (id INTEGER PRIMARY KEY);");
    let folder = Folder::new();
    let mut lengths = Vec::new();
    for files in [2, 12] {
        for number in 10..10 + files {
            folder.write(
                &format!("development/{number}_words.csv"),
                &format!("id\n{number}\n"),
            );
        }
        seed(&database, &folder);
        let sent = sent(&database, &folder);
        let about_seeds = |sql: &&String| sql.contains("FROM \"public\".\"__dieselkit_seeds\"");
        assert_eq!(sent.iter().filter(about_seeds).count(), 1, "{sent:#?}");
        assert!(!sent.iter().any(|sql| sql.contains("words")), "{sent:#?}");
        lengths.push(sent.len());
    }
    assert_eq!(lengths[0], lengths[1]);
}

#[test]
fn an_array_of_json_fills_a_column_of_arrays() {
    let database = PostgresDatabase::create();
    database.execute(
        "CREATE DOMAIN marks AS integer[];
         CREATE TABLE arrays (id integer PRIMARY KEY, numbers integer[], words text[], grid integer[],
           own marks, docs jsonb[], moments timestamptz[]);",
    );
    let folder = Folder::new();
    folder.write(
        "development/010_arrays.json",
        r#"[
          {"id": 1, "numbers": [1, null, -3], "words": ["a b", "null", "q\"u", "", "{,}\\"],
           "grid": [[1, 2], [3, 4]], "own": [5], "docs": [{"a": [1]}, [2]],
           "moments": ["2026-01-31 10:00:00+00"]},
          {"id": 2, "numbers": [], "words": [], "grid": [], "own": null, "docs": [], "moments": "{}"}
        ]"#,
    );
    seed(&database, &folder);
    assert_eq!(
        database.query_column(
            "SELECT concat_ws(' ', numbers, words, grid, own, docs, moments = array['2026-01-31 10:00+00'::timestamptz])
             FROM arrays ORDER BY id"
        ),
        [
            r#"{1,NULL,-3} {"a b","null","q\"u","","{,}\\"} {{1,2},{3,4}} {5} {"{\"a\": [1]}",[2]} t"#,
            "{} {} {} {} f"
        ]
    );
    // Again by way of the temporary table, and nothing is another.
    let report = seed_with(&database, &folder, &SeedOptions::default().force());
    assert_eq!(report.done[0].rows.expect("rows").unchanged, 2);
    folder.write(
        "development/010_arrays.json",
        r#"[{"id": 1, "numbers": [1, "x"]}]"#,
    );
    let refused = refusal(&database, &folder);
    let said = "column `numbers`, value `[1, \"x\"]`: invalid input syntax for type integer";
    assert!(refused.contains(said), "{refused}");
}

#[test]
fn only_columns_of_arrays_and_of_json_take_an_array() {
    let database = PostgresDatabase::create();
    database.execute("CREATE DOMAIN numbers AS integer[]");
    for (table, type_name) in [
        ("a", "int4range"),
        ("b", "bytea"),
        ("c", "text"),
        ("d", "point"),
        ("e", "integer"),
    ] {
        database.execute(&format!(
            "CREATE TABLE {table} (id INTEGER PRIMARY KEY, v {type_name})"
        ));
        let folder = Folder::new();
        folder.write(
            &format!("development/1_{table}.jsonl"),
            "{\"id\": 1, \"v\": null}\n{\"id\": 2, \"v\": [1, 5]}\n",
        );
        let refused = refusal(&database, &folder);
        let said =
            format!("an array is for a column of arrays or of JSON, and this one is `{type_name}`");
        assert!(refused.contains(&said), "{refused}");
        assert!(
            refused.contains(&format!("1_{table}.jsonl:2:16")),
            "{refused}"
        );
    }
    let folder = Folder::new();
    for (index, type_name) in ["json", "jsonb", "integer[]", "numbers"].iter().enumerate() {
        database.execute(&format!(
            "CREATE TABLE t{index} (id INTEGER PRIMARY KEY, v {type_name})"
        ));
        folder.write(
            &format!("development/1_t{index}.jsonl"),
            "{\"id\": 1, \"v\": [1, 5]}\n",
        );
    }
    assert_eq!(seed(&database, &folder).done.len(), 4);
}

#[test]
fn what_a_seed_may_not_fill_is_told_before_any_runs() {
    let database = PostgresDatabase::create();
    database.execute(
        "CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (id INTEGER PRIMARY KEY);
         CREATE TABLE c (id INTEGER PRIMARY KEY); CREATE TABLE d (id INTEGER PRIMARY KEY)",
    );
    let role = database.create_role("secret");
    database.execute(&format!(
        "GRANT CREATE ON SCHEMA public TO {0}; GRANT SELECT, INSERT, UPDATE ON a, d TO {0};
         GRANT SELECT, UPDATE ON b, c TO {0}",
        role.name
    ));
    let folder = Folder::new();
    folder.write("development/1_a.csv", "id\n1\n");
    folder.write("development/2_b.csv", "id\n1\n");
    folder.write("development/3_c.sql", "INSERT INTO c VALUES (1);");
    folder.write(
        "development/4_later.sql",
        "SELECT nobody_knows(); INSERT INTO c VALUES (2);",
    );
    let environment = Environment::new("development").expect("a name");
    let seeder = || {
        let set = SeedSet::from_folder(folder.path(), &environment, CommonSeeds::NeedCompany);
        let address = database.url_as(&role).parse().expect("it is an address");
        let opened = Database::open(&address, Access::ReadWrite).expect("it may log in");
        Seeder::new(opened, set.expect("they are readable"))
    };
    let options = SeedOptions::default();
    let refused = seeder().seed(&options).expect_err("it may not");
    let planned = seeder().plan(&options).expect_err("it may not");
    assert_eq!(chain(&refused), chain(&planned));
    insta::assert_snapshot!(chain(&refused).replace(&role.name, "app"), @r#"the run needs what is not granted, so nothing was run: "app" has no right to INSERT on public.b; "app" has no right to INSERT on public.c"#);
    assert_eq!(database.query_i64("SELECT count(*) FROM a"), 0);
    folder.remove("development/4_later.sql");
    database.execute(&format!("GRANT INSERT ON b, c TO {}", role.name));
    assert_eq!(ran(&seeder().seed(&options).expect("it may")).len(), 3);
    // Nobody knows what a function has granted by then.
    let granted = "SELECT now_or_never(); DELETE FROM d;";
    folder.write("development/4_later.sql", granted);
    database.execute(&format!(
        "CREATE FUNCTION now_or_never() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'GRANT DELETE ON d TO {0}'",
        role.name
    ));
    assert_eq!(ran(&seeder().seed(&options).expect("it may")).len(), 1);
}
