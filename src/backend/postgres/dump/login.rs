//! How a program of `PostgreSQL` logs in: what everybody may read on its command line, and the
//! password in a file that nobody else may read.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::backend::dump::DumpError;
use crate::backend::postgres::address::PostgresAddress;

/// The variable that names the file of passwords (`PostgreSQL` manual, 34.16).
pub(in crate::backend::postgres) const PASSFILE: &str = "PGPASSFILE";
/// The variable that would win over the file.
const PASSWORD: &str = "PGPASSWORD";

/// How a program logs in; the password is gone when this is.
pub(in crate::backend::postgres) struct Login {
    conninfo: String,
    passfile: Option<Passfile>,
}

/// A file with the password.
enum Passfile {
    /// One without a name, which the system removes when its last user ends, by whatever means. It
    /// is found by way of the process that has it open.
    Nameless { path: PathBuf, _open: File },
    /// One in a folder of its own, where the system shows no open files.
    Named { path: PathBuf, _folder: TempDir },
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
        let passfile = address.parameter("password").map(keep).transpose()?;
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
        self.passfile.as_ref().map(|passfile| match passfile {
            Passfile::Nameless { path, .. } | Passfile::Named { path, .. } => path.as_path(),
        })
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

fn keep(password: &str) -> Result<Passfile, DumpError> {
    // A line of the file ends where a line ends, and nothing escapes that.
    if password.contains(['\n', '\r']) {
        return Err(DumpError::SecretNotPassable {
            parameter: "password",
        });
    }
    let kept = nameless(password).and_then(|nameless| match nameless {
        Some(passfile) => Ok(passfile),
        None => named(password),
    });
    kept.map_err(|source| DumpError::File {
        action: "keep the password in",
        path: std::env::temp_dir(),
        source,
    })
}

/// Writes the password into a file that has lost its name before anything is in it; none where the
/// system does not let others find it by way of this process (proc(5), `/proc/PID/fd`).
fn nameless(password: &str) -> io::Result<Option<Passfile>> {
    let mut file = tempfile::tempfile()?;
    let Some(path) = path_of_open(&file) else {
        return Ok(None);
    };
    restrict(&file)?;
    writeln!(file, "{}", line(password))?;
    Ok(Some(Passfile::Nameless { path, _open: file }))
}

/// Returns the path by which a program that this process starts opens the same file anew.
#[cfg(unix)]
fn path_of_open(file: &File) -> Option<PathBuf> {
    use std::os::fd::AsRawFd as _;
    use std::os::unix::fs::MetadataExt as _;
    let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
    let (found, own) = (std::fs::metadata(&path).ok()?, file.metadata().ok()?);
    let same = (found.dev(), found.ino()) == (own.dev(), own.ino());
    same.then(|| path.into())
}

#[cfg(not(unix))]
fn path_of_open(_: &File) -> Option<PathBuf> {
    None
}

/// What others may read, libpq refuses.
#[cfg(unix)]
fn restrict(file: &File) -> io::Result<()> {
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))
}

#[cfg(not(unix))]
fn restrict(_: &File) -> io::Result<()> {
    Ok(())
}

fn named(password: &str) -> io::Result<Passfile> {
    let folder = private_folder()?;
    let path = folder.path().join("passfile");
    write_line(&path, password)?;
    Ok(Passfile::Named {
        path,
        _folder: folder,
    })
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
        assert_eq!(mode(&file), 0o600);
        login.forget();
        assert_eq!(login.passfile(), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_file_has_no_name_that_could_outlive_the_process() {
        let kept = keep("secret").expect("it can be kept");
        let Passfile::Nameless { path, .. } = &kept else {
            panic!("it has a name");
        };
        let behind = std::fs::read_link(path).expect("it is a link");
        assert!(!behind.exists(), "{}", behind.display());
    }

    #[cfg(unix)]
    #[test]
    fn elsewhere_it_is_in_a_folder_of_its_own() {
        let kept = named("a:b").expect("it can be kept");
        let Passfile::Named { path, .. } = &kept else {
            panic!("it has no name");
        };
        let (path, folder) = (path.clone(), path.parent().map(Path::to_owned));
        let folder = folder.expect("it is in one");
        assert_eq!((mode(&path), mode(&folder)), (0o600, 0o700));
        let text = std::fs::read_to_string(&path).expect("it is ours");
        assert_eq!(text, "*:*:*:*:a\\:b\n");
        drop(kept);
        assert!(!folder.exists());
    }

    #[cfg(unix)]
    fn mode(path: &Path) -> u32 {
        use std::os::unix::fs::PermissionsExt as _;
        let found = std::fs::metadata(path).expect("it is there");
        found.permissions().mode() & 0o777
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
