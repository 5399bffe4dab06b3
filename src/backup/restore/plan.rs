//! What a restore would do, before it does anything: read, and written nowhere.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Compared, Old, RestoreBackupError, RestoreOptions, RestoreSource, RestoreTo, TIME};
use crate::backend::address::DatabaseAddress;
use crate::backend::restore::{
    Fitness, RestoreError, Tidying, is_there, is_unreadable, kept_as, leftovers, restored_as, users,
};
use crate::backend::{Access, Database};
use crate::backup::health::NoGood;
use crate::backup::{Backup, Backups, Catalog, with_causes};
use crate::event::Leftover;
use crate::history;
use crate::operation::{OperationError, reading};

/// What a restore would do.
#[derive(Debug)]
#[non_exhaustive]
pub struct RestorePlan {
    /// The backup, or the file.
    pub source: String,
    /// What is known of it, where it has a manifest.
    pub backup: Option<Backup>,
    /// The newer backups that are no good, newest first, where it was not named.
    pub passed_over: Vec<NoGood>,
    /// Where it would be.
    pub database: DatabaseAddress,
    /// Where the one would be that has the name now, and what would become of it.
    pub old: Option<(DatabaseAddress, Old)>,
    /// Why that one cannot be read, where it cannot: whose it is and which environment it is marked with
    /// is not known then.
    pub unread: Option<String>,
    /// What it would be compared with.
    pub compared: Compared,
    /// Whether what it needs is there.
    pub fitness: Fitness,
    /// Who is at work in that one, and has to leave it first.
    pub in_use_by: Vec<String>,
    /// The environment that the restored database is marked with, where that is another than the
    /// one that was said.
    pub marked: Option<String>,
    /// What killed restores left, which it would remove first.
    pub leftovers: Vec<Leftover>,
    /// Why it would be refused.
    pub refusal: Option<RestoreBackupError>,
    /// Why the restore would fail once it was begun, by what lies there and by the last checks. It is begun
    /// all the same where that is asked for: it compares again.
    pub foretold: Option<RestoreBackupError>,
    /// When it was made, which is in the name of the old one, or of the new one.
    pub at: DateTime<Utc>,
}

impl Backups {
    /// Returns what restoring would do. Nothing is made, changed or removed.
    ///
    /// # Errors
    /// Whatever would end the restore before it knew what it would do: there is no such file, it is of
    /// another engine, the name is taken, the server cannot be reached. What the backup needs and is not
    /// there is the plan's own `refusal`.
    pub fn plan_restore(
        &mut self,
        source: &RestoreSource,
        options: &RestoreOptions,
    ) -> Result<RestorePlan, RestoreBackupError> {
        options.to.refuse_unfit_name(&self.address)?;
        let now = self.caller.clock.now().and_utc();
        let at = self.free_moment(&options.to, now)?;
        let (database, old) = self.names(options, at)?;
        let unread = old.as_ref().and_then(|_| self.unread());
        let place = options.to.place();
        let leftovers = leftovers(&self.address, place, Tidying::Look)?;
        let filling = self.filling(source, options);
        let fitness = filling.prepare(place)?;
        let fits = source
            .refuse_part(&options.to)
            .and_then(|()| source.refuse_older(&options.to))
            .and_then(|()| filling.passed_over(&fitness));
        let in_use_by = match &old {
            Some(_) => users(&self.address)?,
            None => Vec::new(),
        };
        let in_use = refuse_in_use(&self.address, &in_use_by);
        let fits = fits.and(in_use);
        let fits = fits.and_then(|()| self.refuse_script(source, options));
        let backup = source.backup();
        Ok(RestorePlan {
            source: source.to_string(),
            foretold: backup.as_ref().and_then(foretold),
            backup,
            passed_over: source.passed_over().to_vec(),
            database,
            old,
            unread,
            compared: source.compared(),
            refusal: fits.err(),
            marked: self.marked_otherwise(source),
            in_use_by,
            fitness,
            leftovers,
            at,
        })
    }

