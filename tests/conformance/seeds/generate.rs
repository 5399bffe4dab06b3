//! Rows that are made up: they keep every kind of constraint, and are the same for the same seed.

use dieselkit::seed::{GenerateError, GenerateOptions, GenerateReport, SeedSet, Seeder};
use dieselkit::{Absent, Database, Environment};

use crate::scene::{address, chain};
use crate::support::engine::Engine;

on_both_engines![
    every_type_gets_values_that_it_takes,
    what_the_database_counts_or_computes_is_left_to_it,
    keys_stay_unique_twice_in_a_row,
    keys_find_room_between_those_that_are_taken,
    keys_of_several_columns_stay_unique,
    keys_over_expressions_stay_unique,
    references_are_drawn_from_the_rows_that_exist,
    a_unique_reference_is_one_to_one,
    references_that_share_columns_agree,
    rows_refer_to_rows_of_the_same_table,
    a_reference_that_may_be_null_needs_no_rows,
    checks_are_kept,
    columns_that_are_compared_agree,
    a_default_stands_but_for_times_and_lists,
    the_same_seed_makes_the_same_rows,
    names_are_taken_as_they_are_written,
    seeds_are_not_disturbed,
    no_rows_can_be_asked_for,
    many_rows_are_made_up,
];

/// Returns a seeder of an environment that has no seeds.
pub(super) fn seeder(database: &dyn Engine, environment: &str) -> Seeder {
    let environment = Environment::new(environment).expect("a name");
    let connected = Database::connect(&address(database), Absent::CreateFile);
    let connected = connected.expect("the database is there");
    Seeder::new(connected, SeedSet::empty(&environment))
}

pub(super) fn try_generate(
    database: &dyn Engine,
    options: &GenerateOptions,
) -> Result<GenerateReport, GenerateError> {
    seeder(database, "development").generate(options)
}

/// Makes up rows, which has to go well.
#[track_caller]
pub(super) fn generate(database: &dyn Engine, table: &str, rows: u64) -> GenerateReport {
    match try_generate(database, &GenerateOptions::of(table, rows)) {
        Ok(report) => {
            assert_eq!(report.rows, rows);
            report
        }
        Err(error) => panic!("{}", chain(&error)),
    }
}

fn count(database: &dyn Engine, table: &str) -> i64 {
    database.query_i64(&format!("SELECT count(*) FROM {table}"))
}

const POSTGRES_TYPES: &str = "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN positive AS integer NOT NULL CHECK (VALUE > 0 AND VALUE < 50);
CREATE DOMAIN code AS varchar(5) CHECK (VALUE = upper(VALUE));
CREATE DOMAIN short_code AS code CHECK (length(VALUE) = 3);
CREATE TABLE types (
  a smallint NOT NULL, b integer NOT NULL, c bigint NOT NULL, d numeric NOT NULL,
  e numeric(5,2) NOT NULL, f numeric(3) NOT NULL, g real NOT NULL, h double precision NOT NULL,
  i boolean NOT NULL, j text NOT NULL, k varchar(7) NOT NULL, l char(4) NOT NULL,
  m bytea NOT NULL, n uuid NOT NULL, o json NOT NULL, p jsonb NOT NULL, q date NOT NULL,
  r time NOT NULL, s timetz NOT NULL, t timestamp NOT NULL, u timestamptz(3) NOT NULL,
  v interval NOT NULL, w inet NOT NULL, x cidr NOT NULL, y macaddr NOT NULL, z bit(5) NOT NULL,
  aa varbit(9) NOT NULL, ab point NOT NULL, ac mood NOT NULL, ad mood[] NOT NULL,
  ae integer[] NOT NULL, af text[] NOT NULL, ag int4range NOT NULL, ah daterange NOT NULL,
  ai tstzrange NOT NULL, aj numrange NOT NULL, ak positive, al short_code NOT NULL,
  am money NOT NULL, an tsvector NOT NULL, ao name NOT NULL, ap varchar(3)[] NOT NULL,
  aq oid NOT NULL, ar xml, at positive[]
)";
const SQLITE_TYPES: &str = "CREATE TABLE types (
  a INTEGER NOT NULL, b REAL NOT NULL, c TEXT NOT NULL, d BLOB NOT NULL, e ANY NOT NULL,
  f INT NOT NULL
) STRICT;
CREATE TABLE wishes (
  a VARCHAR(7) NOT NULL, b DECIMAL(5,2) NOT NULL, c BOOLEAN NOT NULL, d DATE NOT NULL,
  e DATETIME NOT NULL, f JSON NOT NULL, g UUID NOT NULL, h NOT NULL, i SMALLINT NOT NULL,
  j TIME NOT NULL, k NUMERIC NOT NULL, l DOUBLE PRECISION NOT NULL, m STRING
)";

