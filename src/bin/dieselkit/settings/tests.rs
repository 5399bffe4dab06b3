//! Tests of what is meant: projects as users lay them out, and what is made of them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;

use tempfile::TempDir;

use super::*;
use crate::args;

/// A project on disk, and what the program is started with in it.
struct Project {
    folder: TempDir,
    variables: BTreeMap<String, OsString>,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("created");
            fs::write(path, text).expect("written");
        }
        Self {
            folder,
            variables: BTreeMap::new(),
        }
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.variables
            .insert(name.to_owned(), OsString::from(value));
        self
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// Returns what is meant by `line`, typed in `folder` of the project.
    fn load_in(&self, folder: &str, line: &str) -> Result<Settings, SettingsError> {
        let surroundings = Surroundings {
            variables: self.variables.clone(),
            current_dir: self.path(folder),
        };
        let words = ["dieselkit", "status"]
            .into_iter()
            .chain(line.split_whitespace());
        let words: Vec<OsString> = words.map(OsString::from).collect();
        let cli = args::parse(&words).expect(line).cli;
        Settings::load(&cli.global, &surroundings)
    }

    fn load(&self, line: &str) -> Settings {
        self.load_in("", line)
            .map_err(|error| error.to_string())
            .expect(line)
    }

    fn refused(&self, line: &str) -> SettingsError {
        self.load_in("", line).err().expect(line)
    }

    /// Returns the address that is meant, and where it was found, the project's folder left out.
    #[cfg(feature = "postgres")]
    fn database(&self, line: &str) -> String {
        let settings = self.load(line);
        let database = settings.database().expect(line);
        let text = format!("{} from {}", database.address, database.origin);
        text.replace(&format!("{}/", self.folder.path().display()), "")
    }
}

const CONFIG: &str = r#"
[database]
url = "sqlite:default.db"
[environments.development]
[environments.staging]
url = "sqlite:staging.db"
[environments.production]
url = "$PRODUCTION_DATABASE_URL"
[environments.vault]
url = "postgres://ada:${VAULT_PASSWORD}@vault/studio"
protected = true
"#;

mod database;
mod environment;
mod folders;
mod lock_url;
