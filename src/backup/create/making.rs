//! The way from a moment to a manifest, while nobody migrates.

use std::num::NonZeroU32;
use std::path::Path;
use std::thread;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::described::tool;
use super::writing::{LookingOn, write_beside_facts};
use super::{CreateError, CreateOptions, folder};
use crate::backend::address::DatabaseAddress;
use crate::backend::dump::{
    DatabaseFacts, Dump, DumpRequest, Format, Moment, applied, archive_findings, open_dump,
};
use crate::backend::{Access, Database};
use crate::backup::artifact::{Artifact, Shape};
use crate::backup::catalog::LockedCatalog;
use crate::backup::pass::{Passed, Watch};
use crate::backup::{BackupId, Manifest, Part};
use crate::cancellation::Cancellation;
use crate::event::Event;
use crate::operation::{Sharing, reading};

/// What making one backup needs.
pub(super) struct Making<'a, 's> {
    pub(super) address: &'a DatabaseAddress,
    pub(super) catalog: &'a LockedCatalog,
    pub(super) options: &'a CreateOptions,
    /// Ends whatever is done for it.
    pub(super) ending: &'a Cancellation,
    pub(super) sharing: &'a Sharing<'a, 's>,
}

/// When it began.
#[derive(Clone, Copy)]
pub(super) struct Begun {
    pub(super) at: DateTime<Utc>,
    pub(super) elapsed: Duration,
}

/// A copy that is whole, and has no name yet.
pub(super) struct Copied {
    pub(super) id: BackupId,
    pub(super) format: Format,
    artifacts: Vec<Artifact>,
    pub(super) moment: Moment,
    pub(super) facts: DatabaseFacts,
    pub(super) warnings: Vec<String>,
    pub(super) parts: Vec<Part>,
}

impl Making<'_, '_> {
    /// Makes it, and says under which name as soon as that is known.
    pub(super) fn make(&self, told: &mut Option<String>) -> Result<Manifest, CreateError> {
        let clock = self.sharing.setup.clock;
        let begun = Begun {
            at: clock.now().and_utc(),
            elapsed: clock.elapsed(),
        };
        // Without the program for it, the copy need not be begun.
        let globals = self.read_globals()?;
        let mut copied = match self.format() {
            Format::Directory => self.copy_into_folder(begun, told)?,
            format => self.copy_into_file(format, begun, told)?,
        };
        self.refuse_unreadable(&copied)?;
        if let Some(globals) = globals {
            let (artifact, part) = self.write_globals(&globals.text, &copied.id)?;
            copied.warnings.extend(globals.complaints);
            copied.artifacts.push(artifact);
            copied.parts.push(part);
        }
        let manifest = self.manifest(begun, &copied);
        self.keep(copied.artifacts, &manifest)?;
        Ok(manifest)
    }

    /// Has the engine hand over the bytes, and writes them into one file.
    fn copy_into_file(
        &self,
        format: Format,
        begun: Begun,
        told: &mut Option<String>,
    ) -> Result<Copied, CreateError> {
        let dump = open_dump(self.address, &self.request(format, None))?;
        let moment = dump.moment().clone();
        let head = moment.applied.last();
        let id = BackupId::new(&moment.name, begun.at, head);
        let (id, artifact) = self.begin(&id, format)?;
        self.tell_begun(&id, (&moment, Some(moment.database_bytes)), told);
        let (passed, facts, warnings) = self.copy(dump, &artifact, &id)?;
        let part = Part {
            file: format!("{id}.{}", format.extension()),
            bytes: passed.bytes,
            raw_bytes: format.is_compressed_here().then_some(passed.raw_bytes),
            sha256: passed.sha256.to_string(),
        };
        Ok(Copied {
            id,
            format,
            artifacts: vec![artifact],
            moment,
            facts,
            warnings,
            parts: vec![part],
        })
    }

    /// Has the engine write many files into a folder. The name has to stand before the moment does:
    /// nobody who takes the lock migrates in between.
    fn copy_into_folder(
        &self,
        begun: Begun,
        told: &mut Option<String>,
    ) -> Result<Copied, CreateError> {
        let format = Format::Directory;
        let (id, artifact) = self.begin(&self.name_beforehand(begun)?, format)?;
        let request = self.request(format, Some(artifact.partial()));
        let mut dump = open_dump(self.address, &request)?;
        let moment = dump.moment().clone();
        self.tell_begun(&id, (&moment, None), told);
        let facts = dump.facts(&mut |counted, tables| self.tell_counted(&id, counted, tables))?;
        let warnings = dump.finish()?;
        let parts = folder::parts(&artifact, &id, self.ending)?;
        Ok(Copied {
            id,
            format,
            artifacts: vec![artifact],
            moment,
            facts,
            warnings,
            parts,
        })
    }

