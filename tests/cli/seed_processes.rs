//! Seedings of a size, and ones that are killed.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::time::Duration;

use crate::processes::{Running, slow};
use crate::support::engine::Engine;
use crate::support::names_in;
use crate::support::project::{Output, Project};

on_both_engines![
    heavy_a_bad_value_in_line_999999_of_a_million_keeps_nothing_and_little_memory,
    heavy_a_million_rows_come_into_an_empty_table_with_little_memory,
    heavy_a_killed_seeding_is_finished_by_the_next,
    heavy_a_million_rows_are_captured_in_little_memory,
    an_interrupted_capture_leaves_no_file,
    an_interrupted_seeding_ends_between_two_seeds,
    an_interrupted_data_file_is_not_read_to_its_end,
    an_interrupted_seeding_is_one_document,
    an_interrupted_proof_leaves_nothing,
    ctrl_c_twice_in_a_seeding_leaves_one_document,
    ctrl_c_twice_in_one_transaction_leaves_one_document,
    ctrl_c_twice_in_a_proof_leaves_one_document,
    ctrl_c_twice_in_a_reset_that_seeds_leaves_one_document,
];

/// Makes a project whose second seed takes a second or two.
fn of_three(database: &dyn Engine) -> Project {
    let slow = database.either(
        "INSERT INTO words (id) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
         WHERE i < 8000000) SELECT max(i) FROM n WHERE true ON CONFLICT DO NOTHING;",
        "INSERT INTO words (id) VALUES (2) ON CONFLICT DO NOTHING; SELECT pg_sleep(1.5);",
    );
    let project = Project::new()
        .migration(
            "2026-01-01-000000_create_words",
            "CREATE TABLE words (id INTEGER PRIMARY KEY);",
            "DROP TABLE words;",
        )
        .file("seeds/development/010_words.csv", "id\n1\n")
        .file("seeds/development/020_slow.sql", slow)
        .file("seeds/development/030_words.csv", "id\n3\n")
        .on(database);
    project.run(["up", "-q"]).succeeds();
    project
}

fn interrupted(project: &Project, arguments: &[&str]) -> Output {
    let mut running = Running::of(project, arguments);
    running.wait_for_line("seeding development/020_slow.sql");
    running.signal("INT");
    running.ends(project).exits(130)
}

fn an_interrupted_seeding_ends_between_two_seeds(database: &dyn Engine) {
    let project = of_three(database);
    interrupted(&project, &["seed", "-v"]);
    assert_eq!(database.query_i64("SELECT count(*) FROM words"), 2);
    let output = project.run(["seed"]).succeeds();
    assert!(output.stdout.contains("1 seed in"), "{}", output.stdout);
    assert_eq!(database.query_i64("SELECT count(*) FROM words"), 3);
}

fn an_interrupted_data_file_is_not_read_to_its_end(database: &dyn Engine) {
    let project = of_three(database);
    let rows = (0..3_000_000).fold("id\n".to_owned(), |text, id| text + &format!("{id}\n"));
    project.write("seeds/development/020_words.csv", &rows);
    project.remove("seeds/development/020_slow.sql");
    let mut running = Running::of(&project, &["seed", "-v"]);
    running.wait_for_line("seeding development/020_words.csv");
    running.signal("INT");
    let output = running.ends(&project).exits(130);
    let said = "error: interrupted; `development/010_words.csv`, which ran before it, was kept";
    assert!(output.stderr.contains(said), "{}", output.stderr);
    assert_eq!(database.query_column("SELECT id FROM words"), ["1"]);
}

fn an_interrupted_seeding_is_one_document(database: &dyn Engine) {
    let project = of_three(database);
    let running = Running::of(&project, &["seed", "--json"]);
    // It says nothing on its way, but what it has committed can be seen.
    while !database.has_table("words") || database.query_i64("SELECT count(*) FROM words") == 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    running.signal("INT");
    let document = running.ends(&project).exits(130).json();
    assert_eq!(document["data"]["interrupted"], true, "{document}");
    // The second may not have begun by then; the last is not run.
    let done = document["data"]["done"].as_array().map(Vec::len);
    assert!(matches!(done, Some(1 | 2)), "{document}");
}

