//! The checksum of a seed: of an SQL file's tokens, of what a template gives, of a data file's bytes
//! and its settings.

use std::fs::File;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

use super::error::UnfitSeed;
use super::model::{Content, Seed};
use super::sidecar::Sidecar;
use super::template::Lent;
use crate::sql::{Checksum, Dialect, checksum};

/// How much of a file is read at a time, in bytes.
const CHUNK: usize = 1 << 20;

/// Returns a seed's checksum; a data file is read once for it, piece by piece.
pub(crate) fn digest(
    seed: &Seed,
    lent: &Lent,
    dialect: &'static dyn Dialect,
) -> Result<Checksum, UnfitSeed> {
    match (seed.template(), &seed.content) {
        (Some(template), _) => lent.checksum(seed, template, dialect),
        (None, Content::Sql { text, .. }) => Ok(checksum(text, dialect)),
        (None, Content::Rows { sidecar, .. }) => {
            rows(seed, sidecar).map_err(|error| UnfitSeed::Unreadable {
                path: seed.path.clone(),
                message: error.to_string(),
            })
        }
    }
}

fn rows(seed: &Seed, sidecar: &Sidecar) -> io::Result<Checksum> {
    let mut hasher = Sha256::new();
    hash_file(&mut hasher, &mut File::open(&seed.path)?)?;
    hasher.update([0]);
    hasher.update(sidecar.text.as_bytes());
    Ok(Checksum::from_bytes(hasher.finalize().into()))
}

fn hash_file(hasher: &mut Sha256, file: &mut File) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(()),
            read => hasher.update(&chunk[..read]),
        }
    }
}