    /// Returns where the new database would be, and where the one that has its name now, if any, with
    /// what would become of it.
    fn names(
        &self,
        options: &RestoreOptions,
        at: DateTime<Utc>,
    ) -> Result<(DatabaseAddress, Option<(DatabaseAddress, Old)>), RestoreBackupError> {
        Ok(match &options.to {
            RestoreTo::Into(name) => (self.address.another(name), None),
            RestoreTo::Beside => (
                restored_as(&self.address, &at.format(TIME).to_string()),
                None,
            ),
            RestoreTo::Replace => (self.address.clone(), self.old(options, at)?),
        })
    }

    /// Returns the environment that a backup was made in, where it is another than this one.
    fn marked_otherwise(&self, source: &RestoreSource) -> Option<String> {
        let manifest = source.manifest().filter(|manifest| manifest.holds_mark())?;
        let theirs = &manifest.database.environment;
        let ours = self.caller.identity.environment.as_ref()?;
        (theirs != ours).then(|| theirs.clone())
    }

    /// Refuses to begin where others are at work in what is to be replaced: they would have to have
    /// left by its end.
    pub(super) fn refuse_users(&self, to: &RestoreTo) -> Result<(), RestoreBackupError> {
        if *to != RestoreTo::Replace || !is_there(&self.address)? {
            return Ok(());
        }
        refuse_in_use(&self.address, &users(&self.address)?)
    }

    /// Returns a moment, or the first second after it, by which no database is named yet: two may be
    /// replaced, or restored, within one second.
    pub(super) fn free_moment(
        &self,
        to: &RestoreTo,
        mut at: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, RestoreBackupError> {
        let named = match to {
            RestoreTo::Into(_) => return Ok(at),
            RestoreTo::Beside => restored_as,
            RestoreTo::Replace => kept_as,
        };
        while is_there(&named(&self.address, &at.format(TIME).to_string()))? {
            at += TimeDelta::seconds(1);
        }
        Ok(at)
    }

    /// Returns why the database cannot be read, where it is there and that is why. Whatever else is in
    /// the way of reading it, the restore itself says.
    fn unread(&self) -> Option<String> {
        let opened = Database::open(&self.address, Access::ReadOnly);
        let read = opened
            .map_err(OperationError::from)
            .and_then(|mut database| {
                reading(&mut database, self.caller.lock_wait, |backend, tables| {
                    Ok::<_, OperationError>(history::read_metadata(backend, tables)?)
                })
            });
        match read {
            Err(OperationError::Backend(error)) if is_unreadable(&self.address, &error) => {
                Some(with_causes(&error))
            }
            _ => None,
        }
    }

    /// Returns where the database would be kept that is to be replaced, if there is one.
    fn old(
        &self,
        options: &RestoreOptions,
        at: DateTime<Utc>,
    ) -> Result<Option<(DatabaseAddress, Old)>, RestoreBackupError> {
        let time = at.format(TIME).to_string();
        let kept = is_there(&self.address)?.then(|| kept_as(&self.address, &time));
        Ok(kept.map(|kept| (kept, options.old)))
    }
}

/// Returns why a backup cannot be restored, where something is wrong with it.
fn foretold(backup: &Backup) -> Option<RestoreBackupError> {
    let findings = backup.faults();
    let id = backup.manifest.id.clone();
    (!findings.is_empty()).then_some(RestoreBackupError::NoGood { id, findings })
}

fn refuse_in_use(address: &DatabaseAddress, users: &[String]) -> Result<(), RestoreBackupError> {
    if users.is_empty() {
        return Ok(());
    }
    let (name, users) = (address.own_name(), users.to_vec());
    Err(RestoreError::InUse { name, users }.into())
}

impl RestoreSource {
    /// Refuses a part of a database in the place of the whole: what is not in it would be gone.
    pub(super) fn refuse_part(&self, to: &RestoreTo) -> Result<(), RestoreBackupError> {
        match self.manifest() {
            Some(manifest) if *to == RestoreTo::Replace && !manifest.scope.is_whole() => {
                let id = manifest.id.clone();
                Err(RestoreBackupError::Part { id })
            }
            _ => Ok(()),
        }
    }

    /// Returns what is known of it, and whether its files are there.
    fn backup(&self) -> Option<Backup> {
        let Self::Backup {
            folder, manifest, ..
        } = self
        else {
            return None;
        };
        let listing = Catalog::new(folder).read().ok()?;
        listing.find(manifest.id.as_str()).ok().cloned()
    }
}