fn every_type_gets_values_that_it_takes(database: &dyn Engine) {
    database.execute(database.either(SQLITE_TYPES, POSTGRES_TYPES));
    generate(database, "types", 300);
    assert_eq!(count(database, "types"), 300);
    if database.has_table("wishes") {
        generate(database, "wishes", 300);
        let odd = "SELECT count(*) FROM wishes WHERE length(a) > 7 OR typeof(b) = 'text'
          OR abs(b) >= 1000 OR c NOT IN (0, 1) OR date(d) IS NOT d OR datetime(e) IS NOT e
          OR NOT json_valid(f) OR length(g) <> 36 OR typeof(i) <> 'integer' OR time(j) IS NOT j
          OR typeof(k) = 'text' OR typeof(l) <> 'real' OR m IS NOT NULL";
        assert_eq!(database.query_i64(odd), 0);
    } else {
        let few = "SELECT count(DISTINCT b) + count(DISTINCT j) + count(DISTINCT t) FROM types";
        assert!(database.query_i64(few) > 300, "values hardly differ");
        assert_eq!(
            database.query_i64("SELECT count(*) FROM types WHERE ar IS NOT NULL"),
            0
        );
        assert_eq!(
            database.query_i64("SELECT count(DISTINCT ac) FROM types"),
            3
        );
    }
}

fn what_the_database_counts_or_computes_is_left_to_it(database: &dyn Engine) {
    database.execute(database.either(
        "CREATE TABLE people (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL,
           shout TEXT GENERATED ALWAYS AS (upper(name)) STORED)",
        "CREATE TABLE people (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
           number bigserial, name text NOT NULL,
           shout text GENERATED ALWAYS AS (upper(name)) STORED)",
    ));
    database.execute("INSERT INTO people (name) VALUES ('Ana')");
    let report = generate(database, "people", 20);
    let left = database.either("id shout", "id number shout");
    assert_eq!(report.left_to_database.join(" "), left);
    assert_eq!(report.sequences, [""; 0]);
    database.execute("INSERT INTO people (name) VALUES ('Bo')");
    assert_eq!(database.query_i64("SELECT max(id) FROM people"), 22);
}

fn keys_stay_unique_twice_in_a_row(database: &dyn Engine) {
    database.execute(database.either(
        "CREATE TABLE people (
           id UUID PRIMARY KEY, email TEXT NOT NULL UNIQUE, phone VARCHAR(20) UNIQUE,
           code CHAR(3) NOT NULL UNIQUE, rank INTEGER NOT NULL UNIQUE, day DATE UNIQUE,
           token BLOB UNIQUE)",
        "CREATE TABLE people (
           id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email text NOT NULL UNIQUE,
           phone varchar(20) UNIQUE, code char(3) NOT NULL UNIQUE,
           rank integer NOT NULL DEFAULT 0 UNIQUE, day date UNIQUE, token bytea UNIQUE)",
    ));
    for _ in 0..3 {
        generate(database, "people", 200);
        database.execute("DELETE FROM people WHERE rank % 3 = 0");
    }
    let distinct = "SELECT count(DISTINCT email) FROM people WHERE email LIKE '%@example.%'";
    assert_eq!(database.query_i64(distinct), count(database, "people"));
}

