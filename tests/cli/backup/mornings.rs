//! A folder of backups as it is found in the morning, and what was said of it.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::session::{assert_text, studio_applied};
use crate::support::engine::Engine;
use crate::support::project::{Output, Project};

/// A project with a folder of backups, and what was said of it.
pub(super) struct Mornings {
    pub(super) project: Project,
    pub(super) identity: String,
    pub(super) engine: &'static str,
    pub(super) name: String,
    pub(super) target: String,
    pub(super) now: DateTime<Utc>,
    pub(super) ids: Vec<(String, String)>,
    pub(super) said: String,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program looks at the clock as well"
)]
pub(super) fn now() -> DateTime<Utc> {
    Utc::now()
}

impl Mornings {
    pub(super) fn of(database: &dyn Engine) -> Self {
        let project = studio_applied(database);
        let status = project.run(["status", "--json"]).json();
        let target = status["database"].as_str().expect("a name").to_owned();
        let name = target.rsplit('/').next().expect("it names one");
        Self {
            identity: database
                .query_text("SELECT value FROM __dieselkit_metadata WHERE key = 'identity'"),
            engine: match database.either("sqlite", "postgres") {
                "sqlite" => "SQLite",
                _ => "PostgreSQL",
            },
            name: name.to_owned(),
            target,
            project,
            now: now(),
            ids: Vec::new(),
            said: String::new(),
        }
    }

    /// Returns the manifest of a backup of so many hours ago, with these findings of the check of
    /// its files, if there was one.
    pub(super) fn manifest(&mut self, name: &str, hours: i64, checked: Option<&[&str]>) -> Value {
        // A minute more, so that the age is this whenever the test comes to it.
        let at = self.now - TimeDelta::hours(hours) - TimeDelta::minutes(1);
        let id = format!("shop_{}_003", at.format("%Y%m%dT%H%M%SZ"));
        self.ids.push((id.clone(), format!("[{name}]")));
        let verdict = |check: &str, findings: &[&str]| json!({ "check": check, "at": at, "duration_ms": 1, "findings": findings });
        let mut verdicts = vec![verdict("created", &[])];
        verdicts.extend(checked.map(|findings| verdict("files", findings)));
        json!({
            "schema_version": 1,
            "id": id,
            "database": {
                "identity": self.identity,
                "engine": self.engine,
                "name": self.name,
                "target": self.target,
                "environment": "development",
            },
            "engine_version": "either 1",
            "tools": ["dieselkit 0.1.0"],
            "started_at": at,
            "finished_at": at + TimeDelta::seconds(4),
            "duration_ms": 4200,
            "format": "plain",
            "scope": {},
            "parts": [{ "file": format!("{id}.sql.gz"), "size_bytes": 2048, "raw_bytes": 9000, "sha256": "0" }],
            "migrations": { "head": "003", "applied": ["001", "002", "003"] },
            "facts": {
                "tables": [{ "name": "users", "rows": 12 }, { "name": "rooms", "rows": 1 }],
                "sequences": [], "extensions": [], "roles": [],
            },
            "verdicts": verdicts,
        })
    }

    pub(super) fn put(&self, manifest: &Value) {
        let id = manifest["id"].as_str().expect("a name");
        self.write(&format!("{id}.json"), manifest.to_string().as_bytes());
        self.write(&format!("{id}.sql.gz"), &[b'x'; 2048]);
    }

    pub(super) fn night(&mut self, name: &str, hours: i64, checked: Option<&[&str]>) -> String {
        let manifest = self.manifest(name, hours, checked);
        self.put(&manifest);
        manifest["id"].as_str().expect("a name").to_owned()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.project.path("backups").join(name)
    }

    pub(super) fn write(&self, name: &str, content: &[u8]) {
        fs::create_dir_all(self.path("")).expect("made");
        fs::write(self.path(name), content).expect("written");
    }

    /// Returns the names in the folder, sorted, but for that of the lock.
    pub(super) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("")).expect("there");
        let names = entries.map(|entry| entry.expect("readable").file_name());
        let names = names.map(|name| name.to_string_lossy().into_owned());
        let mut names: Vec<String> = names
            .filter(|name| !name.starts_with(".dieselkit"))
            .collect();
        names.sort();
        names
    }

    pub(super) fn run(&mut self, line: &str) -> Output {
        let words = line.split_whitespace().collect::<Vec<_>>();
        let output = self.project.run(&words);
        let _ = writeln!(self.said, "$ dieselkit {line}\n{}", output.snapshot());
        output
    }

    #[track_caller]
    pub(super) fn matches(mut self, snapshot: &str) {
        // The name of the second one of one second begins as that of the first.
        self.ids.sort_by_key(|(id, _)| std::cmp::Reverse(id.len()));
        let replaced = |text: String, (id, name): &(String, String)| text.replace(id, name);
        let text = self.ids.iter().fold(self.said, replaced);
        assert_text(snapshot, &text);
    }
}
