//! Finding and reading the files that say what is meant.
//!
//! It must not decide which of them wins.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dieselkit::file_kind::OtherThanFile;

use super::config_file::{self, ConfigFile};
use super::diesel_toml::{self, DieselToml};
use super::environment::{self, Chosen};
use super::variables::{COMMON, DotenvFile, Variables};
use super::{SettingsError, Surroundings};
use crate::args::Global;

/// What variables are read from beside files: programs that keep secrets hand them out in a pipe,
/// and `/dev/null` stands for none.
const VARIABLES_FROM: &[OtherThanFile] = &[OtherThanFile::Pipe, OtherThanFile::Device];

/// The files that were found, as they stand.
pub(super) struct Files {
    /// dieselkit.toml and its path.
    pub(super) config: Option<(PathBuf, ConfigFile)>,
    /// diesel.toml and its path.
    pub(super) diesel: Option<(PathBuf, DieselToml)>,
    /// The nearest folder with a Cargo.toml, where Diesel takes the project to be if it
    /// finds no diesel.toml.
    pub(super) package: Option<PathBuf>,
    /// The nearest folder with a folder `migrations`, where Diesel's library looks.
    pub(super) migrated: Option<PathBuf>,
    /// `.env.ENVIRONMENT`, then `.env`, as far as they exist.
    pub(super) dotenv: Vec<DotenvFile>,
}

impl Files {
    /// Returns the files that `global` and `surroundings` lead to.
    ///
    /// # Errors
    /// `NotAFile`, `ReadFile`, `MalformedConfig`, `MalformedDotenv`, and what is wrong with the name of
    /// the environment, which decides over one of the files.
    pub(super) fn read(
        global: &Global,
        surroundings: &Surroundings,
    ) -> Result<Self, SettingsError> {
        let here = &surroundings.current_dir;
        let config = match &global.config {
            Some(path) => Some(here.join(path)),
            None => nearest(here, config_file::NAME),
        };
        let root = config.as_deref().and_then(Path::parent).unwrap_or(here);
        Ok(Self {
            diesel: read_with(nearest(root, diesel_toml::NAME), &[], DieselToml::parse)?,
            package: nearest_that(root, "Cargo.toml", Path::is_file),
            migrated: nearest_that(root, super::resolve::MIGRATIONS, Path::is_dir),
            dotenv: read_dotenv(global, surroundings, root)?,
            config: read_with(config, &[], ConfigFile::parse)?,
        })
    }
}

impl Files {
    /// Returns the files that count where `dieselkit.toml` is about to be made: that of Diesel's
    /// project, and the variables.
    ///
    /// # Errors
    /// As `read`.
    pub(super) fn for_init(
        global: &Global,
        surroundings: &Surroundings,
    ) -> Result<Self, SettingsError> {
        let here = &surroundings.current_dir;
        Ok(Self {
            diesel: read_with(nearest(here, diesel_toml::NAME), &[], DieselToml::parse)?,
            package: None,
            migrated: None,
            dotenv: read_dotenv(global, surroundings, here)?,
            config: None,
        })
    }
}

/// Returns `.env.ENVIRONMENT` and `.env`; the second may name the environment.
fn read_dotenv(
    global: &Global,
    surroundings: &Surroundings,
    root: &Path,
) -> Result<Vec<DotenvFile>, SettingsError> {
    let find = |name: &str| {
        let holder = nearest_that(&surroundings.current_dir, name, is_none_of_python_s)
            .or_else(|| nearest_that(root, name, is_none_of_python_s))?;
        Some(holder.join(name))
    };
    let read = |name: &str| {
        let read = read_with(find(name), VARIABLES_FROM, DotenvFile::parse)?;
        Ok(read.map(|(_, file)| file))
    };
    let common: Vec<DotenvFile> = read(COMMON)?.into_iter().collect();
    let variables = Variables {
        process: &surroundings.variables,
        files: &common,
    };
    let Chosen { environment, .. } = environment::choose(global.env.as_deref(), &variables)?;
    Ok(read(&format!(".env.{}", environment.name()))?
        .into_iter()
        .chain(common)
        .collect())
}

/// Returns the path of `name` in `folder` or the nearest folder above that has it, whatever it is:
/// what stands in the place of a file is named, and not passed over for a file further up.
fn nearest(folder: &Path, name: &str) -> Option<PathBuf> {
    let holder = nearest_that(folder, name, is_there)?;
    Some(holder.join(name))
}

/// Returns whether something is there, be it a link that leads nowhere.
pub(super) fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Returns whether something is there that may be meant for a file of variables. One of Python's
/// environments is not, which are often called `.env`. <https://peps.python.org/pep-0405/>
fn is_none_of_python_s(path: &Path) -> bool {
    is_there(path) && !path.join("pyvenv.cfg").exists()
}

/// Returns `folder`, or the nearest folder above, in which `name` is what it should be.
fn nearest_that(folder: &Path, name: &str, is_right: fn(&Path) -> bool) -> Option<PathBuf> {
    let mut folders = folder.ancestors();
    let found = folders.find(|folder| is_right(&folder.join(name)))?;
    Some(found.to_owned())
}

/// Returns the path and what `parse` makes of its content; what is no file is not opened, unless it
/// is `readable` all the same.
fn read_with<T>(
    path: Option<PathBuf>,
    readable: &[OtherThanFile],
    parse: impl Fn(&Path, &str) -> Result<T, SettingsError>,
) -> Result<Option<(PathBuf, T)>, SettingsError> {
    let Some(path) = path else {
        return Ok(None);
    };
    if let Some(found) = OtherThanFile::at(&path).filter(|found| !readable.contains(found)) {
        return Err(SettingsError::NotAFile { path, found });
    }
    let unreadable = |source: io::Error| SettingsError::ReadFile {
        path: path.clone(),
        source: Arc::new(source),
    };
    let text = std::fs::read_to_string(&path).map_err(unreadable)?;
    let parsed = parse(&path, &text)?;
    Ok(Some((path, parsed)))
}
