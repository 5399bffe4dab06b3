//! An archive that is read again: to its end, by the program that would restore it.
//!
//! An archive has no mark at its end, and its table of contents, which `pg_restore --list` reads,
//! stands at its beginning: what is missing behind that shows when the rows are read.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::backend::dump::{DumpError, DumpRequest, Tool, said};
use crate::backend::postgres::programs;
use crate::backend::tool::{Input, Invocation, Running};

/// Lets `pg_restore` make SQL of all that is in an archive, and returns what it complains of where
/// it cannot.
pub(in crate::backend) fn archive_findings(
    archive: &Path,
    pg_dump: &Tool,
    request: &DumpRequest<'_>,
) -> Result<Vec<String>, DumpError> {
    let program = programs::find_for_archives_of(request.programs, pg_dump)?;
    let path = &program.tool.path;
    // A path from the root is no flag.
    let archive = std::path::absolute(archive).unwrap_or_else(|_| archive.to_owned());
    let arguments: [OsString; 2] = ["--file=/dev/null".into(), archive.into()];
    let arguments = arguments.each_ref().map(OsString::as_os_str);
    let ended = start(path, &arguments, request)?.finish();
    let ended = ended.map_err(|source| DumpError::File {
        action: "wait for",
        path: path.clone(),
        source,
    })?;
    if request.cancellation.is_cancelled() {
        return Err(DumpError::Interrupted);
    }
    if ended.status.success() {
        return Ok(Vec::new());
    }
    let (path, complaints) = (path.display(), said(&ended.complaints));
    Ok(vec![format!("`{path}` cannot read it: {complaints}")])
}

fn start(
    program: &Path,
    arguments: &[&OsStr],
    request: &DumpRequest<'_>,
) -> Result<Running, DumpError> {
    let invocation = Invocation {
        program: program.to_str().unwrap_or(programs::PG_RESTORE),
        arguments,
        folder: Path::new("."),
        variables: &[],
        without: &[],
    };
    let started = Running::start(&invocation, Input::Nothing, request.cancellation);
    Ok(started?)
}
