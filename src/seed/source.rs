//! The folders of seeds: which files there are, in which order, and what they say of themselves.
//!
//! It reads the text of SQL seeds and of settings; data files are only looked at later.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::credentials::{self, Credential};
use super::directive;
use super::error::SeedSourceError;
use super::model::{Content, Seed};
use super::rows::Format;
use super::sidecar::{self, Sidecar};
use super::template::Words;
use crate::backend::rows::TableName;
use crate::environment::Environment;
use crate::file_kind::{DeadLink, OtherThanFile};
use crate::sql::NotUtf8;

/// The folder of what every environment gets.
pub(super) const COMMON: &str = "common";
/// What stands in a folder of seeds and is none.
const NO_SEEDS: [&str; 2] = ["README.md", credentials::FILE];
/// How the name of a template ends that need not say it is one.
const TEMPLATE: &str = ".sql.jinja";

/// Whether an environment needs a folder of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CommonSeeds {
    /// It does: a misspelt environment is an error, and never an empty seeding.
    #[default]
    NeedCompany,
    /// `common` alone is enough.
    Suffice,
}

/// The seeds of one environment, in the order in which they run.
#[derive(Debug, Clone)]
pub struct SeedSet {
    pub(crate) seeds: Vec<Seed>,
    pub(crate) environment: Environment,
    /// What templates can be filled with.
    pub(crate) words: Words,
}

impl SeedSet {
    /// Returns the set of an environment that has no seed: enough to make rows up.
    pub fn empty(environment: &Environment) -> Self {
        Self {
            seeds: Vec::new(),
            environment: environment.clone(),
            words: Words::default(),
        }
    }

    /// Reads `common` and the environment's own folder below `root`, merged in the order of the
    /// file names.
    ///
    /// # Errors
    /// `SeedSourceError`: a folder is absent, or something in one is no seed or says something
    /// that nobody understands.
    pub fn from_folder(
        root: impl AsRef<Path>,
        environment: &Environment,
        common: CommonSeeds,
    ) -> Result<Self, SeedSourceError> {
        let root = root.as_ref();
        let own = environment.name();
        for folder in [root, &root.join(COMMON), &root.join(own)] {
            if let Some(link) = DeadLink::at(folder) {
                let path = folder.to_owned();
                return Err(SeedSourceError::DeadLink { path, link });
            }
        }
        if !root.is_dir() {
            return Err(SeedSourceError::NoFolder {
                path: root.to_owned(),
            });
        }
        let existing = folders(root)?;
        let has = |wanted: &str| existing.iter().any(|name| name == wanted);
        let suffices = has(own) || common == CommonSeeds::Suffice && has(COMMON);
        if !suffices {
            return Err(SeedSourceError::NoEnvironmentFolder {
                path: root.join(own),
                existing: existing.into_iter().filter(|name| name != COMMON).collect(),
            });
        }
        let mut seeds = Vec::new();
        for folder in [COMMON, own] {
            if has(folder) {
                seeds.extend(read_folder(root, folder)?);
            }
        }
        // Stable: of two files with one name the common one comes first.
        seeds.sort_by(|a, b| a.file_name.cmp(&b.file_name));
        refuse_other_order(&seeds)?;
        let credentials = read_credentials(root, own)?;
        Ok(Self {
            seeds,
            environment: environment.clone(),
            words: Words {
                credentials: credentials.into(),
                ..Words::default()
            },
        })
    }

    /// Lends templates the variables that they may read by `env("NAME")`; none says that one is
    /// not set. Without it, none is.
    #[must_use]
    pub fn with_variables(
        mut self,
        variables: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.words.variables = Arc::new(variables);
        self
    }

    /// Returns whom the environment's `credentials.toml` names, passwords included, sorted by key.
    ///
    /// They are for trying things out: show them to nobody in a protected environment.
    pub fn credentials(&self) -> &[Credential] {
        &self.words.credentials
    }

    /// Returns the seeds' names, in the order in which they run: folder and file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.seeds.iter().map(|seed| seed.name.as_str())
    }
}

