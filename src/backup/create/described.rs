//! What is known of a new backup, as its manifest says it.

use super::making::{Begun, Copied, Making};
use crate::backend::dump::Moment;
use crate::backup::{Check, Manifest, MigrationState, SCHEMA_VERSION, Source, Verdict};
use crate::clock::whole_ms;
use crate::environment::DEFAULT_ENVIRONMENT;
use crate::version::Version;

impl Making<'_, '_> {
    /// Returns what is known of it.
    pub(super) fn manifest(&self, begun: Begun, copied: &Copied) -> Manifest {
        let moment = &copied.moment;
        let clock = self.sharing.setup.clock;
        let now = clock.now().and_utc();
        let took = clock.elapsed().saturating_sub(begun.elapsed);
        let duration_ms = whole_ms(took);
        Manifest {
            schema_version: SCHEMA_VERSION,
            id: copied.id.clone(),
            database: self.source(moment),
            engine_version: moment.engine_version.clone(),
            tools: self.tools(moment),
            started_at: begun.at,
            finished_at: now,
            duration_ms,
            format: copied.format,
            scope: self.options.scope.clone(),
            parts: copied.parts.clone(),
            migrations: migrations(moment),
            facts: copied.facts.clone(),
            warnings: copied.warnings.clone(),
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
        [Some(own), tool(moment)].into_iter().flatten().collect()
    }
}

/// Returns the program that reads, where it is not this one.
pub(super) fn tool(moment: &Moment) -> Option<String> {
    let tool = moment.tool.as_ref()?;
    let path = tool.path.display();
    Some(format!("pg_dump {} ({path})", tool.version))
}

fn migrations(moment: &Moment) -> MigrationState {
    let texts = |versions: &[Version]| versions.iter().map(ToString::to_string).collect();
    let applied: Vec<String> = texts(&moment.applied);
    MigrationState {
        head: applied.last().cloned(),
        applied,
        half_applied: texts(&moment.half_applied),
    }
}