fn keys_find_room_between_those_that_are_taken(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE seats (place SMALLINT PRIMARY KEY CHECK (place BETWEEN 1 AND 10), code CHAR(1) UNIQUE);
         INSERT INTO seats VALUES (10, 'Z'), (4, 'A');",
    );
    generate(database, "seats", 5);
    generate(database, "seats", 3);
    assert_eq!(count(database, "seats"), 10);
    let full = try_generate(database, &GenerateOptions::of("seats", 1)).expect_err("it is full");
    assert!(
        matches!(
            full,
            GenerateError::NoRoom {
                room: 0,
                rows: 1,
                ..
            }
        ),
        "{full}"
    );
}

fn keys_of_several_columns_stay_unique(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
         CREATE TABLE roles (id INTEGER PRIMARY KEY, name TEXT);
         INSERT INTO users VALUES (1, 'a'), (2, 'b'), (5, 'c'), (6, 'd');
         INSERT INTO roles VALUES (1, 'x'), (3, 'y'), (7, 'z');
         CREATE TABLE members (
           user_id INTEGER NOT NULL REFERENCES users (id),
           role_id INTEGER NOT NULL REFERENCES roles (id),
           since DATE,
           PRIMARY KEY (user_id, role_id));
         CREATE TABLE lines (
           user_id INTEGER REFERENCES users (id), line INTEGER, note TEXT, PRIMARY KEY (user_id, line));
         CREATE TABLE pages (tenant INTEGER NOT NULL, slug VARCHAR(30) NOT NULL, UNIQUE (tenant, slug));
         CREATE TABLE days (user_id INTEGER NOT NULL REFERENCES users (id), day DATE NOT NULL,
           shift TEXT NOT NULL CHECK (shift IN ('early', 'late')), UNIQUE (shift, day, user_id));
         INSERT INTO members VALUES (5, 3, NULL);
         INSERT INTO lines VALUES (1, 1, ''), (1, 2, ''), (2, 1, '');",
    );
    generate(database, "members", 6);
    generate(database, "members", 5);
    assert_eq!(count(database, "members"), 12);
    let full = try_generate(database, &GenerateOptions::of("members", 1)).expect_err("it is full");
    assert!(
        matches!(full, GenerateError::NoRoom { room: 0, .. }),
        "{full}"
    );
    for table in ["lines", "pages", "days"] {
        generate(database, table, 150);
        generate(database, table, 150);
    }
    assert_eq!(
        database.query_i64("SELECT count(DISTINCT user_id) FROM lines"),
        4
    );
    assert!(database.query_i64("SELECT max(line) FROM lines") < 100);
    assert_eq!(
        database.query_i64("SELECT count(DISTINCT shift) FROM days"),
        2
    );
}

fn keys_over_expressions_stay_unique(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(60) NOT NULL, gone BOOLEAN, nick TEXT);
         CREATE UNIQUE INDEX people_email ON people (lower(email)) WHERE gone IS NULL;
         CREATE UNIQUE INDEX people_nick ON people (nick) WHERE gone IS NOT NULL;
         INSERT INTO people (id, email) VALUES (1, 'ANA.7@EXAMPLE.COM');",
    );
    generate(database, "people", 2_000);
    generate(database, "people", 2_000);
    assert_eq!(
        database.query_i64("SELECT count(DISTINCT lower(email)) FROM people"),
        4_001
    );
}

