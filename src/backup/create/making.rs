//! The way from a moment to a manifest, while nobody migrates.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::writing::write_beside_facts;
use super::{CreateError, CreateOptions, whole};
use crate::backend::address::DatabaseAddress;
use crate::backend::dump::{DatabaseFacts, Dump, DumpRequest, Format, Moment, open_dump};
use crate::backup::artifact::{Artifact, ArtifactError, Shape};
use crate::backup::catalog::LockedCatalog;
use crate::backup::pass::{Passed, Watch};
use crate::backup::{
    BackupId, Check, Manifest, MigrationState, Part, SCHEMA_VERSION, Source, Verdict,
};
use crate::environment::DEFAULT_ENVIRONMENT;
use crate::event::Event;
use crate::operation::Sharing;
use crate::version::Version;

/// How many backups of one second have names.
const MOST_IN_A_SECOND: u32 = 100;

/// What making one backup needs.
pub(super) struct Making<'a, 's> {
    pub(super) address: &'a DatabaseAddress,
    pub(super) catalog: &'a LockedCatalog,
    pub(super) options: &'a CreateOptions,
    pub(super) sharing: &'a Sharing<'a, 's>,
}

/// When it began.
#[derive(Clone, Copy)]
struct Begun {
    at: DateTime<Utc>,
    elapsed: Duration,
}

impl Making<'_, '_> {
    /// Makes it, and says under which name as soon as that is known.
    pub(super) fn make(&self, told: &mut Option<String>) -> Result<Manifest, CreateError> {
        let clock = self.sharing.setup.clock;
        let begun = Begun {
            at: clock.now().and_utc(),
            elapsed: clock.elapsed(),
        };
        let format = self.format();
        let dump = open_dump(self.address, &self.request(format))?;
        let moment = dump.moment().clone();
        let (id, artifact) = self.begin(&moment, format, begun)?;
        *told = Some(id.to_string());
        self.tell(&Event::BackupStarted {
            id: id.to_string(),
            bytes: moment.database_bytes,
        });
        let (passed, facts, warnings) = self.copy(dump, &artifact, &id)?;
        let manifest = self.manifest(&id, format, begun, (moment, facts, warnings), passed);
        self.keep(artifact, &manifest)?;
        Ok(manifest)
    }

    fn format(&self) -> Format {
        let usual = || Format::usual_of(self.address.engine());
        self.options.format.unwrap_or_else(usual)
    }

    fn request(&self, format: Format) -> DumpRequest<'_> {
        let options = self.options;
        DumpRequest {
            format,
            scope: &options.scope,
            hashing: options.hashing,
            scratch: self.catalog.folder(),
            folder: None,
            jobs: options.jobs.unwrap_or(std::num::NonZeroU32::MIN),
            level: options.level.map(crate::backup::CompressionLevel::get),
            programs: &options.programs,
            patience: self.sharing.setup.lock_wait,
            owner: &self.sharing.setup.owner,
            cancellation: self.sharing.setup.cancellation,
        }
    }

    /// Begins the file, under a name that no other has.
    fn begin(
        &self,
        moment: &Moment,
        format: Format,
        begun: Begun,
    ) -> Result<(BackupId, Artifact), CreateError> {
        let first = BackupId::new(&moment.name, begun.at, moment.applied.last());
        let mut id = first.clone();
        for number in 2..MOST_IN_A_SECOND {
            let name = format!("{id}.{}", format.extension());
            match Artifact::begin(self.catalog.folder(), &name, Shape::File) {
                Err(ArtifactError::Taken { .. }) => id = first.numbered(number),
                begun => return Ok((id, begun?)),
            }
        }
        let name = format!("{first}.{}", format.extension());
        let artifact = Artifact::begin(self.catalog.folder(), &name, Shape::File)?;
        Ok((first, artifact))
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
            cancellation: self.sharing.setup.cancellation,
            progress: &mut |bytes| {
                self.tell(&Event::BackupProgressed {
                    id: id.to_string(),
                    bytes,
                });
            },
        };
        let how = (self.options, format);
        let written = write_beside_facts(dump.as_mut(), artifact, how, &mut watch)?;
        // What it says of itself comes before what is missing at its end.
        let warnings = dump.finish()?;
        let findings = whole::findings(format, &written.ends);
        if !findings.is_empty() {
            return Err(CreateError::NotWhole { findings });
        }
        Ok((written.passed, written.facts?, warnings))
    }

    /// Gives the file its name, and then writes the manifest, without which it is no backup.
    fn keep(&self, artifact: Artifact, manifest: &Manifest) -> Result<(), CreateError> {
        let path = artifact.keep()?;
        self.catalog.write(manifest).inspect_err(|_| {
            // A file without a manifest is no backup, and would only lie there.
            let _ = std::fs::remove_file(&path);
        })?;
        Ok(())
    }

    fn manifest(
        &self,
        id: &BackupId,
        format: Format,
        begun: Begun,
        (moment, facts, warnings): (Moment, DatabaseFacts, Vec<String>),
        passed: Passed,
    ) -> Manifest {
        let clock = self.sharing.setup.clock;
        let now = clock.now().and_utc();
        let took = clock.elapsed().saturating_sub(begun.elapsed);
        let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        Manifest {
            schema_version: SCHEMA_VERSION,
            id: id.clone(),
            database: self.source(&moment),
            engine_version: moment.engine_version.clone(),
            tools: self.tools(&moment),
            started_at: begun.at,
            finished_at: now,
            duration_ms,
            format,
            scope: self.options.scope.clone(),
            parts: vec![Part {
                file: format!("{id}.{}", format.extension()),
                bytes: passed.bytes,
                raw_bytes: format.is_compressed_here().then_some(passed.raw_bytes),
                sha256: passed.sha256.to_string(),
            }],
            migrations: migrations(&moment.applied),
            facts,
            warnings,
            verdicts: vec![Verdict {
                check: Check::Created,
                at: now,
                duration_ms,
                findings: Vec::new(),
            }],
            note: self.options.note.clone(),
            pinned: false,
        }
    }

    fn source(&self, moment: &Moment) -> Source {
        let environment = self.sharing.identity.environment.as_deref();
        Source {
            identity: moment.identity.clone(),
            engine: self.address.engine().to_string(),
            name: moment.name.clone(),
            target: self.address.to_string(),
            environment: environment.unwrap_or(DEFAULT_ENVIRONMENT).to_owned(),
        }
    }

    fn tools(&self, moment: &Moment) -> Vec<String> {
        let own = self.sharing.identity.application.clone();
        let tool = moment.tool.as_ref();
        let tool = tool.map(|tool| format!("pg_dump {} ({})", tool.version, tool.path.display()));
        [Some(own), tool].into_iter().flatten().collect()
    }

    fn tell(&self, event: &Event) {
        self.sharing.setup.observer.borrow_mut().observe(event);
    }
}

fn migrations(applied: &[Version]) -> MigrationState {
    let applied: Vec<String> = applied.iter().map(ToString::to_string).collect();
    MigrationState {
        head: applied.last().cloned(),
        applied,
    }
}
