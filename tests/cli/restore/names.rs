//! How what is restored is called: what nobody named, and what may not be named so.

use dieselkit::shell::quote;

use super::{backed_up, beside, contents, file_of, name_of, neighbours, text};
use crate::support::engine::Engine;

on_both_engines![
    what_nobody_named_is_an_address,
    an_address_is_no_name,
    a_name_that_is_taken_is_refused,
];

fn what_nobody_named_is_an_address(database: &dyn Engine) {
    let (project, id) = backed_up(database, &[]);
    let restored = |words: &[&str], key: &str| {
        let words = ["restore", &id, "--json"]
            .into_iter()
            .chain(words.iter().copied());
        let json = project.run(words).succeeds().json();
        let made = text(&json["data"][key]);
        assert_eq!(json["data"]["plan"][key], json["data"][key], "{json}");
        made.rsplit('/').next().expect("it has a name").to_owned()
    };
    let own = name_of(&database.url());
    let stem = own.strip_suffix(".db").unwrap_or(&own).to_owned();
    for (words, key, what) in [
        (&[][..], "database", "restored"),
        (&["--replace", "--yes"], "replaced", "before"),
    ] {
        let name = restored(words, key);
        let url = database.url();
        let own = database.either(&own, &url);
        let folder = &own[..own.rfind('/').expect("it has a path")];
        let address = format!("{folder}/{name}");
        let begins = format!("{stem}_{what}_");
        let begins = begins.rsplit('/').next().expect("split yields one");
        assert!(name.starts_with(begins), "{name}");
        project
            .run(["status", "--check", "--database-url", &address])
            .succeeds();
    }
    // However fast they follow one another.
    for _ in 0..3 {
        restored(&[], "database");
    }
    assert_eq!(neighbours(database).len(), 6, "{:?}", neighbours(database));
}

fn an_address_is_no_name(database: &dyn Engine) {
    let (project, id) = backed_up(database, &[]);
    let there = neighbours(database);
    for typed in [
        "postgres://anna:secret@elsewhere/shop",
        "postgresql://elsewhere/shop",
        "mysql://anna:secret@elsewhere/shop",
    ] {
        for last in ["-v", "--dry-run", "--json"] {
            let refused = project
                .run(["restore", &id, "--into", typed, last])
                .exits(2);
            let said = format!("{}{}", refused.stdout, refused.stderr);
            assert!(!said.contains("secret"), "{said}");
            assert!(said.contains("`--into` takes a name"), "{said}");
            assert!(said.contains("--database-url"), "{said}");
        }
    }
    assert_eq!(neighbours(database), there);
}

fn a_name_that_is_taken_is_refused(database: &dyn Engine) {
    let (project, id) = backed_up(database, &[]);
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
    let project = crate::session::studio_applied(&database);
    let live = name_of(&database.url());
    super::bare_file(&project.path("own.db"));
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

#[cfg(feature = "sqlite")]
#[test]
fn the_address_of_a_file_is_its_path() {
    let database = crate::support::sqlite::SqliteDatabase::create();
    let (project, id) = backed_up(&database, &[]);
    let copy = beside(&database, "copy");
    project.run(["restore", &id, "--into", &copy]).succeeds();
    assert!(std::path::Path::new(&name_of(&copy)).is_file());
}

#[cfg(feature = "postgres")]
mod on_a_server {
    use super::*;
    use crate::restore::back_up;
    use crate::session::studio;
    use crate::support::postgres::PostgresDatabase;

    /// Beyond ASCII, so that bytes and characters differ.
    const LETTER: &str = "ü";

    #[test]
    fn a_name_that_the_server_would_cut_is_refused() {
        let database = PostgresDatabase::create();
        let (project, id) = backed_up(&database, &[]);
        let there = neighbours(&database);
        let long = name_of(&beside(&database, &LETTER.repeat(32)));
        for last in ["-v", "--dry-run"] {
            let refused = project
                .run(["restore", &id, "--into", &long, last])
                .exits(2);
            let said = format!("{} bytes long, and PostgreSQL takes 63", long.len());
            assert!(refused.stderr.contains(&said), "{}", refused.stderr);
        }
        assert_eq!(neighbours(&database), there);
        let fits: String = name_of(&beside(&database, &"x".repeat(63)));
        let fits = &fits[..63];
        let json = project.run(["restore", &id, "--into", fits, "--json"]);
        let json = json.succeeds().json();
        assert!(text(&json["data"]["database"]).ends_with(fits), "{json}");
        assert_eq!(neighbours(&database).len(), 2);
    }

    #[test]
    fn names_beside_a_long_one_are_cut_and_told_as_they_are() {
        let database = PostgresDatabase::create();
        let short = name_of(&database.url());
        let mut long = format!("{short}_{}", LETTER.repeat(30));
        long.truncate(long.floor_char_boundary(63));
        let long_url = database.url().replace(&short, &long);
        let cluster = database.cluster();
        cluster.execute(&format!("CREATE DATABASE \"{long}\""));
        let project = studio(&database).env("DATABASE_URL", &long_url);
        project.run(["up", "-q"]).succeeds();
        back_up(&project, &[]);
        for words in [&["restore"][..], &["restore", "--replace", "--yes"]] {
            let json = project.run(words.iter().chain(&["--json"])).succeeds();
            let json = json.json();
            let key = if words.len() == 1 {
                "database"
            } else {
                "replaced"
            };
            let made = text(&json["data"][key]);
            let name = made.rsplit('/').next().expect("it has a name");
            let there = neighbours(&database);
            assert!(there.iter().any(|found| found == name), "{name}: {there:?}");
            assert!(name.len() <= 63 && name.ends_with('Z'), "{name}");
        }
    }
}