fn folders(root: &Path) -> Result<Vec<String>, SeedSourceError> {
    let mut names: Vec<String> = entries(root)?
        .into_iter()
        .filter(|path| path.is_dir())
        .map(|path| file_name(&path))
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    Ok(names)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, SeedSourceError> {
    let unreadable = |source: &std::io::Error| SeedSourceError::Unreadable {
        path: folder.to_owned(),
        message: source.to_string(),
    };
    fs::read_dir(folder)
        .map_err(|error| unreadable(&error))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(|error| unreadable(&error))
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn read_folder(root: &Path, folder: &str) -> Result<Vec<Seed>, SeedSourceError> {
    let mut files = BTreeMap::new();
    for path in entries(&root.join(folder))? {
        let name = file_name(&path);
        if !name.starts_with('.') && !name.ends_with('~') && !NO_SEEDS.contains(&name.as_str()) {
            files.insert(name, path);
        }
    }
    let sidecars = take_sidecars(&mut files)?;
    let mut seeds = Vec::new();
    for (file_name, path) in files {
        let seed = read_seed(folder, &file_name, path, &sidecars)?;
        seeds.push(seed);
    }
    let stands_alone = |stem: &String| !seeds.iter().any(|seed| seed.takes_settings_of(stem));
    match sidecars.into_iter().find(|(stem, _)| stands_alone(stem)) {
        None => Ok(seeds),
        Some((_, (path, _))) => Err(SeedSourceError::SidecarAlone { path }),
    }
}

/// Reads an environment's credentials; none where it has no file of them.
fn read_credentials(root: &Path, own: &str) -> Result<Vec<Credential>, SeedSourceError> {
    let common = root.join(COMMON).join(credentials::FILE);
    if common.exists() {
        return Err(SeedSourceError::SharedCredentials {
            path: common,
            own: root.join(own),
        });
    }
    let path = root.join(own).join(credentials::FILE);
    if path.symlink_metadata().is_err() {
        return Ok(Vec::new());
    }
    credentials::parse(&path, &read_text(&path)?)
}

type Sidecars = BTreeMap<String, (PathBuf, Sidecar)>;

/// Takes the settings out of a folder's files, by their names without the extension.
fn take_sidecars(files: &mut BTreeMap<String, PathBuf>) -> Result<Sidecars, SeedSourceError> {
    let mut sidecars = BTreeMap::new();
    let names: Vec<String> = files
        .keys()
        .filter(|name| {
            name.rsplit_once('.')
                .is_some_and(|(_, ending)| ending == "toml")
        })
        .cloned()
        .collect();
    for name in names {
        if let Some(path) = files.remove(&name) {
            let sidecar = sidecar::parse(&path, &read_text(&path)?)?;
            let stem = name.trim_end_matches(".toml").to_owned();
            sidecars.insert(stem, (path, sidecar));
        }
    }
    Ok(sidecars)
}

fn read_text(path: &Path) -> Result<String, SeedSourceError> {
    refuse_other_than_file(path)?;
    let bytes = fs::read(path).map_err(|error| SeedSourceError::Unreadable {
        path: path.to_owned(),
        message: error.to_string(),
    })?;
    String::from_utf8(bytes).map_err(|error| SeedSourceError::NotUtf8 {
        path: path.to_owned(),
        found: NotUtf8::of(error.as_bytes(), error.utf8_error()),
    })
}

/// Refuses what is no file before it is opened.
fn refuse_other_than_file(path: &Path) -> Result<(), SeedSourceError> {
    match OtherThanFile::at(path) {
        None => Ok(()),
        Some(found) => Err(SeedSourceError::NotAFile {
            path: path.to_owned(),
            found,
        }),
    }
}

fn read_seed(
    folder: &str,
    file_name: &str,
    path: PathBuf,
    sidecars: &Sidecars,
) -> Result<Seed, SeedSourceError> {
    let no_seed = || SeedSourceError::NotASeed { path: path.clone() };
    if path.is_dir() {
        return Err(no_seed());
    }
    let (stem, extension) = file_name.rsplit_once('.').ok_or_else(no_seed)?;
    let (number, rest) = stem.split_once('_').ok_or_else(no_seed)?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || rest.is_empty() {
        return Err(no_seed());
    }
    let named_template = file_name.ends_with(TEMPLATE);
    let content = if extension == "sql" || named_template {
        let text = read_text(&path)?;
        let mut directives = directive::read(&path.display().to_string(), &text)?;
        directives.is_template |= named_template;
        Content::Sql {
            directives,
            text: text.into(),
        }
    } else {
        let format = Format::from_extension(extension).ok_or_else(no_seed)?;
        refuse_other_than_file(&path)?;
        let mut sidecar = match sidecars.get(stem) {
            None => Sidecar::default(),
            Some((path, sidecar)) => {
                sidecar.check(path, format)?;
                sidecar.clone()
            }
        };
        sidecar.table.get_or_insert_with(|| TableName::parse(rest));
        Content::Rows { format, sidecar }
    };
    Ok(Seed {
        name: format!("{folder}/{file_name}"),
        folder: folder.to_owned(),
        file_name: file_name.to_owned(),
        path,
        content,
    })
}

/// `9_b` and `10_a` stand in one order as texts and in another as numbers: whoever reads the
/// folder would expect either.
fn refuse_other_order(seeds: &[Seed]) -> Result<(), SeedSourceError> {
    for pair in seeds.windows(2) {
        if number(&pair[0]) > number(&pair[1]) {
            return Err(SeedSourceError::AmbiguousOrder {
                first: pair[0].path.clone(),
                second: pair[1].path.clone(),
            });
        }
    }
    Ok(())
}

/// Returns the digits before the first `_` without leading zeros, longest last.
fn number(seed: &Seed) -> (usize, &str) {
    let digits = seed
        .file_name
        .split('_')
        .next()
        .unwrap_or_default()
        .trim_start_matches('0');
    (digits.len(), digits)
}
