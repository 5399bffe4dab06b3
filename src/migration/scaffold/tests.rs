//! New migrations in real folders.

use super::*;

fn now() -> NaiveDateTime {
    "2026-01-31T10:15:00".parse().expect("a moment")
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("temporary folders can be made")
}

fn named(name: &str) -> NewMigration {
    NewMigration {
        name: name.to_owned(),
        ..NewMigration::default()
    }
}

fn sequential(name: &str) -> NewMigration {
    NewMigration {
        numbering: Numbering::Sequential,
        ..named(name)
    }
}

fn make(folder: &Path, wanted: &NewMigration) -> Scaffolded {
    scaffold(folder, wanted, now()).expect("it can be made")
}

/// Returns every folder and file below a folder, relative to it, sorted.
fn files(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut unread = vec![folder.to_owned()];
    while let Some(next) = unread.pop() {
        for entry in std::fs::read_dir(&next).expect("it is readable") {
            let path = entry.expect("it is readable").path();
            let below = path.strip_prefix(folder).expect("it lies below");
            files.push(below.to_string_lossy().into_owned());
            if path.is_dir() {
                unread.push(path);
            }
        }
    }
    files.sort();
    files
}

#[test]
fn names_are_made_snake_case() {
    for (given, made) in [
        ("add_phone_to_users", Some("add_phone_to_users")),
        ("Add Phone-to  users!", Some("add_phone_to_users")),
        ("AddPhoneToUsers", Some("add_phone_to_users")),
        ("HTTPServer2Go", Some("http_server2_go")),
        ("parseJSON", Some("parse_json")),
        ("ADD_USERS", Some("add_users")),
        ("--x--", Some("x")),
        ("größe", Some("größe")),
        ("", None),
        (" -_/ ", None),
        ("../../etc/passwd", Some("etc_passwd")),
    ] {
        assert_eq!(snake_case(given).as_deref(), made, "{given}");
    }
}

#[test]
fn a_folder_is_named_after_the_second_of_its_making() {
    let folder = folder();
    let made = make(folder.path(), &named("add users"));
    assert_eq!(made.name, "2026-01-31-101500_add_users");
    assert_eq!(made.version.as_str(), "20260131101500");
    assert_eq!(
        files(folder.path()),
        [
            "2026-01-31-101500_add_users",
            "2026-01-31-101500_add_users/down.sql",
            "2026-01-31-101500_add_users/up.sql",
        ]
    );
}

#[test]
fn a_second_one_of_the_same_second_takes_the_next() {
    let folder = folder();
    make(folder.path(), &named("one"));
    let second = make(folder.path(), &named("two"));
    assert_eq!(second.name, "2026-01-31-101501_two");
    let same = make(folder.path(), &named("one"));
    assert_eq!(same.name, "2026-01-31-101502_one", "nothing is overwritten");
}

#[test]
fn sequential_numbers_go_on_from_the_newest_of_three_digits() {
    let folder = folder();
    assert_eq!(make(folder.path(), &sequential("one")).name, "001_one");
    assert_eq!(make(folder.path(), &sequential("two")).name, "002_two");
    std::fs::create_dir(folder.path().join("007_seven")).expect("it is new");
    std::fs::write(folder.path().join("007_seven/up.sql"), "SELECT 1;").expect("it is ours");
    assert_eq!(make(folder.path(), &sequential("next")).name, "008_next");
}

#[test]
fn used_up_numbers_are_an_error_that_writes_nothing() {
    let folder = folder();
    let last = folder.path().join("999_last.sql");
    std::fs::write(last, "-- migrate:up\nSELECT 1;\n").expect("it is ours");
    let error = scaffold(folder.path(), &sequential("one"), now()).expect_err("there is no 1000");
    assert!(matches!(error, ScaffoldError::NumbersUsedUp { .. }));
    assert_eq!(files(folder.path()), ["999_last.sql"]);
}

#[test]
fn a_single_file_has_both_ways_and_its_option() {
    let folder = folder();
    let wanted = NewMigration {
        layout: Layout::SingleFile,
        without_transaction: true,
        description: Some("Users can be called.\nSoon.".to_owned()),
        ..sequential("add phone")
    };
    let made = make(folder.path(), &wanted);
    assert_eq!(made.path, folder.path().join("001_add_phone.sql"));
    assert_eq!(made.files, std::slice::from_ref(&made.path));
    let text = std::fs::read_to_string(&made.path).expect("it was written");
    let markers: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("-- migrate:"))
        .collect();
    assert_eq!(
        markers,
        ["-- migrate:up transaction:false", "-- migrate:down"]
    );
    assert!(
        text.contains("-- Users can be called.\n-- Soon.\n"),
        "{text}"
    );
    assert!(
        !text.contains("metadata.toml"),
        "a single file has none: {text}"
    );
    let set = MigrationSet::from_folder(folder.path()).expect("it can be read back");
    assert!(!set.migrations()[0].settings().run_in_transaction);
}

#[test]
fn without_a_transaction_a_folder_says_so_in_its_metadata() {
    let folder = folder();
    let wanted = NewMigration {
        without_transaction: true,
        ..sequential("add index")
    };
    make(folder.path(), &wanted);
    let set = MigrationSet::from_folder(folder.path()).expect("it can be read back");
    assert!(!set.migrations()[0].settings().run_in_transaction);
}