    /// Refuses an archive that cannot be read to its end. The moment is over by now: nobody who
    /// changes a table waits for it.
    fn refuse_unreadable(&self, copied: &Copied) -> Result<(), CreateError> {
        let Some(artifact) = copied.artifacts.first() else {
            return Ok(());
        };
        let request = self.request(copied.format, None);
        let findings = archive_findings(artifact.partial(), &copied.moment, &request)?;
        if findings.is_empty() {
            return Ok(());
        }
        Err(CreateError::NotWhole { findings })
    }

    fn name_beforehand(&self, begun: Begun) -> Result<BackupId, CreateError> {
        let mut database = Database::open(self.address, Access::ReadOnly)?;
        let patience = Some(self.sharing.setup.lock_wait);
        reading(&mut database, patience, |backend, tables| {
            let applied = applied(backend, tables)?;
            let name = backend.database_name()?;
            Ok(BackupId::new(&name, begun.at, applied.last()))
        })
    }

    fn tell_begun(
        &self,
        id: &BackupId,
        (moment, bytes): (&Moment, Option<u64>),
        told: &mut Option<String>,
    ) {
        *told = Some(id.to_string());
        self.tell(&Event::BackupStarted {
            id: id.to_string(),
            bytes,
            tool: tool(moment),
        });
    }

    fn tell_counted(&self, id: &BackupId, counted: usize, tables: usize) {
        self.tell(&Event::TablesCounted {
            id: id.to_string(),
            counted,
            tables,
        });
    }

    fn format(&self) -> Format {
        let usual = || Format::usual_of(self.address.engine());
        self.options.format.unwrap_or_else(usual)
    }

    pub(super) fn request<'r>(
        &'r self,
        format: Format,
        folder: Option<&'r Path>,
    ) -> DumpRequest<'r> {
        let options = self.options;
        DumpRequest {
            format,
            scope: &options.scope,
            hashing: options.hashing,
            scratch: self.catalog.folder(),
            folder,
            jobs: options.jobs.unwrap_or_else(cores),
            level: options.level.map(crate::backup::CompressionLevel::get),
            programs: &options.programs,
            patience: self.sharing.setup.lock_wait,
            owner: &self.sharing.setup.owner,
            cancellation: self.ending,
        }
    }

    /// Begins the file, or the folder, under a name that no other backup has: whoever makes one
    /// holds the folder's lock.
    fn begin(&self, first: &BackupId, format: Format) -> Result<(BackupId, Artifact), CreateError> {
        let shape = match format {
            Format::Directory => Shape::Folder,
            Format::Plain | Format::Custom | Format::Sqlite => Shape::File,
        };
        let id = self.catalog.free_name(first)?;
        let name = format!("{id}.{}", format.extension());
        let artifact = Artifact::begin(self.catalog.folder(), &name, shape)?;
        Ok((id, artifact))
    }

    /// Writes the file while the facts are counted, and checks that it is whole.
    fn copy(
        &self,
        mut dump: Box<dyn Dump>,
        artifact: &Artifact,
        id: &BackupId,
    ) -> Result<(Passed, DatabaseFacts, Vec<String>), CreateError> {
        let format = self.format();
        let mut watch = Watch {
            cancellation: self.ending,
            progress: &mut |bytes| {
                self.tell(&Event::BackupProgressed {
                    id: id.to_string(),
                    bytes,
                });
            },
        };
        let how = (self.options, format);
        let mut looking_on = LookingOn {
            watch: &mut watch,
            counted: &|counted, tables| self.tell_counted(id, counted, tables),
        };
        let written = write_beside_facts(dump.as_mut(), artifact, how, &mut looking_on)?;
        // What it says of itself comes before what is missing at its end.
        let warnings = dump.finish()?;
        if !written.findings.is_empty() {
            let findings = written.findings;
            return Err(CreateError::NotWhole { findings });
        }
        Ok((written.passed, written.facts?, warnings))
    }

    fn tell(&self, event: &Event) {
        self.sharing.setup.observer.borrow_mut().observe(event);
    }
}

/// Returns how many tables are read at once where nobody says: as many as there are cores.
fn cores() -> NonZeroU32 {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    u32::try_from(cores)
        .ok()
        .and_then(NonZeroU32::new)
        .unwrap_or(NonZeroU32::MIN)
}
