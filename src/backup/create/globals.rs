//! What belongs to the whole server, in a file beside the copy.

use super::CreateError;
use super::making::Making;
use super::options::Globals as Wanted;
use super::writing::compress;
use crate::backend::dump::{Format, Globals, globals};
use crate::backup::artifact::{Artifact, Shape};
use crate::backup::catalog::GLOBALS;
use crate::backup::pass::Watch;
use crate::backup::{BackupId, Part};

impl Making<'_, '_> {
    /// Reads them, where they are wanted. They are of no moment: no snapshot holds a role.
    pub(super) fn read_globals(&self) -> Result<Option<Globals>, CreateError> {
        if self.options.globals == Wanted::LeftOut {
            return Ok(None);
        }
        let read = globals(self.address, &self.request(Format::Plain, None))?;
        let engine = self.address.engine();
        read.map(Some).ok_or(CreateError::NoGlobals { engine })
    }

    /// Writes them into a file that has no name yet.
    pub(super) fn write_globals(
        &self,
        text: &[u8],
        id: &BackupId,
    ) -> Result<(Artifact, Part), CreateError> {
        let name = format!("{id}{GLOBALS}");
        let artifact = Artifact::begin(self.catalog.folder(), &name, Shape::File)?;
        let mut watch = Watch {
            cancellation: self.ending,
            progress: &mut |_| {},
        };
        let passed = compress(text, &artifact, self.options, &mut watch)?;
        let part = Part {
            file: name,
            bytes: passed.bytes,
            raw_bytes: Some(passed.raw_bytes),
            sha256: passed.sha256.to_string(),
        };
        Ok((artifact, part))
    }
}
