//! A name stands for something whole, and nothing else is left.

use std::io::Write as _;

use super::*;

/// What is in a folder, by name, with what is in it.
fn contents(folder: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder).expect("it is there");
    let mut found: Vec<_> = entries
        .map(|entry| entry.expect("it is readable").path())
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy();
            let text = fs::read_to_string(&path).unwrap_or_else(|_| "a folder".to_owned());
            (name.into_owned(), text)
        })
        .collect();
    found.sort();
    found
}

fn begun(folder: &Path, name: &str) -> Artifact {
    Artifact::begin(folder, name, Shape::File).expect("the folder is ours")
}

fn write(artifact: &Artifact, text: &str) {
    let mut file = artifact.open().expect("it is ours");
    file.write_all(text.as_bytes()).expect("there is room");
}

fn one(name: &str, text: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), text.to_owned())]
}

#[test]
fn a_file_has_its_name_when_it_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let artifact = begun(folder.path(), "a.sql.gz");
    write(&artifact, "whole");
    assert_eq!(contents(folder.path()), one("a.sql.gz.partial", "whole"));
    let path = artifact.keep().expect("there is room");
    assert_eq!(path, folder.path().join("a.sql.gz"));
    assert_eq!(contents(folder.path()), one("a.sql.gz", "whole"));
}

#[test]
fn a_folder_has_its_name_when_it_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let artifact =
        Artifact::begin(folder.path(), "a.dir", Shape::Folder).expect("the folder is ours");
    fs::create_dir(artifact.partial().join("in")).expect("it is there");
    fs::write(artifact.partial().join("in/toc.dat"), "PGDMP").expect("it is there");
    let path = artifact.keep().expect("there is room");
    assert_eq!(contents(folder.path()), one("a.dir", "a folder"));
    assert_eq!(contents(&path.join("in")), one("toc.dat", "PGDMP"));
}

#[test]
fn what_is_dropped_is_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    let artifact = begun(folder.path(), "a");
    write(&artifact, "half");
    drop(artifact);
    let artifact = Artifact::begin(folder.path(), "b", Shape::Folder).expect("it is ours");
    fs::write(artifact.partial().join("toc.dat"), "half").expect("it is there");
    drop(artifact);
    assert_eq!(contents(folder.path()), []);
}

#[test]
fn a_panic_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_owned();
    let ended = std::thread::spawn(move || {
        let artifact = begun(&path, "a");
        write(&artifact, "half");
        panic!("on purpose")
    });
    assert!(ended.join().is_err());
    assert_eq!(contents(folder.path()), []);
}

#[cfg(unix)]
#[test]
fn nobody_else_reads_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| {
        let found = fs::metadata(path).expect("it is there");
        found.permissions().mode() & 0o777
    };
    let above = tempfile::tempdir().expect("a folder");
    let folder = above.path().join("var/backups");
    let artifact = begun(&folder, "a");
    assert_eq!(mode(artifact.partial()), 0o600);
    assert_eq!(mode(&artifact.keep().expect("there is room")), 0o600);
    let artifact = Artifact::begin(&folder, "b", Shape::Folder).expect("it is ours");
    assert_eq!(mode(artifact.partial()), 0o700);
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&above.path().join("var")), 0o700);
}

#[test]
fn what_has_the_name_stays() {
    for shape in [Shape::File, Shape::Folder] {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("a"), "old").expect("the folder is ours");
        let error = Artifact::begin(folder.path(), "a", shape).expect_err("it is taken");
        assert!(matches!(&error, ArtifactError::Taken { path } if path.ends_with("a")));
        assert_eq!(contents(folder.path()), one("a", "old"));
    }
}

#[test]
fn what_takes_the_name_meanwhile_stays() {
    for shape in [Shape::File, Shape::Folder] {
        let folder = tempfile::tempdir().expect("a folder");
        let artifact = Artifact::begin(folder.path(), "a", shape).expect("the folder is ours");
        fs::write(folder.path().join("a"), "other").expect("the folder is ours");
        let error = artifact.keep().expect_err("it is taken");
        assert!(matches!(error, ArtifactError::Taken { .. }), "{error:?}");
        assert_eq!(contents(folder.path()), one("a", "other"));
    }
}

#[test]
fn another_that_is_not_whole_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = begun(folder.path(), "a");
    write(&first, "half");
    let error = Artifact::begin(folder.path(), "a", Shape::File).expect_err("it is taken");
    assert!(matches!(&error, ArtifactError::Taken { path } if path.ends_with("a.partial")));
    assert_eq!(contents(folder.path()), one("a.partial", "half"));
}

#[test]
fn what_vanishes_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let artifact = begun(folder.path(), "a");
    fs::remove_file(artifact.partial()).expect("it is there");
    let error = artifact.keep().expect_err("it is gone");
    assert!(matches!(error, ArtifactError::File { .. }), "{error:?}");
    assert_eq!(contents(folder.path()), []);
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("backups"), "a file").expect("the folder is ours");
    let inside = folder.path().join("backups");
    let error = Artifact::begin(&inside, "a", Shape::File).expect_err("it is a file");
    assert!(
        matches!(&error, ArtifactError::File { action: "make the folder", path, .. } if *path == inside),
        "{error:?}"
    );
    assert_eq!(contents(folder.path()), one("backups", "a file"));
}

#[test]
fn a_disk_that_is_full_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let artifact = begun(folder.path(), "a");
    let full = io::Error::from(ErrorKind::StorageFull);
    let error = artifact.write_failed(full);
    let partial = artifact.partial().to_owned();
    drop(artifact);
    assert!(
        matches!(&error, ArtifactError::File { action: "write", path, .. } if *path == partial),
        "{error:?}"
    );
    assert_eq!(contents(folder.path()), []);
}
