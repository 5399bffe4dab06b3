//! Which backup or file is restored, and what is said of one that cannot be.

use std::time::Duration;

use dieselkit::shell::quote;

use super::{back_up, beside, contents, file_of, name_of, neighbours};
#[cfg(feature = "postgres")]
use super::{dump, last_part};
use crate::processes::Running;
use crate::session::{VERSIONS, studio, up_of};
use crate::support::engine::Engine;
#[cfg(feature = "postgres")]
use crate::support::project::Project;

on_both_engines![
    the_old_one_stays_where_nothing_is_compared,
    the_newest_one_from_before_a_migration_is_found,
    half_of_a_migration_is_not_before_it,
    a_file_without_its_manifest_is_compared_with_nothing,
    what_is_not_there_is_refused,
    a_name_that_is_taken_is_refused,
    a_backup_of_another_engine_is_refused,
    what_is_no_backup_is_refused,
    a_file_of_another_kind_is_named_with_what_helps,
    a_backup_that_is_guessed_by_its_name_is_said_to_be,
    a_file_whose_manifest_is_broken_is_refused,
    a_backups_data_without_its_manifest_is_named,
    a_mark_that_is_lost_is_told_with_what_gives_it_back,
    what_comes_out_of_a_pipe_is_restored,
    a_pipe_that_nobody_writes_to_ends_when_it_is_asked_to,
];

/// It is read once, and a shell's own pipe has no name.
fn what_comes_out_of_a_pipe_is_restored(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "-q"]).succeeds();
    let id = back_up(&project, &[]);
    let file = file_of(database, &id);
    let before = contents(database, &database.url());
    project.shell("mkfifo pipe; mkdir plain").succeeds();
    let unpacked = format!("gunzip --stdout '{file}'");
    for (end, line) in [
        (
            "a",
            format!("cat '{file}' > pipe & dieselkit restore ./pipe"),
        ),
        ("b", format!("{unpacked} > pipe & dieselkit restore ./pipe")),
        ("c", format!("{unpacked} | dieselkit restore /dev/stdin")),
        ("e", format!("{unpacked} > pipe & dieselkit restore pipe")),
    ] {
        let copy = beside(database, end);
        let line = format!("{line} --into '{}'", name_of(&copy));
        project.shell(&line).succeeds();
        assert_eq!(contents(database, &copy), before, "{line}");
    }
    let there = neighbours(database);
    for line in [
        "printf x | gzip | head -c 3",
        "printf 'PK\\003\\004and more'",
        "true",
    ] {
        let name = name_of(&beside(database, "d"));
        let line = format!("{line} | dieselkit restore /dev/stdin --into '{name}'");
        let output = project.shell(&line);
        assert!(matches!(output.code, Some(1 | 2)), "{line}: {output:?}");
        assert_eq!(neighbours(database), there, "{line}");
    }
}

fn a_pipe_that_nobody_writes_to_ends_when_it_is_asked_to(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "-q"]).succeeds();
    project.shell("mkfifo pipe").succeeds();
    let running = Running::of(&project, &["restore", "./pipe"]);
    // It waits for a writer where the new database stands.
    for _ in 0..400 {
        if neighbours(database).len() > 1 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    running.signal("TERM");
    let output = running.ends(&project);
    assert_eq!(output.code, Some(130), "{output:?}");
    assert!(output.stderr.contains("interrupted"), "{}", output.stderr);
    assert_eq!(neighbours(database).len(), 1, "{:?}", neighbours(database));
}

/// What was written so far is not to blame.
#[cfg(feature = "sqlite")]
#[test]
fn a_pipe_whose_writer_stops_ends_when_it_is_asked_to() {
    let database = crate::support::sqlite::SqliteDatabase::create();
    let project = studio(&database);
    project.run(["up", "-q"]).succeeds();
    let id = back_up(&project, &[]);
    let file = file_of(&database, &id);
    let writer = format!(
        "mkfifo pipe; ( (gunzip --stdout '{file}' | head -c 4096; sleep 30) > pipe) > /dev/null 2>&1 &"
    );
    project.shell(&writer).succeeds();
    let running = Running::of(&project, &["restore", "./pipe", "--replace", "--yes"]);
    for _ in 0..400 {
        if neighbours(&database).len() > 1 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_millis(500));
    running.signal("TERM");
    let output = running.ends(&project);
    assert_eq!(output.code, Some(130), "{output:?}");
    assert!(output.stderr.contains("interrupted"), "{}", output.stderr);
    assert!(
        !output.stderr.contains("read to its end"),
        "{}",
        output.stderr
    );
    assert_eq!(
        neighbours(&database).len(),
        1,
        "{:?}",
        neighbours(&database)
    );
}

fn the_newest_one_from_before_a_migration_is_found(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "-q", "--to", VERSIONS[1]]).succeeds();
    back_up(&project, &["--note", "older"]);
    database.execute("INSERT INTO users VALUES (7)");
    let wanted = back_up(&project, &["--note", "newer"]);
    project.run(["up", "-q"]).succeeds();
    back_up(&project, &[]);
    let copy = beside(database, "copy");
    let name = name_of(&copy);
    let words = [
        "restore",
        "--before",
        VERSIONS[2],
        "--into",
        &name,
        "--json",
    ];
    let report = project.run(words).succeeds().json();
    assert_eq!(report["data"]["source"], wanted.as_str());
    assert_eq!(report["data"]["head"], VERSIONS[1]);
    let status = project.run(["status", "--json", "--database-url", &copy]);
    assert_eq!(status.succeeds().json()["data"]["totals"]["pending"], 1);
    let none = project.run(["restore", "--before", VERSIONS[0]]).exits(1);
    assert!(none.stderr.contains("no good backup"), "{}", none.stderr);
    // The newest one is from before every version that nobody knows.
    for mistyped in ["20260199000000", "create_users"] {
        project.run(["restore", "--before", mistyped]).exits(2);
    }
}

fn half_of_a_migration_is_not_before_it(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "-q"]).succeeds();
    let before = back_up(&project, &["--note", "before"]);
    let name = "2026-03-01-000000_halves";
    project.write(
        &up_of(name),
        "CREATE TABLE half (id INTEGER);\nSELECT missing FROM nowhere;",
    );
    let metadata = format!("migrations/{name}/metadata.toml");
    project.write(&metadata, "run_in_transaction = false\n");
    project.run(["up", "-q"]).exits(1);
    let half = back_up(&project, &["--note", "half"]);
    let shown = project.run(["backup", "show", &half, "--json"]).json();
    let migrations = &shown["data"]["manifest"]["migrations"];
    assert_eq!(
        migrations["half_applied"][0], "20260301000000",
        "{migrations}"
    );
    let into = name_of(&beside(database, "copy"));
    let words = [
        "restore",
        "--before",
        "20260301000000",
        "--into",
        &into,
        "--json",
    ];
    let report = project.run(words).succeeds().json();
    assert_eq!(report["data"]["source"], before.as_str());
}