fn references_are_drawn_from_the_rows_that_exist(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE countries (code CHAR(2) PRIMARY KEY);
         INSERT INTO countries VALUES ('CH'), ('DE'), ('FR');
         CREATE TABLE users (id INTEGER PRIMARY KEY, country CHAR(2) NOT NULL REFERENCES countries,
           born_in CHAR(2) REFERENCES countries);",
    );
    generate(database, "users", 200);
    assert_eq!(
        database.query_i64("SELECT count(DISTINCT country) FROM users"),
        3
    );
    let null = database.query_i64("SELECT count(*) FROM users WHERE born_in IS NULL");
    assert!((1..100).contains(&null), "{null} of 200 are NULL");
    let other = "SELECT count(*) FROM users WHERE country <> born_in";
    assert!(database.query_i64(other) > 50, "both are the same");
}

fn a_unique_reference_is_one_to_one(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
         CREATE TABLE profiles (user_id INTEGER PRIMARY KEY REFERENCES users (id), bio TEXT);",
    );
    generate(database, "users", 20);
    database.execute("INSERT INTO profiles (user_id) VALUES (3)");
    generate(database, "profiles", 10);
    generate(database, "profiles", 9);
    assert_eq!(count(database, "profiles"), 20);
    let full =
        try_generate(database, &GenerateOptions::of("profiles", 2)).expect_err("no user left");
    let hint = full.hint().expect("what to fill").replace("public.", "");
    assert_eq!(
        hint,
        "fill it first: `dieselkit seed generate users --rows 2`"
    );
}

fn references_that_share_columns_agree(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE tenants (id INTEGER PRIMARY KEY);
         CREATE TABLE users (tenant INTEGER REFERENCES tenants (id), id INTEGER, PRIMARY KEY (tenant, id));
         CREATE TABLE projects (tenant INTEGER REFERENCES tenants (id), id INTEGER, PRIMARY KEY (tenant, id));
         CREATE TABLE tasks (
           id INTEGER PRIMARY KEY,
           tenant INTEGER NOT NULL REFERENCES tenants (id),
           owner INTEGER NOT NULL,
           project INTEGER,
           FOREIGN KEY (tenant, owner) REFERENCES users (tenant, id),
           FOREIGN KEY (tenant, project) REFERENCES projects (tenant, id));
         INSERT INTO tenants VALUES (1), (2), (3);
         INSERT INTO users VALUES (1, 1), (1, 2), (2, 2);",
    );
    generate(database, "tasks", 50);
    assert_eq!(database.query_i64("SELECT count(project) FROM tasks"), 0);
    database.execute("INSERT INTO projects VALUES (1, 7), (2, 8), (3, 9)");
    generate(database, "tasks", 50);
    assert_eq!(database.query_i64("SELECT count(project) FROM tasks"), 50);
    assert_eq!(
        database.query_i64("SELECT count(DISTINCT tenant) FROM tasks"),
        2
    );
}

fn rows_refer_to_rows_of_the_same_table(database: &dyn Engine) {
    database.execute(database.either(
        "CREATE TABLE staff (id INTEGER PRIMARY KEY, boss INTEGER REFERENCES staff (id));
         CREATE TABLE nodes (id TEXT PRIMARY KEY, root TEXT NOT NULL REFERENCES nodes (id), next TEXT UNIQUE REFERENCES nodes);
         CREATE TABLE threads (tenant INTEGER NOT NULL, id INTEGER NOT NULL, parent INTEGER,
           PRIMARY KEY (tenant, id), FOREIGN KEY (tenant, parent) REFERENCES threads (tenant, id))",
        "CREATE TABLE staff (id serial PRIMARY KEY, boss integer REFERENCES staff (id));
         CREATE TABLE nodes (id uuid PRIMARY KEY, root uuid NOT NULL REFERENCES nodes (id), next uuid UNIQUE REFERENCES nodes);
         CREATE TABLE threads (tenant integer NOT NULL, id integer NOT NULL, parent integer,
           PRIMARY KEY (tenant, id), FOREIGN KEY (tenant, parent) REFERENCES threads (tenant, id))",
    ));
    database.execute("INSERT INTO staff (boss) VALUES (NULL)");
    for table in ["staff", "nodes", "threads"] {
        generate(database, table, 100);
        generate(database, table, 100);
    }
    let bosses = database.query_i64("SELECT count(boss) FROM staff");
    assert!((100..200).contains(&bosses), "{bosses}");
    assert_eq!(database.query_i64("SELECT count(next) FROM nodes"), 198);
    database.execute("INSERT INTO staff (boss) VALUES (NULL)");
    assert_eq!(database.query_i64("SELECT max(id) FROM staff"), 202);
}

