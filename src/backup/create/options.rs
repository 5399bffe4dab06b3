//! What a caller may ask of a backup.

use std::num::NonZeroU32;

use crate::backend::dump::{Format, Hashing, Programs, Scope};
use crate::backup::{CompressionLevel, RestoreOptions};

/// Whether what belongs to the whole server is in the backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Globals {
    /// It is not.
    #[default]
    LeftOut,
    /// It is, in a file beside the copy.
    Beside,
}

/// How a new backup is verified, before any is removed for it.
#[derive(Debug, Clone, Default)]
pub enum Verification {
    /// Not at once.
    #[default]
    Later,
    /// Its files are read again.
    Files,
    /// It is restored into a scratch database, and that is compared.
    Restore(RestoreOptions),
}

/// How a backup is made, and of what.
#[derive(Debug, Clone, Default)]
pub struct CreateOptions {
    pub(super) format: Option<Format>,
    pub(super) scope: Scope,
    pub(super) hashing: Hashing,
    pub(super) level: Option<CompressionLevel>,
    pub(super) jobs: Option<NonZeroU32>,
    pub(in crate::backup) programs: Programs,
    pub(super) globals: Globals,
    pub(super) note: Option<String>,
    pub(super) verification: Verification,
}

impl CreateOptions {
    /// Says how it is written down; else as the engine's backups usually are.
    #[must_use]
    pub fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// Takes a part of the database alone.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Hashes the contents of every table too, for a restored copy to be compared with: each is
    /// read once more for it.
    #[must_use]
    pub fn hash_contents(mut self) -> Self {
        self.hashing = Hashing::Contents;
        self
    }

    /// Says how hard is compressed.
    #[must_use]
    pub fn level(mut self, level: CompressionLevel) -> Self {
        self.level = Some(level);
        self
    }

    /// Says how many tables are read at once where the format is a folder of files, and on how many
    /// threads is compressed elsewhere; as many as there are cores where nothing is said.
    #[must_use]
    pub fn jobs(mut self, jobs: NonZeroU32) -> Self {
        self.jobs = Some(jobs);
        self
    }

    /// Says where the engine's programs are.
    #[must_use]
    pub fn programs(mut self, programs: Programs) -> Self {
        self.programs = programs;
        self
    }

    /// Takes the server's roles, with the hashes of their passwords where the user may see them, and
    /// its tablespaces too, in a file beside the copy. An engine without a server has none.
    #[must_use]
    pub fn globals(mut self) -> Self {
        self.globals = Globals::Beside;
        self
    }

    /// Verifies it at once: one that fails stays, and none is removed for it.
    #[must_use]
    pub fn verify(mut self, verification: Verification) -> Self {
        self.verification = verification;
        self
    }

    /// Returns the same of the whole database, verified at once in some way.
    pub(in crate::backup) fn verified_and_whole(mut self) -> Self {
        self.scope = Scope::default();
        if matches!(self.verification, Verification::Later) {
            self.verification = Verification::Files;
        }
        self
    }

    /// Leaves a note in the manifest.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}
