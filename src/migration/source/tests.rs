//! Folders as people have them: all layouts in one, and whatever else lies around.

use std::path::{Path, PathBuf};

use super::*;
use crate::migration::model::Body;
use crate::migration::set::MigrationSet;

/// A folder of migrations, removed when dropped.
struct Folder(tempfile::TempDir);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().expect("temporary folders can be made"));
        for (path, text) in files {
            folder.write(path, text.as_bytes());
        }
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, content: &[u8]) {
        let path = self.path().join(path);
        let parent = path.parent().expect("a file has a folder");
        std::fs::create_dir_all(parent).expect("the folder is ours");
        std::fs::write(path, content).expect("the folder is ours");
    }

    fn read(&self) -> Result<MigrationSet, SourceError> {
        MigrationSet::from_folder(self.path())
    }

    /// Reads the folder and returns why it cannot be, with paths relative to it.
    fn problem(&self) -> String {
        let error = self.read().expect_err("it cannot be read");
        let folder = format!("{}/", self.path().display());
        error.to_string().replace(&folder, "")
    }
}

fn versions(set: &MigrationSet) -> Vec<&str> {
    let migrations = set.migrations().iter();
    migrations
        .map(|migration| migration.version().as_str())
        .collect()
}

fn sql(body: Option<&Body>) -> &str {
    body.and_then(Body::as_sql).map_or("", |sql| &sql.text)
}

#[test]
fn all_layouts_stand_in_one_folder() {
    let folder = Folder::with(&[
        ("2026-01-31-101500_folder/up.sql", "SELECT 1;"),
        ("2026-01-31-101500_folder/down.sql", "SELECT 2;"),
        (
            "003_single.sql",
            "-- migrate:up\nSELECT 3;\n-- migrate:down\nSELECT 4;\n",
        ),
        ("004_pair.up.sql", "SELECT 5;"),
        ("004_pair.down.sql", "SELECT 6;"),
        ("004_pair.metadata.toml", "run_in_transaction = false\n"),
    ]);
    let set = folder.read().expect("each can be read");
    assert_eq!(versions(&set), ["003", "004", "20260131101500"]);
    let [single, pair, diesel] = set.migrations() else {
        panic!("three expected");
    };
    let ways = |migration: &Migration| {
        let down = sql(migration.down.as_ref()).trim().to_owned();
        (
            migration.name().to_owned(),
            sql(Some(&migration.up)).trim().to_owned(),
            down,
        )
    };
    let expected = |name: &str, up: &str, down: &str| (name.into(), up.into(), down.into());
    assert_eq!(
        ways(single),
        expected("003_single", "SELECT 3;", "SELECT 4;")
    );
    assert_eq!(ways(pair), expected("004_pair", "SELECT 5;", "SELECT 6;"));
    assert_eq!(
        ways(diesel),
        expected("2026-01-31-101500_folder", "SELECT 1;", "SELECT 2;")
    );
    assert!(!pair.settings().run_in_transaction);
    assert!(diesel.settings().run_in_transaction);
}

#[test]
fn what_is_no_migration_is_ignored() {
    let folder = Folder::with(&[
        ("001_users/up.sql", "SELECT 1;"),
        ("001_users/notes.md", "not SQL"),
        ("README.md", "# Migrations"),
        ("notes.txt", "remember"),
        ("schema.sql", "CREATE TABLE x (id INT);"),
        ("x1_later.sql", "SELECT 1;"),
        (".gitkeep", ""),
        (".draft/down.sql", "no way up"),
        (".002_hidden.sql", "SELECT 1;"),
        ("003_notes.txt", "a version, and no SQL"),
    ]);
    assert_eq!(
        versions(&folder.read().expect("the rest is ignored")),
        ["001"]
    );
}

