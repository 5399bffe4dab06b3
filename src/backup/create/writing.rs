//! The bytes of a copy on their way to the disk, and the facts that are counted meanwhile.

use std::io::Read;
use std::num::NonZeroUsize;
use std::sync::mpsc::channel;
use std::thread;

use super::whole::Watched;
use super::{CreateError, CreateOptions};
use crate::backend::dump::{DatabaseFacts, Dump, DumpError, Format};
use crate::backup::artifact::Artifact;
use crate::backup::gzip;
use crate::backup::pass::{self, PassError, Passed, Watch};

/// What was written, and what was counted beside it.
pub(super) struct Written {
    /// The bytes on their way.
    pub(super) passed: Passed,
    /// What is wrong with them, uncompressed.
    pub(super) findings: Vec<String>,
    /// What was counted in the same moment.
    pub(super) facts: Result<DatabaseFacts, DumpError>,
}

/// Who looks on while a copy is written.
pub(super) struct LookingOn<'w, 'a> {
    /// Told of the bytes.
    pub(super) watch: &'w mut Watch<'a>,
    /// Told on the calling thread how many tables of how many are counted.
    pub(super) counted: &'w dyn Fn(usize, usize),
}

/// Writes the copy, and counts the facts of its moment on another thread. Where it cannot be
/// written, the counting is asked to end.
pub(super) fn write_beside_facts(
    dump: &mut dyn Dump,
    artifact: &Artifact,
    (options, format): (&CreateOptions, Format),
    looking_on: &mut LookingOn<'_, '_>,
) -> Result<Written, CreateError> {
    let reader = dump.reader().ok_or(CreateError::Thread)?;
    let (sender, counted) = channel();
    thread::scope(|scope| {
        let counting = scope.spawn(move || {
            dump.facts(&mut |counted, tables| {
                // Where nobody listens any more, nobody wants to know.
                let _ = sender.send((counted, tables));
            })
        });
        let tell = |(counted, tables): (usize, usize)| (looking_on.counted)(counted, tables);
        let progress = &mut *looking_on.watch.progress;
        let mut watch = Watch {
            cancellation: looking_on.watch.cancellation,
            progress: &mut |bytes| {
                counted.try_iter().for_each(tell);
                progress(bytes);
            },
        };
        let mut watched = Watched::new(reader, format);
        let passed = pass_on(&mut watched, artifact, (options, format), &mut watch);
        if passed.is_err() {
            // Nobody wants to know any more.
            watch.cancellation.cancel();
        }
        // All may be read before all is counted.
        counted.iter().for_each(tell);
        let facts = counting.join().map_err(|_| CreateError::Thread)?;
        Ok(Written {
            passed: passed?,
            findings: watched.findings(),
            facts,
        })
    })
}

fn pass_on(
    reader: impl Read,
    artifact: &Artifact,
    (options, format): (&CreateOptions, Format),
    watch: &mut Watch<'_>,
) -> Result<Passed, CreateError> {
    match format {
        Format::Plain | Format::Sqlite => compress(reader, artifact, options, watch),
        // What `pg_dump` has compressed is not made smaller.
        Format::Custom | Format::Directory => {
            written(pass::copy(reader, artifact.open()?, watch), artifact)
        }
    }
}

/// Writes a gzip file of all that a reader has.
pub(super) fn compress(
    reader: impl Read,
    artifact: &Artifact,
    options: &CreateOptions,
    watch: &mut Watch<'_>,
) -> Result<Passed, CreateError> {
    let compressed = gzip::compress(reader, artifact.open()?, &how(options), watch);
    written(compressed, artifact)
}

fn written(passed: Result<Passed, PassError>, artifact: &Artifact) -> Result<Passed, CreateError> {
    passed.map_err(|error| match error {
        PassError::Read { source } => CreateError::Read { source },
        PassError::Write { source } => artifact.write_failed(source).into(),
        PassError::Thread => CreateError::Thread,
        PassError::Cancelled => CreateError::Interrupted,
    })
}

fn how(options: &CreateOptions) -> gzip::Options {
    let jobs = options
        .jobs
        .and_then(|jobs| usize::try_from(jobs.get()).ok());
    let threads = jobs.and_then(NonZeroUsize::new);
    gzip::Options::new(options.level.unwrap_or_default(), threads)
}