#[test]
fn a_file_that_is_there_is_not_overwritten() {
    let folder = folder();
    let path = folder.path().join("up.sql");
    std::fs::write(&path, "SELECT 1;").expect("it is ours");
    let files = [(path.clone(), "other".to_owned())];
    let error = write_all(folder.path(), &files).expect_err("it exists");
    assert!(matches!(error, ScaffoldError::Write { path: said, .. } if said == path));
    let text = std::fs::read_to_string(&path).expect("it is still there");
    assert_eq!(text, "SELECT 1;");
}

#[test]
fn of_a_migration_that_could_not_be_written_whole_nothing_remains() {
    let folder = folder();
    let migration = folder.path().join("001_users");
    let files_to_write = [
        (migration.join("up.sql"), "SELECT 1;".to_owned()),
        // A file stands where this one wants a folder.
        (migration.join("up.sql/down.sql"), String::new()),
    ];
    let error = write_all(folder.path(), &files_to_write).expect_err("a file is no folder");
    assert!(matches!(error, ScaffoldError::Write { .. }));
    assert_eq!(files(folder.path()), [""; 0]);
}

#[test]
fn of_a_migration_whose_first_file_cannot_be_written_no_folder_remains() {
    let folder = folder();
    let migration = folder.path().join("001_users");
    // Longer than any file system's names.
    let files_to_write = [(migration.join("x".repeat(300)), String::new())];
    let error = write_all(folder.path(), &files_to_write).expect_err("its name is too long");
    assert!(matches!(error, ScaffoldError::Write { .. }));
    assert_eq!(files(folder.path()), [""; 0]);
}

#[test]
fn an_absent_folder_is_made_and_an_unusable_name_makes_nothing() {
    let parent = folder();
    let folder = parent.path().join("db/migrations");
    let error = scaffold(&folder, &named("--"), now()).expect_err("it has no letter");
    assert!(matches!(error, ScaffoldError::UnusableName { .. }));
    assert!(!folder.exists());
    make(&folder, &named("users"));
    assert!(folder.exists());
}

#[test]
fn a_number_that_another_program_took_meanwhile_is_left_to_it() {
    let folder = folder();
    // A file without its migration, as it is while another program writes one.
    for second in ["00", "01"] {
        let taken = folder
            .path()
            .join(format!("2026-01-31-1015{second}_add_users"));
        std::fs::create_dir(&taken).expect("the folder is ours");
        std::fs::write(taken.join("down.sql"), "").expect("the folder is ours");
    }
    let made = make(folder.path(), &named("add users"));
    assert_eq!(made.name, "2026-01-31-101502_add_users");
}

#[test]
fn a_description_stays_a_comment() {
    for description in [
        "x\nmigrate:down",
        "migrate:down",
        "-- migrate:up",
        "x\rmigrate:down\r\n  migrate:sideways",
        "x\nDROP TABLE users;",
    ] {
        for layout in [Layout::SingleFile, Layout::Folder] {
            let folder = folder();
            let wanted = NewMigration {
                description: Some(description.to_owned()),
                layout,
                ..named("add users")
            };
            make(folder.path(), &wanted);
            let set = MigrationSet::from_folder(folder.path()).expect(description);
            let migration = set.migrations().first().expect("it was made");
            let up = migration.up.as_sql().expect("it is SQL");
            assert!(template::is_template(&up.text), "{description}");
            let lines = up.text.split(['\n', '\r']).map(str::trim);
            for line in lines.filter(|line| !line.is_empty()) {
                assert!(line.starts_with("--"), "{description}: {line}");
            }
            let down = migration.down.as_ref().and_then(|down| down.as_sql());
            assert!(down.is_some_and(|down| template::is_template(&down.text)));
        }
    }
}

#[test]
fn twelve_at_once_take_twelve_numbers() {
    for numbering in [Numbering::Sequential, Numbering::Timestamp] {
        let folder = folder();
        let folder = &folder.path().join("migrations");
        let made: std::collections::BTreeSet<Version> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..12)
                .map(|index| {
                    scope.spawn(move || {
                        let wanted = NewMigration {
                            numbering,
                            ..named(&format!("by_{index}"))
                        };
                        make(folder, &wanted).version
                    })
                })
                .collect();
            let ends = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
            ends.map(|made| made.expect("it is made")).collect()
        });
        assert_eq!(made.len(), 12, "{made:?}");
    }
}

#[test]
fn a_number_that_would_be_out_of_order_is_refused() {
    let folder = folder();
    make(folder.path(), &named("users"));
    let before = files(folder.path());
    let error = scaffold(folder.path(), &sequential("rooms"), now()).expect_err("001 is older");
    assert!(matches!(error, ScaffoldError::OutOfOrder { .. }), "{error}");
    assert_eq!(files(folder.path()), before);
}

#[test]
fn a_description_has_a_comment_for_every_line_of_whatever_end() {
    let description = "a\r\nb\rc\u{85}d\u{2028}e\u{2029}f\u{b}g\u{c}h";
    let comment = "-- a\n-- b\n-- c\n-- d\n-- e\n-- f\n-- g\n-- h\n--\n";
    assert_eq!(as_comment(description), comment);
}

#[test]
fn the_hint_names_a_folder_that_is_there() {
    let folder = folder();
    let error = ScaffoldError::Write {
        path: folder.path().join("2026-01-31-101500_add_users/up.sql"),
        source: ErrorKind::PermissionDenied.into(),
    };
    let hint = format!("`ls -ld {}`", folder.path().display());
    assert_eq!(error.hint(), Some(hint));
}