fn a_reference_that_may_be_null_needs_no_rows(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE teams (id INTEGER PRIMARY KEY);
         CREATE TABLE people (id INTEGER PRIMARY KEY, team INTEGER REFERENCES teams (id), name TEXT NOT NULL);
         ALTER TABLE teams ADD COLUMN head INTEGER REFERENCES people (id);",
    );
    generate(database, "people", 10);
    assert_eq!(database.query_i64("SELECT count(team) FROM people"), 0);
    generate(database, "teams", 3);
    generate(database, "people", 50);
    assert!(database.query_i64("SELECT count(team) FROM people") > 30);
}

fn checks_are_kept(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE goods (
           id INTEGER PRIMARY KEY,
           price NUMERIC(8,2) NOT NULL CHECK (price > 0.5 AND price <= 0.75),
           stock INTEGER NOT NULL CHECK (stock BETWEEN 5000 AND 5010),
           size TEXT NOT NULL CHECK (size IN ('S', 'M', 'L')),
           grade TEXT NOT NULL CHECK (grade = 'a' OR grade = 'b'),
           sku TEXT NOT NULL CHECK (length(sku) = 12),
           name TEXT NOT NULL CHECK (length(trim(name)) >= 40 AND name <> ''),
           code TEXT NOT NULL CHECK (code = upper(code)),
           level INTEGER CHECK (level IS NULL OR level <> 3),
           made DATE NOT NULL CHECK (made >= '2030-01-01' AND made < '2030-02-01'),
           weight REAL NOT NULL CONSTRAINT \"light Enough\" CHECK (weight < 2),
           email TEXT NOT NULL CHECK (email LIKE '%@%'),
           CHECK (stock > 4000)
         )",
    );
    generate(database, "goods", 500);
    assert_eq!(count(database, "goods"), 500);
    assert_eq!(
        database.query_i64("SELECT count(DISTINCT size) FROM goods"),
        3
    );
}

fn columns_that_are_compared_agree(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE users (id INTEGER PRIMARY KEY);
         CREATE TABLE trips (
           id INTEGER PRIMARY KEY,
           starts_at TIMESTAMP NOT NULL, ends_at TIMESTAMP NOT NULL,
           low INTEGER NOT NULL, middle INTEGER NOT NULL, high INTEGER,
           CHECK (starts_at < ends_at), CHECK (low < middle), CHECK (middle < high));
         CREATE TABLE follows (
           follower INTEGER REFERENCES users (id), followed INTEGER REFERENCES users (id),
           PRIMARY KEY (follower, followed), CHECK (follower <> followed));",
    );
    generate(database, "users", 5);
    generate(database, "trips", 500);
    generate(database, "follows", 20);
    let full =
        try_generate(database, &GenerateOptions::of("follows", 1)).expect_err("all follow all");
    assert!(matches!(full, GenerateError::NoRoom { .. }), "{full}");
}