fn a_file_without_its_manifest_is_compared_with_nothing(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "-q"]).succeeds();
    let id = back_up(&project, &[]);
    let file = file_of(database, &id);
    std::fs::copy(project.path(&file), project.path("found.gz")).expect("copied");
    let copy = beside(database, "copy");
    let name = name_of(&copy);
    let planned = project.run(["restore", "found.gz", "--dry-run"]).succeeds();
    let part = "whether it is the whole database is not known";
    let is_file = database.either("sqlite", "postgres") == "sqlite";
    assert_eq!(
        !planned.stdout.contains(part),
        is_file,
        "{}",
        planned.stdout
    );
    let words = ["restore", "found.gz", "--into", &name, "--json"];
    let report = project.run(words).succeeds().json();
    assert_eq!(report["data"]["compared"], "nothing");
    assert!(report["warnings"][0].is_string(), "{report}");
    assert_eq!(
        contents(database, &copy),
        contents(database, &database.url())
    );
    // Where it lies, it is the backup.
    let name = name_of(&beside(database, "again"));
    let report = project.run(["restore", &file, "--into", &name, "--json"]);
    assert_eq!(report.succeeds().json()["data"]["compared"], "manifest");
}

/// Nobody else names what nothing is known of.
fn a_backups_data_without_its_manifest_is_named(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "-q"]).succeeds();
    let id = back_up(&project, &[]);
    let file = file_of(database, &id);
    let words = "is a backup's data without its manifest";
    let said = |words: &[&str]| {
        let output = project.run(words);
        output.stdout + &output.stderr
    };
    let looks = [
        &["backup", "list"][..],
        &["backup", "list", "--all"],
        &["backup", "health", "--max-age", "26h"],
        &["doctor"],
    ];
    for look in looks {
        assert!(!said(look).contains(words), "{look:?}");
    }
    project.remove(&format!("backups/{id}.json"));
    for look in looks {
        let said = said(look);
        let told = format!(
            "`{file}` {words}, and counts as no backup; it can be restored all the same: `dieselkit restore {file}`"
        );
        assert!(said.contains(&told), "{look:?}: {said}");
    }
    let listed = project.run(["backup", "list", "--json"]).succeeds().json();
    assert_eq!(
        listed["warnings"].as_array().map(Vec::len),
        Some(1),
        "{listed}"
    );
    let line = format!("dieselkit restore {file}");
    project.shell(&line).succeeds();
    // What lies there half made, or is no data, is something else.
    project.write(&format!("backups/{id}.json.making"), "");
    project.write("backups/shop_20200101T000000Z_001.globals.sql.gz", "");
    project.write("backups/mine.sql.gz", "");
    assert!(!said(looks[0]).contains(words), "{}", said(looks[0]));
}

/// There is something to compare it with, which nobody is to forget.
fn a_file_whose_manifest_is_broken_is_refused(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "-q"]).succeeds();
    let id = back_up(&project, &[]);
    let file = file_of(database, &id);
    let manifest = format!("backups/{id}.json");
    let there = neighbours(database);
    let content = project.read(&manifest);
    let name = name_of(&beside(database, "copy"));
    for broken in ["", &content[..content.len() / 2]] {
        project.write(&manifest, broken);
        for flags in [&["--dry-run"][..], &[]] {
            let words = ["restore", &file, "--into", &name];
            let said = project.run(words.iter().chain(flags)).exits(1).stderr;
            let words = format!("the manifest `{manifest}` of `{file}` cannot be read");
            assert!(said.contains(&words), "{said}");
            assert!(said.contains(&format!("`mv {manifest} ")), "{said}");
        }
        let shown = project.run(["backup", "show", &id]).exits(1).stderr;
        assert!(shown.contains(&format!("`mv {manifest} ")), "{shown}");
        assert_eq!(neighbours(database), there);
    }
    let layout = |number: u32| format!("\"schema_version\": {number}");
    assert!(content.contains(&layout(1)), "{content}");
    project.write(&manifest, &content.replace(&layout(1), &layout(2)));
    for words in [
        &["restore", &file, "--into", &name][..],
        &["backup", "show", &id],
    ] {
        let said = project.run(words).exits(1).stderr;
        for words in [
            "a newer dieselkit wrote it",
            "hint: use the dieselkit that wrote it",
        ] {
            assert!(said.contains(words), "{said}");
        }
        assert!(!said.contains("`mv "), "nothing is wrong with it: {said}");
    }
    let aside = format!("mv {manifest} {manifest}.broken");
    project.shell(&aside).succeeds();
    project.run(["restore", &file, "--into", &name]).succeeds();
}

/// Makes a database file in which this tool has no tables.
#[cfg(feature = "sqlite")]
fn bare_file(path: &std::path::Path) {
    use diesel::connection::SimpleConnection as _;
    use diesel::{Connection as _, SqliteConnection};
    let path = path.to_str().expect("it is text");
    let mut connection = SqliteConnection::establish(path).expect("the folder is ours");
    let made = connection.batch_execute("CREATE TABLE a (id INTEGER)");
    made.expect("it is empty");
}

#[cfg(not(feature = "sqlite"))]
fn bare_file(path: &std::path::Path) {
    unreachable!("`{}` is of no engine", path.display())
}

/// It protects the database, and goes with it.
fn a_mark_that_is_lost_is_told_with_what_gives_it_back(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "-q"]).succeeds();
    let file = database.either("own.db", "own.sql");
    if file == "own.db" {
        bare_file(&project.path(file));
    } else {
        let end = "--\n-- PostgreSQL database dump complete\n--\n";
        project.write(file, &format!("CREATE TABLE a (id INTEGER);\n{end}"));
    }
    let done = project
        .run(["restore", file, "--replace", "--yes"])
        .succeeds();
    let planned = "\n  marked     as the file says; ";
    assert!(done.stderr.contains(planned), "{}", done.stderr);
    let mark = "dieselkit db mark development";
    let told = format!(
        "is marked with no environment now, so that nothing but the address says what it is: `{mark}`"
    );
    assert!(done.stderr.contains(&told), "{}", done.stderr);
    project.shell(mark).succeeds();
    let again = project.run(["restore", "latest", "--dry-run"]);
    assert!(!again.stderr.contains(planned), "{}", again.stderr);
}