#[test]
fn a_folder_of_any_name_with_a_way_up_is_a_migration_as_diesel_has_it() {
    let folder = Folder::with(&[
        ("foo_bar/up.sql", "SELECT 1;"),
        ("00000000000000_diesel_initial_setup/up.sql", "SELECT 1;"),
        ("7/up.sql", "SELECT 1;"),
    ]);
    let set = folder.read().expect("Diesel takes them");
    assert_eq!(versions(&set), ["00000000000000", "7", "foo"]);
}

#[cfg(feature = "sqlite")]
#[test]
fn diesel_finds_the_same_in_its_own_layout() {
    use diesel::migration::MigrationSource;

    let folder = Folder::with(&[
        ("foo_bar/up.sql", "SELECT 1;"),
        ("2026-01-31-101500_users/up.sql", "SELECT 1;"),
        ("9_nine/up.sql", "SELECT 1;"),
        ("10_ten/up.sql", "SELECT 1;"),
        ("README.md", ""),
        ("schema.sql", "SELECT 1;"),
        (".gitkeep", ""),
    ]);
    let diesel = diesel_migrations::FileBasedMigrations::from_path(folder.path())
        .expect("the folder is there");
    let found = MigrationSource::<diesel::sqlite::Sqlite>::migrations(&diesel);
    let mut found: Vec<String> = found
        .expect("Diesel can read it")
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect();
    found.sort();
    assert_eq!(versions(&folder.read().expect("so can we")), found);
}

#[test]
fn an_absent_folder_is_named() {
    let folder = Folder::with(&[]);
    let path = folder.path().join("migrations");
    let error = MigrationSet::from_folder(&path).expect_err("it is absent");
    assert_eq!(error, SourceError::NoFolder { path });
    assert_eq!(folder.read().expect("an empty one is read").newest(), None);
}

#[test]
fn a_folder_without_a_way_up_is_an_error_that_names_it() {
    let folder = Folder::with(&[("001_users/down.sql", "SELECT 1;")]);
    assert_eq!(folder.problem(), "folder `001_users` holds no `up.sql`");
    let folder = Folder::with(&[("001_users/up.sql", "")]);
    assert_eq!(folder.problem(), "`001_users/up.sql` is empty");
}

#[test]
fn two_of_one_version_are_an_error_that_names_both() {
    for (first, second) in [
        ("001_a/up.sql", "001_b/up.sql"),
        ("2026-01-31-101500_a/up.sql", "20260131101500_b/up.sql"),
        ("001_a/up.sql", "001_b.up.sql"),
    ] {
        let folder = Folder::with(&[(first, "SELECT 1;"), (second, "SELECT 1;")]);
        let problem = folder.problem();
        for path in [first, second] {
            let origin = path.strip_suffix("/up.sql").unwrap_or(path);
            assert!(problem.contains(&format!("`{origin}`")), "{problem}");
        }
    }
}

#[test]
fn a_way_down_alone_is_an_error_that_names_what_is_absent() {
    let folder = Folder::with(&[("001_a.down.sql", "SELECT 1;")]);
    assert_eq!(
        folder.problem(),
        "`001_a.down.sql` is a way down without its way up `001_a.up.sql`"
    );
}

#[test]
fn a_single_file_without_a_section_is_an_error() {
    let folder = Folder::with(&[("001_a.sql", "-- nothing yet\n")]);
    assert_eq!(folder.problem(), "`001_a.sql` has no line `-- migrate:up`");
}

#[test]
fn bytes_that_are_no_text_are_an_error_with_their_place() {
    let folder = Folder::with(&[]);
    folder.write("001_a/up.sql", b"SELECT '\xff';");
    assert_eq!(folder.problem(), "001_a/up.sql:1:9: the text is not UTF-8");
}