fn an_interrupted_proof_leaves_nothing(database: &dyn Engine) {
    let project = of_three(database);
    let output = interrupted(&project, &["seed", "--verify", "-v"]);
    assert!(
        output.stderr.contains("nothing of this run was kept"),
        "{}",
        output.stderr
    );
    assert_eq!(database.query_i64("SELECT count(*) FROM words"), 0);
}

/// Ends a command at once in its second seed, and reads its document.
fn stop_at_once(project: &Project, mut running: Running, command: &str) {
    running.wait_until_locked(project);
    running.signal("INT");
    std::thread::sleep(Duration::from_millis(200));
    running.signal("INT");
    let output = running.ends(project).exits(130);
    let said = "what was not committed is rolled back; `dieselkit seed status` says what is\n";
    assert!(output.stderr.ends_with(said), "{}", output.stderr);
    let document = output.json();
    assert_eq!(document["exit_code"], 130, "{document}");
    assert_eq!(document["command"], command, "{document}");
    assert_eq!(document["hint"], "`dieselkit seed status`", "{document}");
}

fn stop_a_seeding_at_once(database: &dyn Engine, flags: &[&str]) {
    let project = of_three(database);
    project.write("seeds/development/020_slow.sql", slow(database));
    let running = Running::of(&project, &[&["seed", "--json"], flags].concat());
    stop_at_once(&project, running, "seed");
}

fn ctrl_c_twice_in_a_seeding_leaves_one_document(database: &dyn Engine) {
    stop_a_seeding_at_once(database, &["--force"]);
}

fn ctrl_c_twice_in_one_transaction_leaves_one_document(database: &dyn Engine) {
    stop_a_seeding_at_once(database, &["--transaction", "batch"]);
}

fn ctrl_c_twice_in_a_proof_leaves_one_document(database: &dyn Engine) {
    stop_a_seeding_at_once(database, &["--verify"]);
}

fn ctrl_c_twice_in_a_reset_that_seeds_leaves_one_document(database: &dyn Engine) {
    let project = of_three(database);
    project.write("seeds/development/020_slow.sql", slow(database));
    project.run(["rollback", "--yes"]).succeeds();
    let running = Running::of(&project, &["reset", "--yes", "--json"]);
    // The migrations' part is over when the first seed has filled its table.
    while !database.has_table("words") || database.query_i64("SELECT count(*) FROM words") == 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    stop_at_once(&project, running, "reset");
}

const ROWS: u32 = 1_000_000;

/// Returns a project of one table.
fn with_words() -> Project {
    Project::new().migration(
        "2026-01-01-000000_create_words",
        "CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT NOT NULL, n INTEGER);",
        "DROP TABLE words;",
    )
}

/// Makes a project whose second seed has a million rows, with this value in line 999,999.
fn of_a_million(database: &dyn Engine, value: &str) -> Project {
    let project = with_words()
        .file("seeds/development/010_words.csv", "id,word,n\n0,zero,0\n")
        .on(database);
    write_rows(&project, value);
    project.run(["up", "-q"]).succeeds();
    project
}

fn write_rows(project: &Project, value: &str) {
    let path = project.path("seeds/development/020_words.csv");
    let mut file = BufWriter::new(File::create(path).expect("the folder is ours"));
    writeln!(file, "id,word,n").expect("the disk has room");
    for line in 2..=ROWS + 1 {
        let id = line - 1;
        if line == 999_999 {
            writeln!(file, "{id},\"the bad one\",{value}").expect("the disk has room");
        } else {
            writeln!(file, "{id},word {id},{id}").expect("the disk has room");
        }
    }
}