fn what_is_not_there_is_refused(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "-q"]).succeeds();
    back_up(&project, &[]);
    let there = neighbours(database);
    for wanted in ["nothing", "shop_20200101T000000Z_001", "./gone.sql.gz"] {
        let output = project.run(["restore", wanted]).exits(2);
        assert!(output.stderr.contains("hint: "), "{}", output.stderr);
    }
    project.remove("backups");
    let none = project.run(["restore"]).exits(1);
    assert!(none.stderr.contains("no good backup"), "{}", none.stderr);
    assert_eq!(neighbours(database), there);
}

fn a_name_that_is_taken_is_refused(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "-q"]).succeeds();
    let id = back_up(&project, &[]);
    let before = contents(database, &database.url());
    for (name, another, instead) in [
        (
            name_of(&database.url()),
            name_of(&beside(database, "2")),
            Some("`dieselkit restore --replace`"),
        ),
        (
            name_of(&beside(database, "a b'c")),
            name_of(&beside(database, "a b'c_2")),
            None,
        ),
    ] {
        if instead.is_none() {
            project.run(["restore", "--into", &name]).succeeds();
        }
        let there = neighbours(database);
        let file = file_of(database, &id);
        let file = file.as_str();
        for source in [None, Some("latest"), Some(file)] {
            let words = ["restore"].into_iter().chain(source);
            let output = project.run(words.chain(["--into", &name])).exits(2);
            let said = &output.stderr;
            assert!(said.contains("exists already"), "{said}");
            let typed = source.map_or_else(String::new, |source| format!(" {}", quote(source)));
            let into = format!(
                "name another, `dieselkit restore{typed} --into {}`, or ",
                quote(&another)
            );
            assert!(said.contains(&into), "{said}");
            let instead = instead.map_or_else(
                || {
                    format!(
                        "drop that one first: `dieselkit db drop {}`\n",
                        quote(&name)
                    )
                },
                |_| format!("`dieselkit restore{typed} --replace`\n"),
            );
            assert!(said.contains(&instead), "{said}");
        }
        assert_eq!(contents(database, &database.url()), before);
        assert_eq!(neighbours(database), there);
    }
}

/// Neither it nor what commands work with is dropped for its name.
#[cfg(feature = "sqlite")]
#[test]
fn a_file_is_not_restored_into_itself() {
    let database = crate::support::sqlite::SqliteDatabase::create();
    let project = studio(&database);
    project.run(["up", "-q"]).succeeds();
    let live = name_of(&database.url());
    bare_file(&project.path("own.db"));
    for (file, target) in [
        ("own.db", "own.db"),
        ("own.db", "./own.db"),
        ("./own.db", "sqlite:own.db"),
        (&live, &live),
    ] {
        let refused = project.run(["restore", file, "--into", target]).exits(2);
        let said = &refused.stderr;
        assert!(
            said.contains("that is what is to be restored; name another: `dieselkit restore "),
            "{said}"
        );
        assert!(!said.contains("db drop"), "{said}");
        assert!(!said.contains("--replace"), "{said}");
    }
}

fn a_backup_of_another_engine_is_refused(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "-q"]).succeeds();
    let id = back_up(&project, &[]);
    let there = neighbours(database);
    let manifest = format!("backups/{id}.json");
    let (ours, theirs) = database
        .either("SQLite PostgreSQL", "PostgreSQL SQLite")
        .split_once(' ')
        .expect("two");
    let content = project.read(&manifest);
    let engine = |name: &str| format!("\"engine\": \"{name}\"");
    assert!(content.contains(&engine(ours)), "{content}");
    project.write(&manifest, &content.replace(&engine(ours), &engine(theirs)));
    let output = project.run(["restore", &id]).exits(2);
    assert!(output.stderr.contains(theirs), "{}", output.stderr);
    assert_eq!(neighbours(database), there);
}

fn what_is_no_backup_is_refused(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "-q"]).succeeds();
    let there = neighbours(database);
    project.write("letter.sql", "SELECT 1;\n");
    project.write("empty.sql", "");
    for file in [
        "letter.sql",
        "empty.sql",
        &up_of("2026-01-01-000000_create_users"),
        "migrations",
    ] {
        let output = project.run(["restore", file]);
        assert!(matches!(output.code, Some(1 | 2)), "{file}: {output:?}");
        assert!(
            output.stderr.contains("hint: "),
            "{file}: {}",
            output.stderr
        );
        assert_eq!(neighbours(database), there);
    }
}

fn a_file_of_another_kind_is_named_with_what_helps(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "-q"]).succeeds();
    let there = neighbours(database);
    project.write("empty.sql", "");
    project.write("old.zip", "PK\u{3}\u{4}and more");
    project.write("folder/notes.txt", "no dump");
    let (other, kind) = match database.either("sqlite", "postgres") {
        "sqlite" => (
            "--\n-- PostgreSQL database dump\n--\n",
            "a dump of PostgreSQL",
        ),
        _ => ("SQLite format 3\0and more", "a database file of SQLite"),
    };
    project.write("other", other);
    project.shell("gzip --keep other").succeeds();
    for (file, words) in [
        ("empty.sql", &["`empty.sql` is empty;", "hint: "][..]),
        ("old.zip", &["is packed by zip;", "`unzip old.zip`"]),
        ("./folder", &["`./folder` is a folder", "hint: `ls -l "]),
        ("other", &[kind, "--database-url "]),
        ("other.gz", &[kind, "--database-url "]),
    ] {
        for flags in [&["--dry-run"][..], &[]] {
            let output = project.run(["restore", file].iter().chain(flags)).exits(2);
            for word in words {
                assert!(output.stderr.contains(word), "{word}: {}", output.stderr);
            }
        }
        assert_eq!(neighbours(database), there, "{file}");
    }
}

fn a_backup_that_is_guessed_by_its_name_is_said_to_be(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "-q"]).succeeds();
    back_up(&project, &[]);
    let told = "the backups are known by the database's name alone";
    let planned = project.run(["restore", "--dry-run"]).succeeds();
    assert!(!planned.stdout.contains(told), "{}", planned.stdout);
    let url = database.url();
    let own = url.rsplit('/').next().expect("it has a name");
    project.run(["db", "drop", "--confirm", own]).succeeds();
    let planned = project
        .run(["restore", "--dry-run", "--replace"])
        .succeeds();
    let refused = project.run(["restore", "--replace", "--json"]).exits(5);
    let refused = refused.json();
    assert!(refused["warnings"].to_string().contains(told), "{refused}");
    let line = format!("\n  guessed    {told}");
    assert!(planned.stdout.contains(&line), "{}", planned.stdout);
    let done = project.run(["restore", "--replace", "--yes"]).succeeds();
    assert!(done.stderr.contains(&line), "{}", done.stderr);
    // Whoever names one has not had it guessed.
    project.run(["status"]).succeeds();
}

