//! What `pg_dump` is told on its command line, which everybody on the machine can read.

use std::ffi::OsString;

use super::Source;
use super::login::Login;
use super::snapshot::Snapshot;
use crate::backend::dump::{DumpRequest, Format};
use crate::backend::postgres::programs;

/// What goes into the tokens that newer versions put around a plain dump, by chance otherwise: two
/// dumps of the same contents are the same.
/// <https://www.postgresql.org/docs/current/app-pgdump.html>, `--restrict-key`
pub(super) const RESTRICT_KEY: &str = "dieselkit";

impl Source {
    /// Returns what `pg_dump` is given: no secret is in it.
    pub(super) fn arguments(
        &self,
        login: &Login,
        snapshot: &Snapshot,
        request: &DumpRequest<'_>,
    ) -> Vec<OsString> {
        let flag = |name: &str, value: &str| OsString::from(format!("--{name}={value}"));
        let mut arguments = vec![
            flag("dbname", login.conninfo()),
            "--no-password".into(),
            flag("snapshot", &snapshot.name),
            flag("format", &request.format.to_string()),
        ];
        match request.format {
            Format::Plain if programs::knows(&self.program, "--restrict-key") => {
                arguments.push(flag("restrict-key", RESTRICT_KEY));
            }
            Format::Directory => {
                arguments.push(flag("jobs", &request.jobs.to_string()));
                let mut file = OsString::from("--file=");
                file.push(request.folder.unwrap_or(request.scratch));
                arguments.push(file);
            }
            _ => {}
        }
        if let Some(level) = request.level.filter(|_| request.format.is_archive()) {
            arguments.push(flag("compress", &level.to_string()));
        }
        let scope = request.scope;
        arguments.extend(scope.schemas.iter().map(|schema| flag("schema", schema)));
        arguments.extend(scope.tables.iter().map(|table| flag("table", table)));
        let without = scope.without_data_of.iter();
        arguments.extend(without.map(|table| flag("exclude-table-data", table)));
        arguments
    }
}