fn a_default_stands_but_for_times_and_lists(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE posts (
           id INTEGER PRIMARY KEY,
           title TEXT NOT NULL DEFAULT 'untitled',
           views INTEGER NOT NULL DEFAULT 0,
           status TEXT NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'live')),
           created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
         )",
    );
    let report = generate(database, "posts", 100);
    let left = report.left_to_database;
    assert!(
        left.ends_with(&["title".to_owned(), "views".to_owned()]),
        "{left:?}"
    );
    let kept = "SELECT count(*) FROM posts WHERE title = 'untitled' AND views = 0";
    assert_eq!(database.query_i64(kept), 100);
    assert_eq!(
        database.query_i64("SELECT count(DISTINCT status) FROM posts"),
        2
    );
    let spread = "SELECT count(DISTINCT created_at) FROM posts WHERE created_at < '2026-01-01'";
    assert!(database.query_i64(spread) > 90, "they lie close together");
}

fn the_same_seed_makes_the_same_rows(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE parents (id INTEGER PRIMARY KEY);
         INSERT INTO parents VALUES (1), (2), (3), (4), (5), (6), (7);
         CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(50) UNIQUE, born DATE, points INTEGER,
           parent INTEGER REFERENCES parents (id))",
    );
    let made = |seed: u64| {
        database.execute("DELETE FROM people");
        let options = GenerateOptions::of("people", 30).seed(seed);
        let report = try_generate(database, &options).unwrap_or_else(|e| panic!("{}", chain(&e)));
        assert_eq!(report.seed, seed);
        database.query_column(
            "SELECT email || coalesce(born || '', '-') || coalesce(points || '', '-')
               || coalesce(parent || '', '-') FROM people ORDER BY id",
        )
    };
    let first = made(7);
    assert_eq!(first, made(7));
    assert_ne!(first, made(8));
}

fn names_are_taken_as_they_are_written(database: &dyn Engine) {
    database.execute(database.either(
        "CREATE TABLE \"Mixed Case\" (\"Id\" INTEGER PRIMARY KEY, \"the \"\"E-mail\"\"\" TEXT NOT NULL UNIQUE,
           \"Order\" INTEGER CHECK (\"Order\" > 3 AND \"Order\" < 5))",
        "CREATE TABLE \"Mixed Case\" (\"Id\" serial PRIMARY KEY, \"the \"\"E-mail\"\"\" text NOT NULL UNIQUE,
           \"Order\" integer CHECK (\"Order\" > 3 AND \"Order\" < 5));
         CREATE SCHEMA billing; CREATE TABLE billing.\"Mixed Case\" (id integer PRIMARY KEY)",
    ));
    let schema = database.either("main", "public");
    generate(database, "Mixed Case", 10);
    let report = generate(database, &format!("{schema}.Mixed Case"), 10);
    assert!(report.table.ends_with("Mixed Case"), "{}", report.table);
    assert_eq!(count(database, "\"Mixed Case\""), 20);
    let other = "SELECT count(*) FROM \"Mixed Case\" WHERE \"Order\" <> 4";
    assert_eq!(database.query_i64(other), 0);
    if schema == "public" {
        generate(database, "billing.Mixed Case", 5);
        assert_eq!(count(database, "billing.\"Mixed Case\""), 5);
    }
}

fn seeds_are_not_disturbed(database: &dyn Engine) {
    database.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT)");
    generate(database, "people", 10);
    assert!(!database.has_table("__dieselkit_seeds"));
    let status = seeder(database, "development")
        .status()
        .expect("it is read");
    assert!(status.seeds.is_empty());
}

fn no_rows_can_be_asked_for(database: &dyn Engine) {
    database.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT)");
    generate(database, "people", 0);
    assert_eq!(count(database, "people"), 0);
}

fn many_rows_are_made_up(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(80) NOT NULL UNIQUE, name TEXT NOT NULL,
           born DATE, balance NUMERIC(10,2) NOT NULL CHECK (balance >= 0), created_at TIMESTAMP NOT NULL);
         CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id));",
    );
    generate(database, "users", 20_000);
    generate(database, "orders", 1_000);
    let far = database.query_i64("SELECT max(user_id) - min(user_id) FROM orders");
    assert!(far > 19_000, "only {far} users lie between");
}