/// What one engine alone has is not passed over.
#[cfg(feature = "sqlite")]
#[test]
fn a_file_is_not_restored_as_a_role() {
    let database = crate::support::sqlite::SqliteDatabase::create();
    let project = studio(&database);
    project.run(["up", "-q"]).succeeds();
    back_up(&project, &[]);
    for flags in [&["--dry-run"][..], &[]] {
        let words = ["restore", "--role", "app"];
        let said = project.run(words.iter().chain(flags)).exits(2).stderr;
        assert!(said.contains("a SQLite database has no roles"), "{said}");
        assert!(said.contains("hint: leave `--role` out"), "{said}");
    }
    assert_eq!(
        neighbours(&database).len(),
        1,
        "{:?}",
        neighbours(&database)
    );
}

#[cfg(feature = "postgres")]
#[test]
fn what_pg_dump_itself_wrote_is_restored() {
    use crate::support::postgres::PostgresDatabase;
    let database = PostgresDatabase::create();
    let project = studio(&database);
    project.run(["up", "-q"]).succeeds();
    let program = database.cluster().program("pg_dump");
    let program = program.get_program().to_string_lossy().into_owned();
    let url = database.url();
    let line = format!(
        "'{program}' '{url}' > own.sql && gzip -k own.sql \
         && '{program}' -Fc '{url}' > own.dump && '{program}' -Fd -f own.folder '{url}' \
         && '{program}' -Ft '{url}' > own.tar"
    );
    project.shell(&line).succeeds();
    let before = contents(&database, &url);
    for file in [
        "own.sql",
        "own.sql.gz",
        "own.dump",
        "own.tar",
        "own.folder",
        "./own.folder",
        "own.folder/toc.dat",
    ] {
        let copy = beside(&database, &file.replace(['.', '/'], "_"));
        let output = project.run(["restore", file, "--into", &name_of(&copy)]);
        let output = output.succeeds();
        assert!(
            output.stderr.contains("has no manifest"),
            "{}",
            output.stderr
        );
        assert_eq!(contents(&database, &copy), before, "{file}");
    }
}

/// `pg_restore` itself looks for the rest of a tar file without end.
#[cfg(feature = "postgres")]
#[test]
fn an_archive_that_is_cut_off_is_refused() {
    let database = crate::support::postgres::PostgresDatabase::create();
    let project = studio(&database);
    project.run(["up", "-q"]).succeeds();
    let program = database.cluster().program("pg_dump");
    let program = program.get_program().to_string_lossy().into_owned();
    let url = database.url();
    let line =
        format!("'{program}' -Ft '{url}' > whole.tar && '{program}' -Fc '{url}' > whole.dump");
    project.shell(&line).succeeds();
    let there = neighbours(&database);
    let name = name_of(&beside(&database, "copy"));
    let whole = std::fs::read(project.path("whole.tar")).expect("it was made");
    for length in [
        1000,
        whole.len() / 2 + 100,
        whole.len() - 1024,
        whole.len() - 1,
    ] {
        std::fs::write(project.path("cut.tar"), &whole[..length]).expect("it is ours");
        for flags in [&["--dry-run"][..], &[]] {
            let words = ["restore", "cut.tar", "--into", &name];
            let output = project.run(words.iter().chain(flags)).exits(1);
            let words = format!("`cut.tar` is not whole: it ends at byte {length}, ");
            assert!(output.stderr.contains(&words), "{}", output.stderr);
        }
        assert_eq!(neighbours(&database), there);
    }
    let whole = std::fs::read(project.path("whole.dump")).expect("it was made");
    for length in [100, whole.len() / 2, whole.len() - 1] {
        std::fs::write(project.path("cut.dump"), &whole[..length]).expect("it is ours");
        let output = project.run(["restore", "cut.dump", "--into", &name]);
        let said = output.exits(1).stderr;
        assert!(
            said.contains("hint: make it again, or copy it again"),
            "{said}"
        );
        assert_eq!(neighbours(&database), there);
    }
}

/// What each of them needs is not in a new database.
#[cfg(feature = "postgres")]
#[test]
fn a_script_that_no_new_database_takes_is_refused_with_what_helps() {
    let database = crate::support::postgres::PostgresDatabase::create();
    let project = studio(&database);
    project.run(["up", "-q"]).succeeds();
    let before = contents(&database, &database.url());
    let program = |name: &str| {
        let program = database.cluster().program(name);
        program.get_program().to_string_lossy().into_owned()
    };
    let (pg_dump, pg_dumpall) = (program("pg_dump"), program("pg_dumpall"));
    let url = database.url();
    let line = format!(
        "'{pg_dump}' -c '{url}' > clean.sql && '{pg_dump}' -c --if-exists '{url}' > gentle.sql \
         && '{pg_dumpall}' --globals-only --dbname='{url}' > 'all of it.sql' && gzip -k 'all of it.sql'"
    );
    project.shell(&line).succeeds();
    let there = neighbours(&database);
    let name = name_of(&beside(&database, "copy"));
    for (file, word, cure) in [
        ("clean.sql", "`pg_dump --clean`", "`cat clean.sql | sed -E "),
        (
            "all of it.sql",
            "`pg_dumpall`",
            "`cat 'all of it.sql' | psql --host ",
        ),
        (
            "all of it.sql.gz",
            "`pg_dumpall`",
            "`gunzip --stdout 'all of it.sql.gz' | psql --host ",
        ),
    ] {
        for flags in [&["--dry-run"][..], &[]] {
            let words = ["restore", file, "--into", &name];
            let said = project.run(words.iter().chain(flags)).exits(2).stderr;
            assert!(said.contains(word) && said.contains(cure), "{said}");
        }
        assert_eq!(neighbours(&database), there);
    }
    let said = project
        .run(["restore", "clean.sql", "--dry-run"])
        .exits(2)
        .stderr;
    let sed = said
        .split('`')
        .find(|piece| piece.starts_with("cat clean.sql"));
    project.shell(sed.expect("there is a command")).succeeds();
    for (file, end) in [("NEW", "a"), ("gentle.sql", "b")] {
        let copy = beside(&database, end);
        project
            .run(["restore", file, "--into", &name_of(&copy)])
            .succeeds();
        assert_eq!(contents(&database, &copy), before, "{file}");
    }
}

