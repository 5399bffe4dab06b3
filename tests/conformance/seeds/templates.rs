//! Templates and credentials: what is filled in, what runs again, and where no password appears.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use dieselkit::event::Event;
use dieselkit::seed::{CommonSeeds, SeedError, SeedOptions, SeedReport, SeedSet, Seeder};
use dieselkit::{Absent, Database, Environment};

use super::{TABLES, ran};
use crate::scene::{Folder, address, chain};
use crate::support::engine::Engine;

on_both_engines![
    a_template_is_filled_with_credentials_and_variables,
    an_unchanged_template_changes_nothing_and_a_changed_word_runs_it_again,
    passwords_appear_nowhere,
    what_a_filter_made_of_a_password_is_not_hashed,
    literals_come_back_as_they_went_in,
    what_cannot_be_filled_is_placed_and_nothing_runs,
    what_failed_is_placed_in_the_template,
    what_has_not_opted_in_is_never_touched,
    what_ran_once_needs_its_variables_no_more,
];

const CREDENTIALS: &str = "[ana]
name = 'Ana Lindqvist'
email = 'ana@example.com'
password = 'hunter2-ana'
role = 'teacher'

[bo]
email = \"o'bo@example.com\"
password = 'hunter2-bo'
";

const USERS: &str = "-- seed: template
INSERT INTO users (id, email, name) VALUES
  (1, {{ credentials.ana.email | sql }}, '{{ credentials.ana.password | argon2 }}'),
  (2, {{ credentials.bo.email | sql }}, {{ credentials.bo.password | bcrypt | sql }}),
  (3, {{ env(\"MAIL\") | sql }}, '{{ uuid5(\"three\") }}')
ON CONFLICT (id) DO UPDATE SET email = excluded.email, name = excluded.name;
";

/// What a seeding said and did.
struct Said {
    result: Result<SeedReport, SeedError>,
    events: String,
}

impl Said {
    #[track_caller]
    fn ran(&self) -> Vec<&str> {
        match &self.result {
            Ok(report) => ran(report),
            Err(error) => panic!("{}", chain(error)),
        }
    }

    #[track_caller]
    fn refusal(&self, folder: &Folder) -> String {
        let error = self.result.as_ref().expect_err("it is refused");
        chain(error).replace(&folder.path().display().to_string(), "seeds")
    }
}

/// Seeds the development environment with these variables set.
fn seed(database: &dyn Engine, folder: &Folder, variables: &'static [(&str, &str)]) -> Said {
    let environment = Environment::new("development").expect("a name");
    let set = SeedSet::from_folder(folder.path(), &environment, CommonSeeds::NeedCompany)
        .unwrap_or_else(|error| panic!("{error}"))
        .with_variables(|wanted| {
            let found = variables.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| (*value).to_owned())
        });
    let connected = Database::connect(&address(database), Absent::CreateFile);
    let events = Arc::new(Mutex::new(String::new()));
    let heard = Arc::clone(&events);
    let mut seeder = Seeder::new(connected.expect("the database is there"), set).with_observer(
        move |event: &Event| {
            let _ = writeln!(heard.lock().expect("no panic"), "{event:?}");
        },
    );
    let result = seeder.seed(&SeedOptions::default());
    let events = events.lock().expect("no panic").clone();
    Said { result, events }
}

fn of_users(database: &dyn Engine) -> Folder {
    database.execute(TABLES);
    let folder = Folder::new();
    folder.write("development/credentials.toml", CREDENTIALS);
    folder.write("development/010_users.sql", USERS);
    folder
}

fn names(database: &dyn Engine) -> Vec<String> {
    database.query_column("SELECT name FROM users ORDER BY id")
}

const MAIL: &[(&str, &str)] = &[("MAIL", "cy@example.com")];

fn a_template_is_filled_with_credentials_and_variables(database: &dyn Engine) {
    let folder = of_users(database);
    assert_eq!(
        seed(database, &folder, MAIL).ran(),
        ["development/010_users.sql"]
    );
    assert_eq!(
        database.query_column("SELECT email FROM users ORDER BY id"),
        ["ana@example.com", "o'bo@example.com", "cy@example.com"]
    );
    let names = names(database);
    assert!(
        names[0].starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{names:?}"
    );
    assert!(
        bcrypt::verify("hunter2-bo", &names[1]).expect("a hash"),
        "{names:?}"
    );
    assert_eq!(names[2], "b497a9fb-c385-54e8-b3a8-d3adedbbbc24");
}

fn an_unchanged_template_changes_nothing_and_a_changed_word_runs_it_again(database: &dyn Engine) {
    const OTHER_MAIL: &[(&str, &str)] = &[("MAIL", "di@example.com")];
    const MORE: &[(&str, &str)] = &[("MAIL", "di@example.com"), ("UNREAD", "x")];
    let folder = of_users(database);
    seed(database, &folder, MAIL).ran();
    let before = names(database);
    assert!(seed(database, &folder, MAIL).ran().is_empty());
    folder.write(
        "development/010_users.sql",
        &USERS.replace("-- seed: template", "-- seed: template\n-- seed: always\n"),
    );
    assert_eq!(seed(database, &folder, MAIL).ran().len(), 1);
    assert_eq!(names(database), before);
    folder.write("development/010_users.sql", USERS);
    assert!(seed(database, &folder, MAIL).ran().is_empty());
    assert_eq!(seed(database, &folder, OTHER_MAIL).ran().len(), 1);
    assert!(seed(database, &folder, MORE).ran().is_empty());
    let unread = CREDENTIALS.replace("'teacher'", "'guest'");
    folder.write("development/credentials.toml", &unread);
    assert!(seed(database, &folder, MORE).ran().is_empty());
    let changed = CREDENTIALS.replace("hunter2-ana", "hunter3-ana");
    folder.write("development/credentials.toml", &changed);
    assert_eq!(seed(database, &folder, MORE).ran().len(), 1);
    let after = names(database);
    assert!(after[0] != before[0] && after[1] == before[1], "{after:?}");
}

/// Returns everything that the database holds, as one text: SQLite's files, PostgreSQL's rows.
fn contents(database: &dyn Engine) -> String {
    if database.either("files", "rows") == "rows" {
        let tables = database.query_column(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables \
WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
        );
        let rows = |table| {
            database.query_column(&format!(
                "SELECT replace(t::text, '\"', '') FROM {table} AS t"
            ))
        };
        return tables.iter().flat_map(rows).collect();
    }
    let url = database.url();
    let path = url.trim_start_matches("sqlite:");
    let read = |ending: &str| std::fs::read(format!("{path}{ending}")).unwrap_or_default();
    let bytes = [read(""), read("-wal")].concat();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn passwords_appear_nowhere(database: &dyn Engine) {
    const SECRET: &[(&str, &str)] = &[MAIL[0], ("PIN", "hunter2'pin")];
    let folder = of_users(database);
    // What fails says what the server says, which quotes its value, and then its row.
    let failing = [
        "INSERT INTO users (id, email) VALUES (CAST({{ env('PIN') | sql }} AS INTEGER), NULL);",
        "INSERT INTO users (id, email, name) VALUES (1, NULL, {{ env('PIN') | upper | sql }});",
        "INSERT INTO users (id, email) SELECT {{ env('PIN') | sql }} {{ env('PIN') | safe }};",
        "SELECT {{ env('PIN') | replace(\"'\", '') | safe }} FROM users;",
        "SELECT {{ credentials.ana.password | sql }};",
        "SELECT '{{ credentials.ana.password }}';",
        "SELECT {{ (credentials.ana.password ~ 'x') | argon2 }};",
        "SELECT {{ credentials.ana.password | upper | safe }};",
        "SELECT {{ credentials.ana | sql }};",
        "SELECT {{ credentials | string | safe }};",
        "SELECT {{ env('PIN') + 1 }};",
        "SELECT {{ env('PIN') | hunter }};",
        "SELECT {{ env('PIN') | round }};",
        "SELECT {{ env(env('PIN') | upper) }};",
    ];
    let mut said = String::new();
    let went_well = seed(database, &folder, MAIL);
    went_well.ran();
    let _ = write!(said, "{:?}{}", went_well.result, went_well.events);
    for statement in failing {
        folder.write("development/020_failing.sql.jinja", statement);
        let failed = seed(database, &folder, SECRET);
        said += &failed.refusal(&folder);
        let _ = write!(said, "{:?}", failed.result);
        said += &failed.events;
        if let Err(error) = &failed.result {
            said += &serde_json::to_string(&error.report()).expect("JSON");
        }
    }
    let kept = contents(database).to_lowercase();
    assert!(kept.contains("cy@example.com") && kept.contains("failed"));
    assert_eq!(kept.find("hunter2"), None);
    let lower = said.to_lowercase();
    let told = lower.lines().find(|line| line.contains("hunter2"));
    assert_eq!(told, None);
}

fn what_a_filter_made_of_a_password_is_not_hashed(database: &dyn Engine) {
    let folder = of_users(database);
    for filters in [
        "capitalize",
        "default('x', true) | lower",
        "e",
        "escape",
        "indent(2)",
        "lower",
        "pprint",
        "replace('pass', '')",
        "safe",
        "string",
        "string | first",
        "string | last",
        "string | lines | join",
        "string | list | join",
        "string | list | pprint",
        "string | list | pprint | upper",
        "string | list | sort | join",
        "string | reverse",
        "string | split | first",
        "string | split('w') | join",
        "title",
        "trim",
        "upper",
    ] {
        let statement = format!("SELECT {{{{ credentials.ana.password | {filters} | argon2 }}}};");
        folder.write("development/020_failing.sql.jinja", &statement);
        let refusal = seed(database, &folder, MAIL).refusal(&folder);
        assert!(
            refusal.contains("a password goes into SQL as a hash"),
            "{statement}\n{refusal}"
        );
    }
    let formatted = "SELECT {{ '%s' | format(credentials.ana.password) | upper | argon2 | sql }};";
    folder.write("development/020_failing.sql.jinja", formatted);
    let refusal = seed(database, &folder, MAIL).refusal(&folder);
    assert!(refusal.contains("a password goes into SQL"), "{refusal}");
}

const LITERALS: &str = "INSERT INTO users (id, email, name) VALUES
  ({{ 1 | sql }}, {{ env('ODD') | sql }}, {{ none | sql }}),
  (10 -{{ -1 | sql }}, {{ \"{{1,2},{3,4}}\" | sql }}, CASE WHEN {{ true | sql }} THEN 'yes' END);
";

fn literals_come_back_as_they_went_in(database: &dyn Engine) {
    const ODD: &[(&str, &str)] = &[("ODD", "it's \\' \\ \"x\" $$ é -- /* ; {{ 1 }}\nE'\\n'")];
    database.execute(TABLES);
    let folder = Folder::new();
    // Where a backslash escapes in `'…'` a text has to come back as well.
    let setting = database.either("", "SET LOCAL standard_conforming_strings = off;");
    folder.write(
        "development/010_x.sql.jinja",
        &format!("{setting}{LITERALS}"),
    );
    seed(database, &folder, ODD).ran();
    assert_eq!(
        database.query_column("SELECT email FROM users ORDER BY id"),
        [ODD[0].1, "{{1,2},{3,4}}"]
    );
    assert_eq!(
        database.query_i64(
            "SELECT count(*) FROM users WHERE id = 1 AND name IS NULL OR id = 11 AND name = 'yes'"
        ),
        2
    );
}

fn what_cannot_be_filled_is_placed_and_nothing_runs(database: &dyn Engine) {
    let folder = of_users(database);
    let mut all = String::new();
    for statement in [
        "SELECT 1,\n  {{ env('NOT_SET') | sql }};",
        "SELECT {{ credentials.nobody.email | sql }};",
        "SELECT {{ credentials.bo.role | sql }};",
        "SELECT\n{{ credentials.ana.email }};",
        "SELECT {{ credentials.ana.password | sql }};",
        "SELECT {{ nothing }};",
        "SELECT {{ [1, 2] | sql }};",
        "SELECT {{ 'x' | sqll }};",
        "SELECT {{ none }};",
        "SELECT '{{1,2},{3,4}}';",
        "{% if true %}\nSELECT 1;",
        "{% include 'x.sql' %}",
        "SELECT 1;\nSELECT 'open;",
    ] {
        folder.write("development/020_failing.sql.jinja", statement);
        let failed = seed(database, &folder, MAIL);
        all += &failed.refusal(&folder);
        all += "\n\n";
    }
    insta::assert_snapshot!("unfilled_templates", all);
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 0);
}

fn what_failed_is_placed_in_the_template(database: &dyn Engine) {
    database.execute(TABLES);
    let folder = Folder::new();
    folder.write(
        "development/010_x.sql.jinja",
        "{# three users,\n   and one too many #}
{% for id in range(1, 4) -%}
INSERT INTO users (id, email) VALUES ({{ id }}, {{ id | string | sql }});
{% endfor %}
INSERT INTO users (id, email)
VALUES (1, 'again');\n",
    );
    let failed = seed(database, &folder, &[]);
    let refused = failed.refusal(&folder);
    assert!(
        refused.contains("seeds/development/010_x.sql.jinja:6:1"),
        "{refused}"
    );
}

fn what_has_not_opted_in_is_never_touched(database: &dyn Engine) {
    database.execute(TABLES);
    let folder = Folder::new();
    folder.write(
        "common/010_x.sql",
        "INSERT INTO users (id, email) VALUES (1, '{{1,2},{3,4}}'), (2, '{{ env(\"X\") }} {% x %}{#');",
    );
    folder.write("development/020_x.sql", "SELECT 1;");
    seed(database, &folder, &[]).ran();
    assert_eq!(
        database.query_column("SELECT email FROM users ORDER BY id"),
        ["{{1,2},{3,4}}", "{{ env(\"X\") }} {% x %}{#"]
    );
}

fn what_ran_once_needs_its_variables_no_more(database: &dyn Engine) {
    let folder = of_users(database);
    folder.write(
        "development/010_users.sql",
        &format!("-- seed: once\n{USERS}"),
    );
    assert!(
        seed(database, &folder, &[])
            .refusal(&folder)
            .contains("`MAIL` is not set")
    );
    assert_eq!(seed(database, &folder, MAIL).ran().len(), 1);
    assert!(seed(database, &folder, &[]).ran().is_empty());
}
