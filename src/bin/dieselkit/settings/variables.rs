//! Variables: those of the process, then those of `.env.ENVIRONMENT`, then those of `.env`.
//!
//! It must not change the process's own: a variable of `.env` is for dieselkit alone, and
//! would otherwise reach every program that it starts.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::path::{Path, PathBuf};

use super::SettingsError;

/// The file of variables for every environment.
pub(super) const COMMON: &str = ".env";

/// The variables of one `.env` file.
pub(super) struct DotenvFile {
    /// The file.
    pub(super) path: PathBuf,
    variables: BTreeMap<String, String>,
}

impl DotenvFile {
    /// Returns what `text`, the content of the file at `path`, sets; the first setting of
    /// a name counts, as it does for dotenvy. References in it (`$NAME`, unless in single
    /// quotes) are resolved by dotenvy, from the process and the lines above.
    ///
    /// # Errors
    /// `MalformedDotenv`, which does not quote the line as dotenvy's own error would.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, SettingsError> {
        // dotenvy takes blanks at the very end for an unfinished value, and keeps a BOM.
        let text = format!("{}\n", text.trim_start_matches('\u{feff}'));
        let mut variables = BTreeMap::new();
        for variable in dotenvy::from_read_iter(text.as_bytes()) {
            let (name, value) = variable.map_err(|error| malformed(path, &text, &error))?;
            variables.entry(name).or_insert(value);
        }
        Ok(Self {
            path: path.to_owned(),
            variables,
        })
    }
}

fn malformed(path: &Path, text: &str, error: &dotenvy::Error) -> SettingsError {
    let offset = match error {
        dotenvy::Error::LineParse(line, _) => text.find(line.as_str()).unwrap_or(0),
        _ => 0,
    };
    SettingsError::MalformedDotenv {
        path: path.to_owned(),
        line: text[..offset].matches('\n').count() + 1,
    }
}

/// A variable that is set to something.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Variable<'a> {
    /// What it is set to.
    pub(super) value: &'a str,
    /// The file that sets it; none for the process's own.
    pub(super) file: Option<&'a Path>,
}

/// Every variable, the first that sets a name winning.
pub(super) struct Variables<'a> {
    /// The process's own.
    pub(super) process: &'a BTreeMap<String, OsString>,
    /// The files, the most specific first.
    pub(super) files: &'a [DotenvFile],
}