/// The database that such a dump names is there still, and nothing of it is touched.
#[cfg(feature = "postgres")]
#[test]
fn what_pg_dump_wrote_with_create_is_restored_into_the_new_one_alone() {
    use crate::support::postgres::PostgresDatabase;
    let database = PostgresDatabase::create();
    let project = studio(&database);
    project.run(["up", "-q"]).succeeds();
    let own = name_of(&database.url());
    let odd = format!("{own}_My 'shop\"");
    let quoted = format!("\"{}\"", odd.replace('"', "\"\""));
    let cluster = database.cluster();
    cluster.execute(&format!("CREATE DATABASE {quoted} TEMPLATE {own}"));
    for change in [
        format!("COMMENT ON DATABASE {quoted} IS 'two;\n\\connect postgres'"),
        format!("ALTER DATABASE {quoted} SET work_mem TO '1MB'"),
        format!("ALTER DATABASE {quoted} CONNECTION LIMIT 7"),
        format!("REVOKE TEMPORARY ON DATABASE {quoted} FROM PUBLIC"),
    ] {
        cluster.execute(&change);
    }
    let program = cluster.program("pg_dump");
    let program = program.get_program().to_string_lossy().into_owned();
    let url = database.url().replace(&own, "postgres");
    let name = odd.replace('\'', "\\'");
    project.write("name", &format!("dbname='{name}'"));
    let dump = format!(
        "PGPASSWORD={} '{program}' -h $(echo '{url}' | sed 's,.*@,,; s,[:/].*,,') -p $(echo '{url}' | sed 's,.*:,,; s,/.*,,') -U postgres -d \"$(cat name)\" -C",
        cluster.password()
    );
    project
        .shell(&format!(
            "{dump} > c.sql && {dump} -c --if-exists > cc.sql && {dump} -Fc > c.dump && {dump} --inserts > ci.sql"
        ))
        .succeeds();
    // What is said of it by now is not what the dump says.
    cluster.execute(&format!("GRANT TEMPORARY ON DATABASE {quoted} TO PUBLIC"));
    cluster.execute(&format!("COMMENT ON DATABASE {quoted} IS 'since then'"));
    cluster.execute(&format!("ALTER DATABASE {quoted} CONNECTION LIMIT 9"));
    let whole = format!(
        "SELECT datacl::text || datconnlimit || shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{}'",
        odd.replace('\'', "''")
    );
    let before = database.query_column(&whole);
    let expected = contents(&database, &database.url());
    for file in ["c.sql", "cc.sql", "ci.sql", "c.dump"] {
        let copy = beside(&database, &file.replace('.', "_"));
        let output = project.run(["restore", file, "--into", &name_of(&copy)]);
        let output = output.succeeds();
        let told = output
            .stderr
            .contains("the dump makes a database of its own");
        assert_eq!(told, file != "c.dump", "{file}: {}", output.stderr);
        assert_eq!(contents(&database, &copy), expected, "{file}");
        assert_eq!(database.query_column(&whole), before, "{file}");
    }
    let words = ["restore", "c.sql", "--replace", "--yes", "--no-owner"];
    project.run(words).succeeds();
    assert_eq!(contents(&database, &database.url()), expected);
    assert_eq!(database.query_column(&whole), before);
}

/// What psql would go on in another database by, behind what `pg_dump --create` begins with.
#[cfg(feature = "postgres")]
#[test]
fn a_script_that_goes_on_elsewhere_later_leaves_all_as_it_is() {
    let database = crate::support::postgres::PostgresDatabase::create();
    let project = studio(&database);
    project.run(["up", "-q"]).succeeds();
    let own = name_of(&database.url());
    let program = database.cluster().program("pg_dump");
    let program = program.get_program().to_string_lossy().into_owned();
    let dump = format!("'{program}' -C '{}' > c.sql", database.url());
    project.shell(&dump).succeeds();
    let before = contents(&database, &database.url());
    let there = neighbours(&database);
    let whole = project.read("c.sql");
    let table = "CREATE TABLE public.users (";
    assert!(whole.contains(table), "{whole}");
    let elsewhere = format!("\\connect {own}\nDROP TABLE public.users;\n");
    project.write(
        "c.sql",
        &whole.replace(table, &format!("{elsewhere}{table}")),
    );
    let name = name_of(&beside(&database, "copy"));
    for place in [
        &["--into", name.as_str()][..],
        &["--replace", "--drop-old", "--yes"],
    ] {
        let words = ["restore", "c.sql"];
        let output = project.run(words.iter().chain(place)).exits(1);
        assert!(output.stderr.contains("\\connect"), "{}", output.stderr);
        assert_eq!(contents(&database, &database.url()), before);
        assert_eq!(neighbours(&database), there);
    }
}

/// A script of somebody's own, which is none of `pg_dump`.
#[cfg(feature = "postgres")]
#[test]
fn a_script_that_names_a_database_leaves_all_as_it_is() {
    let database = crate::support::postgres::PostgresDatabase::create();
    let project = studio(&database);
    project.run(["up", "-q"]).succeeds();
    let before = contents(&database, &database.url());
    let there = neighbours(&database);
    let own = name_of(&database.url());
    let end = "--\n-- PostgreSQL database dump complete\n--\n";
    let script = format!(
        "CREATE TABLE elsewhere (id INTEGER);\n\\connect {own}\nCREATE TABLE here (id INTEGER);\n{end}"
    );
    project.write("connects.sql", &script);
    project.write("creates.sql", &format!("CREATE DATABASE other;\n{script}"));
    for (file, words) in [("connects.sql", "line 2"), ("creates.sql", "line 3")] {
        let name = name_of(&beside(&database, "copy"));
        for place in [
            &["--into", name.as_str()][..],
            &["--replace", "--drop-old", "--yes"],
        ] {
            let output = project.run(["restore", file].iter().chain(place)).exits(1);
            assert!(output.stderr.contains(words), "{}", output.stderr);
            assert!(output.stderr.contains("--create"), "{}", output.stderr);
            assert_eq!(contents(&database, &database.url()), before);
            assert_eq!(neighbours(&database), there);
        }
    }
}

