//! One seed as its file says it, before a database is asked.

use std::path::PathBuf;
use std::sync::Arc;

use super::directive::{Directives, Repeat};
use super::rows::Format;
use super::sidecar::Sidecar;

/// One seed.
#[derive(Debug, Clone)]
pub(crate) struct Seed {
    /// Its folder and file, under which it is tracked: `common/010_countries.csv`.
    pub(crate) name: String,
    /// The folder alone: `common`, or an environment.
    pub(crate) folder: String,
    /// The file's name alone, by which seeds are ordered.
    pub(crate) file_name: String,
    /// The file, as it was found.
    pub(crate) path: PathBuf,
    pub(crate) content: Content,
}

/// What a seed's file holds.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// Statements.
    Sql {
        text: Arc<str>,
        /// When it runs again, and whether it is a template.
        directives: Directives,
    },
    /// Rows of one table; they are read when they are needed, piece by piece.
    Rows { format: Format, sidecar: Sidecar },
}

impl Seed {
    /// Returns when it runs again.
    pub(crate) fn repeat(&self) -> Repeat {
        match &self.content {
            Content::Sql { directives, .. } => directives.repeat,
            Content::Rows { .. } => Repeat::WhenChanged,
        }
    }

    /// Returns the text to fill, where it is a template.
    pub(crate) fn template(&self) -> Option<&Arc<str>> {
        match &self.content {
            Content::Sql { text, directives } if directives.is_template => Some(text),
            _ => None,
        }
    }

    /// Returns where the settings beside a data file stand, whether there are any or not.
    pub(crate) fn settings(&self) -> PathBuf {
        self.path.with_extension("toml")
    }

    /// Returns whether settings whose file has this name, the ending left out, are its: it is a data
    /// file of the same name.
    pub(crate) fn takes_settings_of(&self, stem: &str) -> bool {
        let own = self.file_name.rsplit_once('.').map(|(own, _)| own);
        matches!(self.content, Content::Rows { .. }) && own == Some(stem)
    }

    /// Returns whether somebody who typed `wanted` means this seed: by its whole name, its file,
    /// or its file without the extension.
    pub(crate) fn is_meant_by(&self, wanted: &str) -> bool {
        let stem = self.file_name.split('.').next().unwrap_or_default();
        let stem_with_table = self
            .file_name
            .rsplit_once('.')
            .map_or(self.file_name.as_str(), |(stem, _)| stem);
        [self.name.as_str(), &self.file_name, stem, stem_with_table].contains(&wanted)
    }
}