fn heavy_a_bad_value_in_line_999999_of_a_million_keeps_nothing_and_little_memory(
    database: &dyn Engine,
) {
    let project = of_a_million(database, "twelve");
    let (output, peak_kib) = Running::of(&project, &["seed"]).ends_watched(&project);
    let output = output.exits(1);
    let place = "seeds/development/020_words.csv:999999:22: column `n`, value `twelve`";
    assert!(output.stderr.contains(place), "{}", output.stderr);
    assert_eq!(database.query_i64("SELECT count(*) FROM words"), 1);
    assert!(peak_kib < 100 * 1024, "{peak_kib} KiB");
    // Mended, it is loaded whole, beside the row that is there.
    write_rows(&project, "12");
    let output = project.run(["seed"]).succeeds();
    assert!(
        output.stdout.contains("1000000 inserted"),
        "{}",
        output.stdout
    );
    let sum = i64::from(ROWS) * i64::from(ROWS + 1) / 2 - 999_998 + 12;
    assert_eq!(database.query_i64("SELECT sum(n) FROM words"), sum);
}

fn heavy_a_million_rows_come_into_an_empty_table_with_little_memory(database: &dyn Engine) {
    let project = of_a_million(database, "12");
    std::fs::remove_file(project.path("seeds/development/010_words.csv")).expect("it is ours");
    let (output, peak_kib) = Running::of(&project, &["seed"]).ends_watched(&project);
    output.succeeds();
    assert_eq!(
        database.query_i64("SELECT count(*) FROM words"),
        i64::from(ROWS)
    );
    assert!(peak_kib < 100 * 1024, "{peak_kib} KiB");
}

fn heavy_a_killed_seeding_is_finished_by_the_next(database: &dyn Engine) {
    let project = of_a_million(database, "12");
    let mut killed = Running::of(&project, &["seed", "-v"]);
    killed.wait_for_line("seeding development/020_words.csv");
    std::thread::sleep(Duration::from_millis(300));
    killed.signal("KILL");
    assert_eq!(killed.ends(&project).code, None, "it was through already");
    assert_eq!(database.query_i64("SELECT count(*) FROM words"), 1);
    let tracked = "SELECT count(*) FROM __dieselkit_seeds";
    assert_eq!(database.query_i64(tracked), 1);
    let output = project.run(["seed"]).succeeds();
    assert!(output.stdout.contains("1 seed in"), "{}", output.stdout);
    assert_eq!(
        database.query_i64("SELECT count(*) FROM words"),
        i64::from(ROWS) + 1
    );
    assert_eq!(database.query_i64(tracked), 2);
}

/// Makes a project whose table has a million rows.
fn with_a_million(database: &dyn Engine) -> Project {
    let project = with_words().on(database);
    project.run(["up", "-q"]).succeeds();
    database.execute(database.either(
        "INSERT INTO words WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
         SELECT i, 'word ' || i || ' of a million', i FROM n",
        "INSERT INTO words SELECT i, 'word ' || i || ' of a million', i FROM generate_series(1, 1000000) AS i",
    ));
    project
}

fn heavy_a_million_rows_are_captured_in_little_memory(database: &dyn Engine) {
    let project = with_a_million(database);
    for format in ["csv", "json"] {
        let arguments = [
            "seed",
            "capture",
            "words",
            "--force",
            "--into",
            &format!("words.{format}"),
        ];
        let (output, peak_kib) = Running::of(&project, &arguments).ends_watched(&project);
        let said = output.succeeds().stdout;
        assert_eq!(said, format!("words.{format} (1000000 rows)\n"));
        assert!(peak_kib < 32 * 1024, "{peak_kib} KiB");
        let text = project.read(&format!("words.{format}"));
        assert_eq!(text.matches("of a million").count(), 1_000_000);
    }
}

fn an_interrupted_capture_leaves_no_file(database: &dyn Engine) {
    let project = with_a_million(database);
    let before = names_in(&project.path(""));
    let running = Running::of(
        &project,
        &["seed", "capture", "words", "--into", "words.csv"],
    );
    while names_in(&project.path("")) == before {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(
        !project.path("words.csv").exists(),
        "it was through already"
    );
    running.signal("INT");
    let output = running.ends(&project).exits(130);
    assert!(
        output
            .stderr
            .ends_with("error: interrupted: no file has changed\n"),
        "{}",
        output.stderr
    );
    assert_eq!(names_in(&project.path("")), before);
}