/// Whatever it does elsewhere would stay, and nobody would look for it.
#[cfg(feature = "postgres")]
#[test]
fn a_script_that_reaches_outside_of_the_new_database_leaves_all_as_it_is() {
    let database = crate::support::postgres::PostgresDatabase::create();
    let project = studio(&database);
    project.run(["up", "-q"]).succeeds();
    let before = contents(&database, &database.url());
    let there = neighbours(&database);
    let own = name_of(&database.url());
    let end = "--\n-- PostgreSQL database dump complete\n--\n";
    for (statement, cure) in [
        (format!("COMMENT ON DATABASE {own} IS 'other';"), "sed -E"),
        (
            format!("GRANT CREATE ON DATABASE {own} TO PUBLIC;"),
            "sed -E",
        ),
        (
            format!("ALTER DATABASE {own} SET lock_timeout = 1;"),
            "sed -E",
        ),
        (
            "CREATE ROLE dieselkit_outside;".to_owned(),
            "`sed -n 2p 'my own.sql'`",
        ),
        (
            "GRANT pg_monitor TO dieselkit_outside;".to_owned(),
            "`sed -n 2p 'my own.sql'`",
        ),
        (
            "REVOKE pg_monitor FROM dieselkit_outside;".to_owned(),
            "`sed -n 2p 'my own.sql'`",
        ),
        (
            "REASSIGN OWNED BY dieselkit_outside TO postgres;".to_owned(),
            "`sed -n 2p 'my own.sql'`",
        ),
        (
            "DROP OWNED BY dieselkit_outside;".to_owned(),
            "`sed -n 2p 'my own.sql'`",
        ),
        ("COMMIT;".to_owned(), "`sed -n 2p 'my own.sql'`"),
    ] {
        let script = format!("CREATE TABLE here (id INTEGER);\n{statement}\n{end}");
        project.write("my own.sql", &script);
        let words = ["restore", "my own.sql", "--replace", "--drop-old", "--yes"];
        let output = project.run(words).exits(1);
        let foretold = project.run(words.iter().chain(&["--dry-run"])).exits(1);
        let error = |text: &str| text.split_once("error: ").map(|(_, said)| said.to_owned());
        assert_eq!(error(&foretold.stderr), error(&output.stderr));
        assert!(
            output.stderr.contains(" in line 2 of the script "),
            "{}",
            output.stderr
        );
        assert!(output.stderr.contains(cure), "{}", output.stderr);
        assert_eq!(contents(&database, &database.url()), before);
        assert_eq!(neighbours(&database), there);
        if cure == "sed -E" {
            let (_, hint) = output
                .stderr
                .split_once("about a database: `")
                .expect("a hint");
            let (line, _) = hint.split_once('`').expect("it has an end");
            assert!(line.contains("'my own.sql' > NEW"), "{line}");
            project.shell(line).succeeds();
            assert!(
                !project.read("NEW").contains("DATABASE "),
                "{}",
                project.read("NEW")
            );
            let copy = name_of(&beside(&database, "copy"));
            project.run(["restore", "NEW", "--into", &copy]).succeeds();
            project.run(["db", "drop", &copy, "--yes"]).succeeds();
        }
    }
}

/// A body, a literal and a row may hold any words.
#[cfg(feature = "postgres")]
#[test]
fn a_dump_that_holds_the_words_of_what_reaches_outside_is_restored() {
    use crate::support::postgres::Cluster;
    let database = crate::support::postgres::PostgresDatabase::create();
    let project = studio(&database);
    project.run(["up", "-q"]).succeeds();
    for statement in [
        "CREATE TABLE words (t TEXT DEFAULT '\nCOMMIT;\n')",
        "INSERT INTO words VALUES ('COMMIT;'), (E'a\nDROP DATABASE a;'), ('GRANT ALL ON DATABASE a TO b;'), ('ROLLBACK;')",
        "CREATE PROCEDURE ends() LANGUAGE plpgsql AS $$\nBEGIN\nCOMMIT;\nEND;\n$$",
        "CREATE PROCEDURE makes() LANGUAGE plpgsql AS $$\nBEGIN\nCREATE ROLE a;\nEND;\n$$",
        "CREATE FUNCTION one() RETURNS INTEGER LANGUAGE sql\nBEGIN ATOMIC\nSELECT 2;\nSELECT CASE WHEN true THEN 1 END;\nEND",
        "CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\nRETURN NEW;\nEND;\n$$",
        "CREATE TRIGGER tells BEFORE INSERT ON words FOR EACH ROW EXECUTE FUNCTION told()",
        "COMMENT ON TABLE words IS E'a\nCOMMENT ON DATABASE a IS 1;\n'",
        "SELECT lo_from_bytea(0, 'large')",
    ] {
        database.execute(statement);
    }
    let before = contents(&database, &database.url());
    project.write("own.sql", &dump(Cluster::shared(), &database.url()));
    let copy = beside(&database, "copy");
    project
        .run(["restore", "own.sql", "--into", &name_of(&copy)])
        .succeeds();
    assert_eq!(contents(&database, &copy), before);
}

/// Nothing says what is to be in it, but that there is something.
#[cfg(feature = "postgres")]
#[test]
fn a_script_that_takes_back_what_it_did_takes_nobodys_place() {
    let database = crate::support::postgres::PostgresDatabase::create();
    let project = studio(&database);
    project.run(["up", "-q"]).succeeds();
    let before = contents(&database, &database.url());
    let there = neighbours(&database);
    let end = "--\n-- PostgreSQL database dump complete\n--\n";
    project.write(
        "back.sql",
        &format!("CREATE TABLE here (id INTEGER);\nROLLBACK;\n{end}"),
    );
    let words = ["restore", "back.sql", "--replace", "--drop-old", "--yes"];
    let output = project.run(words).exits(1);
    assert!(
        output
            .stderr
            .contains("`ROLLBACK` in line 2 of the script ends the one transaction"),
        "{}",
        output.stderr
    );
    assert_eq!(contents(&database, &database.url()), before);
    assert_eq!(neighbours(&database), there);
}