#[test]
fn versions_that_cannot_stand_are_errors() {
    let long = "1".repeat(51);
    let folder = Folder::with(&[(&format!("{long}_a/up.sql"), "SELECT 1;")]);
    assert!(matches!(
        folder.read(),
        Err(SourceError::VersionTooLong { .. })
    ));
    let fits = "1".repeat(50);
    let folder = Folder::with(&[(&format!("{fits}_a/up.sql"), "SELECT 1;")]);
    assert_eq!(versions(&folder.read().expect("it fits")), [fits]);
    for name in ["_a", "--_a"] {
        let folder = Folder::with(&[(&format!("{name}/up.sql"), "SELECT 1;")]);
        assert!(
            matches!(folder.read(), Err(SourceError::NoVersion { .. })),
            "{name}"
        );
    }
}

#[test]
fn a_check_keeps_every_problem_and_the_rest() {
    let folder = Folder::with(&[
        ("001_a/up.sql", "SELECT 1;"),
        ("002_b/down.sql", "SELECT 1;"),
        ("003_c.sql", "SELECT 1;"),
    ]);
    let set = MigrationSet::scan(folder.path()).expect("the folder itself is readable");
    assert_eq!(versions(&set), ["001"]);
    assert_eq!(set.problems().len(), 2);
}

#[cfg(unix)]
#[test]
fn a_link_is_what_it_leads_to() {
    use std::os::unix::fs::symlink;

    let elsewhere = Folder::with(&[
        ("users/up.sql", "SELECT 1;"),
        ("single.sql", "-- migrate:up\nSELECT 2;\n"),
    ]);
    let folder = Folder::with(&[]);
    let link = |target: PathBuf, name: &str| {
        symlink(target, folder.path().join(name)).expect("links can be made");
    };
    link(elsewhere.path().join("users"), "001_users");
    link(elsewhere.path().join("single.sql"), "002_single.sql");
    assert_eq!(
        versions(&folder.read().expect("both lead somewhere")),
        ["001", "002"]
    );

    link(elsewhere.path().join("gone"), "notes");
    assert_eq!(
        versions(&folder.read().expect("it has no version")),
        ["001", "002"]
    );
    link(elsewhere.path().join("gone"), "003_gone.sql");
    assert!(
        folder.problem().contains("003_gone.sql"),
        "{}",
        folder.problem()
    );
}

#[test]
fn a_folder_that_was_compiled_in_reads_as_on_the_disk() {
    static EMBEDDED: include_dir::Dir<'_> =
        include_dir::include_dir!("$CARGO_MANIFEST_DIR/migrations");
    let embedded = MigrationSet::from_embedded(&EMBEDDED).expect("it is well formed");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let disk = MigrationSet::from_folder(path).expect("it is well formed");
    assert!(!versions(&disk).is_empty());
    let all = |set: &MigrationSet| -> Vec<_> {
        let text = |migration: &Migration| {
            let up = sql(Some(&migration.up)).to_owned();
            (
                migration.name.clone(),
                up,
                sql(migration.down.as_ref()).to_owned(),
            )
        };
        set.migrations().iter().map(text).collect()
    };
    assert_eq!(all(&embedded), all(&disk));
}

#[cfg(unix)]
#[test]
fn a_version_that_cannot_be_read_is_an_error_that_names_it() {
    let folder = Folder::with(&[("1_a/up.sql", "SELECT 1;")]);
    let link = |name: &str| {
        std::os::unix::fs::symlink("nowhere", folder.path().join(name))
            .expect("the folder is ours");
    };
    link("notes");
    assert_eq!(versions(&folder.read().expect("it has no version")), ["1"]);
    for name in [
        "6_gone",
        "7_gone.sql",
        "8_gone.up.sql",
        "1_a/down.sql",
        "1_a/metadata.toml",
    ] {
        link(name);
        let problem = folder.problem();
        let told = format!("`{name}` is a link to `");
        assert!(problem.starts_with(&told), "{problem}");
        std::fs::remove_file(folder.path().join(name)).expect("the folder is ours");
    }
    folder.write("12_ok.SQL", b"-- migrate:up\nSELECT 1;\n");
    assert_eq!(
        folder.problem(),
        "failed to read `12_ok.SQL`: its name has to end in `.sql`, in small letters"
    );
}
