//! Whether what is chosen can be restored where it is to be, asked before anything is made.

use std::path::Path;

use super::filling::Filling;
use super::kind::{refuse_cut_off, refuse_other_kind};
use super::needs::head_of_script;
use super::options::Doubts;
use super::unfit_script::refuse_unfit_script;
use super::{Holder, RestoreBackupError, RestoreOptions, RestoreSource, RestoreTo};
use crate::backend::BackendError;
use crate::backend::address::Engine;
use crate::backend::restore::{Fitness, Lack, Place, RestoreError, RestoreRequest, fitness};
use crate::backup::catalog::GLOBALS;
use crate::cancellation::Cancellation;
use crate::shell::command;

impl Filling<'_> {
    /// Returns what the engine is asked for.
    pub(super) fn request(&self) -> RestoreRequest<'_> {
        request(self.options, &self.owner, self.cancellation)
    }

    /// Returns whether it can be restored there, of what can be restored at all. Nothing is made for
    /// that.
    pub(super) fn prepare(&self, place: Place<'_>) -> Result<Fitness, RestoreBackupError> {
        self.refuse_other_engine()?;
        self.source.refuse_absent()?;
        let engine = self.address.engine();
        if let (Engine::Sqlite, Some(role)) = (engine, &self.options.role) {
            let role = role.clone();
            return Err(RestoreBackupError::NoRoles { engine, role });
        }
        if let RestoreSource::File(path) = self.source {
            refuse_other_kind(path, engine)?;
            refuse_cut_off(path)?;
            if engine == Engine::Postgres {
                let head = head_of_script(path);
                refuse_unfit_script(path, &head, self.address.psql().as_deref())?;
            }
        }
        let request = self.request();
        let needs = self.source.needs(self.address, &request);
        let found = fitness(self.address, place, &needs, &request);
        let mut found = found.map_err(|error| self.or_taken(error))?;
        if self.options.to != RestoreTo::Replace {
            // Nothing loses its name to a scratch database.
            let is_of_names = |lack: &Lack| matches!(lack, Lack::NotOwned { .. });
            found.lacks.retain(|lack| !is_of_names(lack));
        }
        Ok(found)
    }

    /// Returns what stands in the way and is passed over, where nothing else does.
    pub(super) fn passed_over(&self, fitness: &Fitness) -> Result<Vec<String>, RestoreBackupError> {
        let is_doubt =
            |lack: &Lack| self.options.doubts == Doubts::PassOver && lack.may_be_passed_over();
        let (doubts, lacks): (Vec<Lack>, Vec<Lack>) =
            fitness.lacks.iter().cloned().partition(is_doubt);
        if lacks.is_empty() {
            return Ok(doubts.iter().map(ToString::to_string).collect());
        }
        Err(RestoreBackupError::Unfit {
            source_name: self.source.to_string(),
            lacks,
            makes_roles: self.makes_roles(fitness),
        })
    }

    /// Returns the command that makes the roles of a backup, where they were backed up beside it.
    fn makes_roles(&self, fitness: &Fitness) -> Option<String> {
        let RestoreSource::Backup {
            folder, manifest, ..
        } = self.source
        else {
            return None;
        };
        let mut parts = manifest.parts.iter();
        let part = parts.find(|part| part.file.ends_with(GLOBALS))?;
        let file = folder.join(&part.file);
        let psql = fitness.psql.as_deref()?;
        Some(command(&format!("gunzip --stdout {{}} | {psql}"), &[&file]))
    }

    fn refuse_other_engine(&self) -> Result<(), RestoreBackupError> {
        let engine = self.address.engine().to_string();
        match self.source.manifest() {
            Some(manifest) if manifest.database.engine != engine => {
                Err(RestoreBackupError::OtherEngine {
                    source_name: self.source.to_string(),
                    theirs: manifest.database.engine.clone(),
                    ours: engine,
                })
            }
            _ => Ok(()),
        }
    }

    /// Returns the error of a restore, which tells of a name that is taken by itself.
    pub(super) fn or_taken(&self, error: RestoreError) -> RestoreBackupError {
        match error {
            RestoreError::Backend(BackendError::DatabaseExists { name }) => {
                let holder = self.holder(&name);
                RestoreBackupError::Exists { name, holder }
            }
            error => error.into(),
        }
    }

    /// Returns which database has a name.
    fn holder(&self, name: &str) -> Holder {
        let own = self.address.own_name();
        if self.address.engine() != Engine::Sqlite {
            return if own == name {
                Holder::Own
            } else {
                Holder::Other
            };
        }
        let is_it = |path: &Path| is_one_file(path, Path::new(name));
        if self.source.files().iter().any(|path| is_it(path)) {
            Holder::Source
        } else if is_it(Path::new(&own)) {
            Holder::Own
        } else {
            Holder::Other
        }
    }
}

/// Returns what an engine is asked for.
pub(super) fn request<'a>(
    options: &'a RestoreOptions,
    owner: &'a str,
    cancellation: &'a Cancellation,
) -> RestoreRequest<'a> {
    RestoreRequest {
        owners: options.owners,
        privileges: options.privileges,
        role: options.role.as_deref(),
        jobs: options.jobs,
        programs: &options.programs,
        owner,
        cancellation,
    }
}

/// Returns whether two paths lead to one file.
fn is_one_file(one: &Path, other: &Path) -> bool {
    let found = |path: &Path| path.canonicalize().ok();
    found(one).is_some_and(|one| Some(one) == found(other))
}