/// psql takes its own commands in the middle of a line, too.
#[cfg(feature = "postgres")]
#[test]
fn a_command_of_psql_within_a_line_leaves_all_as_it_is() {
    let database = crate::support::postgres::PostgresDatabase::create();
    let mut psql = database.cluster().program("psql");
    let help = psql.arg("--help=commands").output();
    let help = help.expect("it is installed with the server").stdout;
    if !String::from_utf8_lossy(&help).contains("\\restrict") {
        eprintln!("left out: this psql does not know `\\restrict`");
        return;
    }
    let project = studio(&database);
    project.run(["up", "-q"]).succeeds();
    let there = neighbours(&database);
    let own = name_of(&database.url());
    let end = "--\n-- PostgreSQL database dump complete\n--\n";
    let begins = "CREATE TABLE elsewhere (id INTEGER);\nSELECT 1;";
    for (file, command) in [
        (
            "connects.sql",
            format!("\\connect {own}\nCREATE TABLE here (id INTEGER);"),
        ),
        ("runs.sql", "\\! touch ran".to_owned()),
    ] {
        project.write(file, &format!("{begins} {command}\n{end}"));
        let name = name_of(&beside(&database, "copy"));
        let output = project.run(["restore", file, "--into", &name]).exits(1);
        assert!(output.stderr.contains("restricted"), "{}", output.stderr);
        assert!(!database.has_table("here"));
        assert!(!project.path("ran").exists());
        assert_eq!(neighbours(&database), there);
    }
}

/// Returns a project whose psql is one of before it could be told to take no command of its own.
#[cfg(feature = "postgres")]
fn with_an_old_psql(database: &crate::support::postgres::PostgresDatabase) -> Project {
    use std::os::unix::fs::PermissionsExt as _;
    let project = studio(database);
    let pg_dump = database.cluster().program("pg_dump");
    let folder = std::path::Path::new(pg_dump.get_program())
        .parent()
        .expect("it lies in a folder");
    let psql = database.cluster().program("psql");
    let script = format!(
        "#!/bin/sh
if [ \"$*\" = --help=commands ]; then '{0}' \"$@\" | grep -v restrict; exit; fi
cd '{1}' && cat > input
if grep -q '^.restrict [a-z0-9]*$' input; then
    echo 'psql:<stdin>:5: error: invalid command \\restrict' >&2; exit 3
fi
exec '{0}' \"$@\" < input
",
        psql.get_program().display(),
        project.path("old").display()
    );
    project.write("old/psql", &script);
    std::fs::set_permissions(
        project.path("old/psql"),
        std::fs::Permissions::from_mode(0o755),
    )
    .expect("it is ours");
    let link =
        |name: &str| std::os::unix::fs::symlink(folder.join(name), project.path("old").join(name));
    link("pg_dump").expect("the folder is ours");
    link("pg_restore").expect("the folder is ours");
    let config = format!(
        "[backups]\npg_dump = {:?}\n",
        project.path("old/pg_dump").display()
    );
    project.config(&config)
}

#[cfg(feature = "postgres")]
#[test]
fn a_command_within_a_line_is_found_where_psql_cannot_refuse_it() {
    let database = crate::support::postgres::PostgresDatabase::create();
    let project = with_an_old_psql(&database);
    let there = neighbours(&database);
    let own = name_of(&database.url());
    let end = "--\n-- PostgreSQL database dump complete\n--\n";
    let rows = "CREATE TABLE elsewhere (t TEXT);\nCOPY elsewhere FROM stdin;\n\\N\nit's\\\\\n\\.\n";
    for command in [
        format!("\\connect {own}"),
        "\\! touch ran".to_owned(),
        "\\o | touch ran".to_owned(),
    ] {
        let text =
            format!("{rows}SELECT 'it''s \\'; {command}\nCREATE TABLE here (id INTEGER);\n{end}");
        project.write("runs.sql", &text);
        let name = name_of(&beside(&database, "copy"));
        let output = project
            .run(["restore", "runs.sql", "--into", &name])
            .exits(1);
        let command = command.split(' ').next().expect("it has a word");
        let words = format!("line 6 of the script has `{command} ");
        assert!(output.stderr.contains(&words), "{}", output.stderr);
        assert!(!database.has_table("here"));
        assert!(!project.path("ran").exists());
        assert_eq!(neighbours(&database), there);
    }
}

/// What `pg_dump` writes around a dump, a psql before it does not know.
#[cfg(feature = "postgres")]
#[test]
fn a_backup_is_verified_and_restored_where_psql_is_older_than_pg_dump() {
    let database = crate::support::postgres::PostgresDatabase::create();
    let project = with_an_old_psql(&database);
    project.run(["up", "-q"]).succeeds();
    project.run(["backup", "create", "-q"]).succeeds();
    project
        .run(["backup", "verify", "--restore", "-q"])
        .succeeds();
    let list = project.run(["backup", "list", "--json"]).succeeds().json();
    assert_eq!(list["data"]["backups"][0]["verdict"], "restored", "{list}");
    let copy = beside(&database, "copy");
    project
        .run(["restore", "--into", &name_of(&copy)])
        .succeeds();
    assert_eq!(
        contents(&database, &copy),
        contents(&database, &database.url())
    );
}

/// What a script says of itself protects nobody from it.
#[cfg(feature = "postgres")]
#[test]
fn a_script_that_ends_what_keeps_it_from_commands_is_refused() {
    let database = crate::support::postgres::PostgresDatabase::create();
    let there = neighbours(&database);
    let end = "--\n-- PostgreSQL database dump complete\n--\n";
    let scripts = [
        "/*\n\\restrict x\n*/ CREATE TABLE q (i INTEGER);\n\\! touch ran\n",
        "CREATE TABLE q (t TEXT);\nCOPY q FROM stdin;\n\\restrict x\n\\.\n\\! touch ran\n",
        "\\restrict x\n\\unrestrict x\nCREATE TABLE q (i INTEGER);\n\\! touch ran\n",
        "\\restrict x\nCREATE TABLE q (i INTEGER);\n\\unrestrict y\n\\! touch ran\n",
        "-- a remark\r\\! touch ran\nCREATE TABLE q (i INTEGER);\n",
        "SELECT E'a'\r'\\'' \\! touch ran '\n;\n",
    ];
    for project in [studio(&database), with_an_old_psql(&database)] {
        for script in scripts {
            project.write("runs.sql", &format!("{script}{end}"));
            let name = name_of(&beside(&database, "copy"));
            project
                .run(["restore", "runs.sql", "--into", &name])
                .exits(1);
            assert!(!project.path("ran").exists(), "{script}");
            assert_eq!(neighbours(&database), there, "{script}");
        }
    }
}

/// What looks like a command of psql's, in all that a dump has it in.
#[cfg(feature = "postgres")]
#[test]
fn a_dump_full_of_backslashes_is_restored_where_psql_is_old() {
    let database = crate::support::postgres::PostgresDatabase::create();
    let project = with_an_old_psql(&database);
    project.run(["up", "-q"]).succeeds();
    for statement in [
        r#"CREATE TABLE "back\slash \! ""\c" (t TEXT DEFAULT E'it''s \\ \n', u TEXT DEFAULT 'C:\')"#,
        r#"INSERT INTO "back\slash \! ""\c" SELECT chr(i) || E'\\' || chr(i) || E'\\.', 'it''s \' FROM generate_series(1, 300) AS i"#,
        r#"INSERT INTO "back\slash \! ""\c" VALUES (E'\\.', E'\n\\.\n\\! touch ran\n')"#,
        r"CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $x$ SELECT '\' || E'\'' || $$ \! $$ $x$",
        r"CREATE FUNCTION g() RETURNS text LANGUAGE sql RETURN E'it''s \\' || '\'",
        r"COMMENT ON FUNCTION f() IS E'two\n\\! touch ran\n\\connect postgres'",
    ] {
        database.execute(statement);
    }
    let program = project.path("old/pg_dump").display().to_string();
    let url = database.url();
    // Neither says by itself that psql is to take no command.
    let strip = "sed '/^.restrict /d; /^.unrestrict /d'";
    let line = format!(
        "'{program}' '{url}' | {strip} > rows.sql && '{program}' --inserts '{url}' | {strip} > inserts.sql"
    );
    project.shell(&line).succeeds();
    let before = contents(&database, &url);
    for (file, end) in [("rows.sql", "a"), ("inserts.sql", "b")] {
        let copy = beside(&database, end);
        let words = ["restore", file, "--into", &name_of(&copy)];
        project.run(words).succeeds();
        assert_eq!(contents(&database, &copy), before, "{file}");
    }
}

/// An empty one, or another's, would be all that is left.
fn the_old_one_stays_where_nothing_is_compared(database: &dyn Engine) {
    let project = studio(database);
    project.run(["up", "-q"]).succeeds();
    project.run(["backup", "create", "-q"]).succeeds();
    let made = project.shell("ls backups/*.gz").succeeds().stdout;
    let copy = database.either("copy.sqlite.gz", "copy.sql.gz");
    project
        .shell(&format!("cp '{}' {copy}", made.trim()))
        .succeeds();
    let words = [
        "restore",
        copy,
        "--replace",
        "--drop-old",
        "--yes",
        "--json",
    ];
    let report = project.run(words).succeeds().json();
    assert!(report["data"]["replaced"].is_string(), "{report}");
    assert_eq!(report["data"]["old"], "kept", "{report}");
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("was not dropped"), "{report}");
}

