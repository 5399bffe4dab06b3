//! The errors of a backup's files.

use std::io;

use super::all_errors;
use crate::backup::ArtifactError;

fn refused(action: &'static str, path: &str, kind: io::ErrorKind, words: &str) -> ArtifactError {
    ArtifactError::File {
        action,
        path: path.into(),
        source: io::Error::new(kind, words),
    }
}

const PARTIAL: &str = "backups/shop_20261121T030000Z_003.sql.gz.partial";

all_errors!(every_error_of_a_backups_files_reads_well: ArtifactError {
    ArtifactError::Taken { .. } => [ArtifactError::Taken {
        path: "backups/shop_20261121T030000Z_003.sql.gz".into(),
    }],
    ArtifactError::File { .. } => [
        refused("write", PARTIAL, io::ErrorKind::StorageFull, "no space left on device"),
        refused("create", PARTIAL, io::ErrorKind::PermissionDenied, "permission denied"),
        refused("make the folder", "/var/my backups", io::ErrorKind::ReadOnlyFilesystem, "read-only file system"),
        refused("write", "backups", io::ErrorKind::Other, "input/output error"),
    ],
});