impl<'a> Variables<'a> {
    /// Returns the variable `name`, unless it is not set or empty.
    ///
    /// # Errors
    /// `NotUnicode`.
    pub(super) fn get(&self, name: &str) -> Result<Option<Variable<'a>>, SettingsError> {
        if let Some(value) = self.process.get(name) {
            let value = value.to_str().ok_or_else(|| SettingsError::NotUnicode {
                name: name.to_owned(),
            })?;
            // A variable that is set to nothing hides those of the files, too.
            return Ok(
                Some(Variable { value, file: None }).filter(|variable| !variable.value.is_empty())
            );
        }
        let of_file = |file: &'a DotenvFile| {
            Some(Variable {
                value: file.variables.get(name)?,
                file: Some(&file.path),
            })
        };
        Ok(self
            .files
            .iter()
            .find_map(of_file)
            .filter(|variable| !variable.value.is_empty()))
    }

    /// Returns which of some variables is set in the highest place: the process, then each file. In
    /// one place the name that comes first wins.
    ///
    /// # Errors
    /// `NotUnicode`.
    pub(super) fn highest<'n>(
        &self,
        names: &[&'n str],
    ) -> Result<Option<(&'n str, Variable<'a>)>, SettingsError> {
        let mut found = Vec::new();
        for name in names {
            if let Some(variable) = self.get(name)? {
                found.push((*name, variable));
            }
        }
        // The first of those that stand equally high is kept.
        Ok(found
            .into_iter()
            .min_by_key(|(_, variable)| self.depth(variable.file)))
    }

    /// Returns how far below the process's own variables those of a file are.
    fn depth(&self, file: Option<&Path>) -> Option<usize> {
        let file = file?;
        self.files.iter().position(|known| known.path == file)
    }

    /// Returns the variables without those of the files of single environments.
    pub(super) fn common(&self) -> Self {
        let is_common = |file: &DotenvFile| file.path.file_name() == Some(OsStr::new(COMMON));
        let begin = self.files.iter().position(is_common);
        Self {
            process: self.process,
            files: &self.files[begin.unwrap_or(self.files.len())..],
        }
    }

    /// Returns every variable that is usable, by name.
    pub(super) fn all(&self) -> BTreeMap<String, String> {
        let of_files = self.files.iter().flat_map(|file| file.variables.keys());
        of_files
            .chain(self.process.keys())
            .filter_map(|name| Some((name.clone(), self.value(name)?)))
            .collect()
    }

    /// Returns `text` with the variables that it refers to: `$NAME` as the whole of it, and
    /// `${NAME}` anywhere. A lone `$` stays, since passwords hold it.
    ///
    /// # Errors
    /// `UnsetVariable`, with where the text stands, and `NotUnicode`.
    pub(super) fn expand(
        &self,
        text: &str,
        origin: &impl Display,
    ) -> Result<String, SettingsError> {
        let value = |name: &str| match self.get(name)? {
            Some(variable) => Ok(variable.value.to_owned()),
            None => Err(SettingsError::UnsetVariable {
                name: name.to_owned(),
                origin: origin.to_string(),
            }),
        };
        if let Some(name) = text.strip_prefix('$').filter(|name| is_variable(name)) {
            return value(name);
        }
        let mut expanded = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            expanded.push_str(before);
            if let Some((name, behind)) =
                after.split_once('}').filter(|(name, _)| is_variable(name))
            {
                expanded.push_str(&value(name)?);
                rest = behind;
            } else {
                expanded.push_str("${");
                rest = after;
            }
        }
        expanded.push_str(rest);
        Ok(expanded)
    }

    /// Returns a path with the variables that it refers to, `$NAME` as the whole of any part too.
    ///
    /// # Errors
    /// As [`Variables::expand`].
    pub(super) fn expand_path(
        &self,
        path: &str,
        origin: &impl Display,
    ) -> Result<String, SettingsError> {
        let parts = path.split('/').map(|part| self.expand(part, origin));
        Ok(parts.collect::<Result<Vec<_>, _>>()?.join("/"))
    }

    /// Returns the value of `name`, or none where it is not usable.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        Some(self.get(name).ok()??.value.to_owned())
    }
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> DotenvFile {
        DotenvFile::parse(Path::new(name), text)
            .map_err(|error| error.to_string())
            .expect(text)
    }

    #[test]
    fn the_process_wins_over_the_environments_file_and_that_over_the_common_one() {
        let process = BTreeMap::from([("A".to_owned(), OsString::from("process"))]);
        let files = [
            file(".env.test", "A=test\nB=test\nEMPTY="),
            file(".env", "A=common\nB=common\nC=common\nEMPTY=common"),
        ];
        let variables = Variables {
            process: &process,
            files: &files,
        };
        for (name, expected) in [
            ("A", Some(("process", None))),
            ("B", Some(("test", Some(".env.test")))),
            ("C", Some(("common", Some(".env")))),
            ("EMPTY", None),
            ("D", None),
        ] {
            let found = variables.get(name).expect("Unicode");
            let expected = expected.map(|(value, path)| Variable {
                value,
                file: path.map(Path::new),
            });
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn files_that_editors_write_are_read() {
        let files = [file(
            ".env",
            "\u{feff}A='p@ss #1'\r\nexport B=2 # two\n# C=3\nA=second\nD=4  ",
        )];
        let variables = Variables {
            process: &BTreeMap::new(),
            files: &files,
        };
        assert_eq!(variables.value("A").as_deref(), Some("p@ss #1"));
        assert_eq!(variables.value("B").as_deref(), Some("2"));
        assert_eq!(variables.value("C"), None);
        assert_eq!(variables.value("D").as_deref(), Some("4"));
    }

    #[test]
    fn a_malformed_line_is_numbered_and_not_quoted() {
        let text = "A=1\nDATABASE_URL=postgres://u:s3 cret@h/db\n";
        let error = DotenvFile::parse(Path::new(".env"), text)
            .err()
            .expect("malformed");
        assert!(
            error.to_string().starts_with("`.env:2` is not understood"),
            "{error}"
        );
        assert!(!format!("{error} {error:?}").contains("cret"));
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_not_unicode_is_an_error() {
        use std::os::unix::ffi::OsStringExt as _;
        let process = BTreeMap::from([("A".to_owned(), OsString::from_vec(vec![0xff]))]);
        let variables = Variables {
            process: &process,
            files: &[],
        };
        assert!(
            matches!(variables.get("A"), Err(SettingsError::NotUnicode { name }) if name == "A")
        );
    }
}
