//! How a program of `PostgreSQL` logs in: what everybody may read on its command line, and the
//! password in a file that nobody else may read.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::backend::dump::DumpError;
use crate::backend::postgres::address::PostgresAddress;

/// The variable that names the file of passwords (`PostgreSQL` manual, 34.16).
pub(in crate::backend::postgres) const PASSFILE: &str = "PGPASSFILE";
/// The variable that would win over the file.
const PASSWORD: &str = "PGPASSWORD";

/// How a program logs in; the file with the password is gone when this is.
pub(in crate::backend::postgres) struct Login {
    conninfo: String,
    passfile: Option<(TempDir, PathBuf)>,
}

impl Login {
    /// Prepares the login of a session of this name.
    pub(in crate::backend::postgres) fn of(
        address: &PostgresAddress,
        session: &str,
    ) -> Result<Self, DumpError> {
        if let Some(parameter) = address.unpassable_secret() {
            return Err(DumpError::SecretNotPassable { parameter });
        }
        let passfile = address.parameter("password").map(write).transpose()?;
        Ok(Self {
            conninfo: address.conninfo_without_secrets(session),
            passfile,
        })
    }

    /// Returns the text for `--dbname`, without secrets.
    pub(in crate::backend::postgres) fn conninfo(&self) -> &str {
        &self.conninfo
    }

    /// Returns the file with the password, where there is one.
    pub(in crate::backend::postgres) fn passfile(&self) -> Option<&Path> {
        self.passfile.as_ref().map(|(_, path)| path.as_path())
    }

    /// Returns the variables that would win over the file, which the program is not given.
    pub(in crate::backend::postgres) fn without(&self) -> &'static [&'static str] {
        if self.passfile.is_some() {
            &[PASSWORD]
        } else {
            &[]
        }
    }

    /// Removes the file: whoever had to log in has done so.
    pub(in crate::backend::postgres) fn forget(&mut self) {
        self.passfile = None;
    }
}

fn write(password: &str) -> Result<(TempDir, PathBuf), DumpError> {
    // A line of the file ends where a line ends, and nothing escapes that.
    if password.contains(['\n', '\r']) {
        return Err(DumpError::SecretNotPassable {
            parameter: "password",
        });
    }
    let failure = |path: &Path, source| DumpError::File {
        action: "keep the password in",
        path: path.to_owned(),
        source,
    };
    let folder = private_folder().map_err(|source| failure(&std::env::temp_dir(), source))?;
    let path = folder.path().join("passfile");
    write_line(&path, password).map_err(|source| failure(&path, source))?;
    Ok((folder, path))
}

fn private_folder() -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("dieselkit-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir()
}

fn write_line(path: &Path, password: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{}", line(password))
}

/// Returns the line that gives a password to whichever server asks: what it is told to connect to
/// stands in its arguments (`PostgreSQL` manual, 34.16).
fn line(password: &str) -> String {
    let escaped = password.replace('\\', "\\\\").replace(':', "\\:");
    format!("*:*:*:*:{escaped}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(conninfo: &str) -> Result<Login, DumpError> {
        let address = PostgresAddress::parse(conninfo).expect(conninfo);
        Login::of(&address, "pg_dump of x")
    }

    #[test]
    fn the_password_is_in_a_private_file_alone() {
        let login = login(r"host=h dbname='my \'db' user=u password='a:b\\c@d' passfile=/other");
        let mut login = login.expect("it can be kept");
        assert_eq!(
            login.conninfo(),
            r"host='h' dbname='my \'db' user='u' application_name='pg_dump of x'"
        );
        let file = login.passfile().expect("there is one").to_owned();
        let text = std::fs::read_to_string(&file).expect("it is ours");
        assert_eq!(text, "*:*:*:*:a\\:b\\\\c@d\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| {
                let found = std::fs::metadata(path).expect("it is there");
                found.permissions().mode() & 0o777
            };
            assert_eq!(mode(&file), 0o600);
            assert_eq!(mode(file.parent().expect("it is in one")), 0o700);
        }
        login.forget();
        assert!(!file.exists() && !file.parent().expect("it was in one").exists());
    }

    #[test]
    fn without_a_password_there_is_no_file() {
        let login = login("host=h passfile=/other").expect("there is no secret");
        assert_eq!(login.passfile(), None);
        assert!(login.conninfo().contains("passfile='/other'"));
    }

    #[test]
    fn what_cannot_be_kept_secret_is_refused() {
        for (conninfo, wanted) in [
            ("host=h sslpassword=secret", "sslpassword"),
            ("host=h password='two\nlines'", "password"),
        ] {
            match login(conninfo) {
                Err(DumpError::SecretNotPassable { parameter }) => assert_eq!(parameter, wanted),
                _ => panic!("not refused: {wanted}"),
            }
        }
    }
}