/// What is committed lies in the log until somebody puts it together.
#[cfg(feature = "sqlite")]
#[test]
fn a_file_with_a_log_beside_it_is_refused() {
    let database = crate::support::sqlite::SqliteDatabase::create();
    let project = studio(&database);
    project.run(["up", "-q"]).succeeds();
    std::fs::copy(database.path(), project.path("live.db")).expect("copied");
    project.write("live.db-wal", "frames");
    let name = name_of(&beside(&database, "copy"));
    let words = ["restore", "live.db", "--into", &name];
    let output = project.run(words).exits(1);
    assert!(
        output.stderr.contains("wal_checkpoint"),
        "{}",
        output.stderr
    );
    assert_eq!(
        neighbours(&database).len(),
        1,
        "{:?}",
        neighbours(&database)
    );
    project.write("live.db-wal", "");
    project.run(words).succeeds();
}

#[cfg(feature = "postgres")]
#[test]
fn a_part_does_not_take_the_place_of_the_whole() {
    let database = crate::support::postgres::PostgresDatabase::create();
    let project = studio(&database);
    project.run(["up", "-q"]).succeeds();
    let before = contents(&database, &database.url());
    let id = back_up(&project, &["--table", "users"]);
    for flags in [&["--yes"][..], &["--dry-run"]] {
        let words = ["restore", &id, "--replace"];
        let output = project.run(words.iter().chain(flags)).exits(2);
        assert!(output.stderr.contains("--into"), "{}", output.stderr);
    }
    assert_eq!(contents(&database, &database.url()), before);
    let name = name_of(&beside(&database, "copy"));
    project.run(["restore", &id, "--into", &name]).succeeds();
}

/// What was applied is in a part only where the tables that say so are.
#[cfg(feature = "postgres")]
#[test]
fn a_part_has_the_migrations_that_it_holds() {
    let database = crate::support::postgres::PostgresDatabase::create();
    let project = studio(&database);
    project.run(["up", "-q"]).succeeds();
    let head = "20260103000000";
    for (count, (flag, value, holds)) in [
        ("--table", "users", false),
        ("--schema", "public", true),
        ("--exclude-table-data", "__diesel_schema_migrations", false),
        ("--note", "the whole", true),
    ]
    .into_iter()
    .enumerate()
    {
        let id = back_up(&project, &[flag, value]);
        let name = |end: &str| name_of(&beside(&database, &format!("{end}{count}")));
        let words = ["restore", &id, "--into", &name("shown"), "--dry-run"];
        let planned = project.run(words).succeeds().stdout;
        let said = planned.contains(&format!("up to {head}"));
        assert_eq!(said, holds, "{flag}: {planned}");
        let shown = project.run(["restore", &id, "--into", &name("shown")]);
        let shown = shown.succeeds().stdout;
        let said = shown.contains(&format!("up to {head}"));
        assert_eq!(said, holds, "{flag}: {shown}");
        let without = shown.contains("no record of migrations in this part");
        assert_eq!(without, !holds, "{flag}: {shown}");
        let json = project.run(["restore", &id, "--into", &name("json"), "--json"]);
        let data = json.succeeds().json()["data"].clone();
        assert_eq!(data["head"] == head, holds, "{flag}: {data}");
        assert_eq!(data["whole"], flag == "--note", "{flag}: {data}");
    }
}

/// What is restored without its mark is not said to carry it.
#[cfg(feature = "postgres")]
#[test]
fn a_part_carries_a_mark_only_where_it_holds_it() {
    let database = crate::support::postgres::PostgresDatabase::create();
    let project = studio(&database).env("DIESELKIT_ENV", "staging");
    project.run(["up", "-q"]).succeeds();
    let part = back_up(&project, &["--table", "users"]);
    let whole = back_up(&project, &[]);
    let name = last_part(&database);
    project
        .run(["db", "mark", "development", "--confirm", &name])
        .succeeds();
    let project = project.env("DIESELKIT_ENV", "development");
    for (id, holds) in [(part, false), (whole, true)] {
        let copy = name_of(&beside(&database, "copy"));
        let words = ["restore", &id, "--into", &copy, "--dry-run"];
        let planned = project.run(words).succeeds().stdout;
        let said = planned.contains("\n  marked     as `staging`");
        assert_eq!(said, holds, "{planned}");
    }
}
