//! A script of somebody's, read to its end before anything is made: what no new database would take is
//! refused then already.
//!
//! It writes nothing. What comes out of a pipe comes once, and is refused while it is poured.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::filling::Filling;
use super::fit::request;
use super::kind::{is_archive, start_of};
use super::pour::{BUFFER, GZIP, of_script, or_interrupted, unreadable};
use super::read::Hashed;
use super::{RestoreBackupError, RestoreOptions, RestoreSource};
use crate::backend::address::Engine;
use crate::backend::restore::refuse_script;
use crate::backup::Backups;
use crate::backup::pass::Watch;
use crate::event::Event;

impl Backups {
    /// Refuses a script for what stands in it, where it is a file of which nothing else is known.
    pub(super) fn refuse_script(
        &mut self,
        source: &RestoreSource,
        options: &RestoreOptions,
    ) -> Result<(), RestoreBackupError> {
        let RestoreSource::File(path) = source else {
            return Ok(());
        };
        if self.address.engine() != Engine::Postgres || !path.is_file() {
            return Ok(());
        }
        let started = self.caller.clock.elapsed();
        let read = self.filling(source, options).read_script(path);
        self.caller.observer.observe(&Event::RestoreFinished {
            id: source.to_string(),
            duration: self.caller.clock.elapsed().saturating_sub(started),
        });
        read
    }
}

impl Filling<'_> {
    fn read_script(&mut self, path: &Path) -> Result<(), RestoreBackupError> {
        let mut file = File::open(path).map_err(|source| unreadable(path, source))?;
        let start = start_of(&mut file).map_err(|source| unreadable(path, source))?;
        if is_archive(&start) {
            return Ok(());
        }
        let id = self.source.to_string();
        self.observer.observe(&Event::RestoreStarted {
            id: id.clone(),
            bytes: file.metadata().map_or(0, |found| found.len()),
        });
        let request = request(self.options, &self.owner, self.cancellation);
        let observer = &mut *self.observer;
        let mut watch = Watch {
            cancellation: self.cancellation,
            progress: &mut |bytes| {
                observer.observe(&Event::RestoreProgressed {
                    id: id.clone(),
                    bytes,
                });
            },
        };
        let mut reader = Hashed::of(start.as_slice().chain(file), &mut watch);
        let refused = if start.starts_with(GZIP) {
            let buffered = BufReader::with_capacity(BUFFER, reader);
            refuse_script(self.address, &mut MultiGzDecoder::new(buffered), &request)
        } else {
            refuse_script(self.address, &mut reader, &request)
        };
        let refused = refused.map_err(|error| of_script(error.into(), path));
        refused.map_err(|error| or_interrupted(error, self.cancellation))
    }
}
