//! The files into which rows are captured: none is ever seen half written, and all are there or
//! none.
//!
//! Each is written whole under another name. Then all take their names, one after the other, and
//! what was there before is kept beside until the last one has.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::error::CaptureError;
use crate::seed::rows::Format;

/// A file that is written under another name, and is gone unless it takes its own.
#[derive(Debug)]
pub(super) struct Target {
    path: PathBuf,
    partial: PathBuf,
    /// What had the name before, beside it.
    earlier: PathBuf,
    format: Format,
}

/// What had a name before a file took it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    /// It lies beside.
    Earlier,
}

impl Target {
    pub(super) fn at(path: PathBuf, format: Format) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Self {
            partial: path.with_file_name(format!(".{name}.partial")),
            earlier: path.with_file_name(format!(".{name}.earlier")),
            path,
            format,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    pub(super) fn create(&self) -> Result<File, CaptureError> {
        File::create(&self.partial).map_err(|error| self.failed(error))
    }

    /// Returns that it could not be written.
    pub(super) fn failed(&self, source: std::io::Error) -> CaptureError {
        CaptureError::Write {
            path: self.path.clone(),
            source,
        }
    }

    /// Gives the file its name, which is never absent meanwhile where it was there before.
    fn take_name(&self) -> std::io::Result<Before> {
        let before = self.keep_earlier()?;
        match fs::rename(&self.partial, &self.path) {
            Ok(()) => Ok(before),
            Err(error) => {
                self.forget_earlier();
                Err(error)
            }
        }
    }

    fn keep_earlier(&self) -> std::io::Result<Before> {
        if fs::symlink_metadata(&self.path).is_err() {
            return Ok(Before::Nothing);
        }
        self.forget_earlier();
        // Not every file system has links.
        if fs::hard_link(&self.path, &self.earlier).is_err() {
            fs::copy(&self.path, &self.earlier).inspect_err(|_| self.forget_earlier())?;
        }
        Ok(Before::Earlier)
    }

    /// Puts back what was there before the file took its name.
    fn put_back(&self, before: Before) -> std::io::Result<()> {
        match before {
            Before::Nothing => fs::remove_file(&self.path),
            Before::Earlier => fs::rename(&self.earlier, &self.path),
        }
    }

    fn forget_earlier(&self) {
        // Mostly there is none.
        let _ = fs::remove_file(&self.earlier);
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // It is gone where it took its name.
        let _ = fs::remove_file(&self.partial);
    }
}

/// Gives all files their names, now that every one is whole. Where one cannot have its own, what
/// was there before is there again; an error says of which files it is not.
pub(super) fn take_names(targets: &[Target]) -> Result<(), CaptureError> {
    let mut taken = Vec::new();
    for target in targets {
        match target.take_name() {
            Ok(before) => taken.push((target, before)),
            Err(source) => return Err(put_back(&taken, target.failed(source))),
        }
    }
    for target in targets {
        target.forget_earlier();
        settle(&target.path);
    }
    Ok(())
}

fn put_back(taken: &[(&Target, Before)], why: CaptureError) -> CaptureError {
    let left = taken
        .iter()
        .rev()
        .filter(|(target, before)| target.put_back(*before).is_err())
        .map(|(target, _)| target.path.clone());
    let left: Vec<PathBuf> = left.collect();
    if left.is_empty() {
        return why;
    }
    CaptureError::NotPutBack {
        paths: left,
        source: Box::new(why),
    }
}

/// Sees to it that a name outlives a crash, where the system can tell a folder to.
fn settle(path: &Path) {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if let Ok(folder) = File::open(folder.unwrap_or(Path::new("."))) {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes targets in a folder, each written under its other name.
    fn written(folder: &Path, names: &[&str]) -> Vec<Target> {
        let target = |name: &&str| {
            let target = Target::at(folder.join(name), Format::Csv);
            target.create().expect("the folder is ours");
            fs::write(&target.partial, format!("new {name}")).expect("the folder is ours");
            target
        };
        names.iter().map(target).collect()
    }

    fn contents(folder: &Path) -> Vec<(String, String)> {
        let entries = fs::read_dir(folder).expect("it is there");
        let mut files: Vec<_> = entries
            .map(|entry| entry.expect("it is readable").path())
            .map(|path| {
                let name = path.file_name().expect("a name").to_string_lossy();
                let text = fs::read_to_string(&path).unwrap_or_else(|_| "a folder".to_owned());
                (name.into_owned(), text)
            })
            .collect();
        files.sort();
        files
    }

    #[test]
    fn all_files_take_their_names_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("b"), "old").expect("the folder is ours");
        take_names(&written(folder.path(), &["a", "b"])).expect("nothing is in the way");
        let expected = [("a", "new a"), ("b", "new b")];
        let expected = expected.map(|(name, text)| (name.to_owned(), text.to_owned()));
        assert_eq!(contents(folder.path()), expected);
    }

    #[test]
    fn where_one_cannot_have_its_name_all_is_as_before() {
        for (name, is_folder) in [("c", true), ("d", false)] {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path();
            fs::write(path.join("b"), "old").expect("the folder is ours");
            fs::create_dir(path.join("c")).expect("the folder is ours");
            let targets = written(path, &["a", "b", name]);
            if !is_folder {
                // Somebody else has cleaned up.
                fs::remove_file(&targets[2].partial).expect("it was written");
            }
            let error = take_names(&targets).expect_err("it cannot");
            assert!(matches!(error, CaptureError::Write { path, .. } if path.ends_with(name)));
            drop(targets);
            let expected = [("b", "old"), ("c", "a folder")];
            let expected = expected.map(|(name, text)| (name.to_owned(), text.to_owned()));
            assert_eq!(contents(path), expected);
        }
    }

    #[test]
    fn what_cannot_be_put_back_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        let targets = written(path, &["a", "b"]);
        let taken = [
            (&targets[0], Before::Nothing),
            (&targets[1], Before::Earlier),
        ];
        let error = put_back(&taken, CaptureError::Interrupted);
        let CaptureError::NotPutBack { paths, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(paths, [path.join("b"), path.join("a")]);
    }
}
