//! What is linted, and what is known of the database that it is meant for.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use dieselkit::backend::address::Engine;
use dieselkit::lint::{Facts, Subject, Together};
use dieselkit::migration::{SourceError, StatusEntry, StatusReport};
use dieselkit::{Absent, Migration, MigrationSet, Version};

use super::{facts_of, since, together};
use crate::app::{App, Reach};
use crate::args::Lint;
use crate::commands::up::transaction;
use crate::error::CommandError;
use crate::settings::ENGINES;

/// What is linted.
pub(super) struct Chosen {
    /// Whose SQL it is.
    pub(super) engine: Engine,
    /// All migrations, whether they are linted or not.
    pub(super) set: MigrationSet,
    /// What is linted, in order.
    pub(super) subjects: Vec<Subject>,
    /// Whether one run will apply it.
    pub(super) together: Together,
    /// How one run would apply it.
    one_run: Together,
    /// What it is, as a word of a document.
    pub(super) word: &'static str,
    /// What it is, to follow "linted 3 files, ".
    pub(super) told: String,
    /// What the database says.
    pub(super) facts: Facts,
    /// What cannot be read of what was named.
    pub(super) refused: Vec<SourceError>,
    /// What is applied; `None` where no database could be asked.
    pub(super) applied: Result<BTreeSet<Version>, String>,
    /// What is worth a warning.
    pub(super) warnings: Vec<String>,
}

/// What a database said.
struct Asked {
    status: StatusReport,
    facts: Facts,
}

/// Finds out what was asked for.
pub(super) fn choose(app: &App<'_>, args: &Lint) -> Result<Chosen, CommandError> {
    let set = match app.scanned() {
        Ok(set) => set,
        // Files can be linted without any migrations.
        Err(_) if !args.files.is_empty() => MigrationSet::default(),
        Err(error) => return Err(error),
    };
    let asked = ask(app, &set);
    let engine = *app.settings.engines.first().unwrap_or(&ENGINES[0]);
    let mut chosen = Chosen {
        engine,
        subjects: Vec::new(),
        together: Together::Apart,
        one_run: together(transaction(app, None)),
        refused: set.problems().to_vec(),
        word: "all",
        told: "all migrations".to_owned(),
        facts: asked
            .as_ref()
            .map(|asked| asked.facts.clone())
            .unwrap_or_default(),
        applied: match &asked {
            Ok(asked) => Ok(applied(&asked.status)),
            Err(error) => Err(error.to_string()),
        },
        warnings: Vec::new(),
        set,
    };
    if !args.files.is_empty() {
        chosen.choose_files(&args.files, &in_full(&app.migrations_folder()))?;
        chosen.warnings.extend(chosen.unread());
    } else if let Some(revision) = &args.since {
        chosen.choose_since(app, revision)?;
    } else if args.all {
        chosen.choose_all();
    } else {
        match &asked {
            Ok(asked) => chosen.choose_pending(&asked.status),
            Err(error) => chosen.choose_all_for_want_of_a_database(app, error),
        }
    }
    if app.settings.database().is_err() {
        // Nobody has said it, and nothing that was linted shows it.
        let told = chosen.told;
        chosen.told = format!("{told}, as SQL of {engine}");
    }
    Ok(chosen)
}

/// Asks the database what is applied and how big its tables are; one that is not there yet has
/// nothing.
fn ask(app: &App<'_>, set: &MigrationSet) -> Result<Asked, CommandError> {
    let database = app.connect(Reach::Preview(Absent::Create))?;
    let mut migrator = app.migrator_of(database, set.clone());
    let status = migrator.status()?;
    let facts = facts_of(&mut migrator);
    let facts = match migrator.check() {
        Ok(checked) => facts.with_check(&checked),
        Err(_) => facts,
    };
    Ok(Asked { status, facts })
}

fn applied(status: &StatusReport) -> BTreeSet<Version> {
    let entries = status.migrations.iter();
    // What is applied in part is not to be changed either.
    let begun =
        entries.filter(|entry| entry.is_applied() || entry.statements_done.unwrap_or(0) > 0);
    begun.map(|entry| entry.version.clone()).collect()
}

impl Chosen {
    /// Returns the warning that some files are no migrations, which nobody has named.
    fn unread(&self) -> Option<String> {
        let mut problems = self.set.problems().iter();
        let first = problems.find(|problem| !self.refused.contains(problem))?;
        Some(format!(
            "what cannot be read as a migration was not linted: {first}"
        ))
    }

    /// Returns a migration to be linted, which may be applied already.
    fn subject(&self, migration: &Migration) -> Subject {
        let subject = Subject::from(migration);
        let applied = self.applied.as_ref();
        if applied.is_ok_and(|applied| applied.contains(migration.version())) {
            subject.applied()
        } else {
            subject
        }
    }

    fn choose_all(&mut self) {
        let migrations = self.set.migrations().iter();
        self.subjects = migrations.map(|it| self.subject(it)).collect();
    }

    /// A gate that looks at too much is better than one that looks at nothing.
    fn choose_all_for_want_of_a_database(&mut self, app: &App<'_>, error: &CommandError) {
        self.choose_all();
        let why = format!(
            "no database could be asked what is pending, so all migrations were linted: {error}"
        );
        let why = app.settings.redactor.redact(&why);
        self.warnings.push(why.into_owned());
    }

    fn choose_pending(&mut self, status: &StatusReport) {
        let pending = |migration: &&Migration| {
            let mut entries = status.migrations.iter();
            let entry = entries.find(|entry| entry.version == *migration.version());
            !entry.is_some_and(StatusEntry::is_applied)
        };
        let pending = self.set.migrations().iter().filter(pending);
        self.subjects = pending.map(Subject::from).collect();
        self.together = self.one_run;
        self.word = "pending";
        self.told = String::from("what is pending");
    }

    /// What differs from a revision is deployed together.
    fn choose_since(&mut self, app: &App<'_>, revision: &str) -> Result<(), CommandError> {
        let folder = app.migrations_folder();
        let changed = since::changed(&folder, revision)?;
        let subjects = self.set.migrations().iter().map(|it| self.subject(it));
        let differs = |subject: &Subject| {
            let mut files = subject.files();
            files.any(|file| changed.iter().any(|path| belongs(path, file, &folder)))
        };
        self.subjects = subjects.filter(differs).collect();
        self.together = self.one_run;
        self.word = "since";
        self.told = format!("what differs from `{revision}`");
        Ok(())
    }

    /// Each file is looked at once, however often and by whatever name it is given; and both ways of
    /// a migration together, though they are named one by one.
    fn choose_files(&mut self, typed: &[PathBuf], folder: &Path) -> Result<(), CommandError> {
        let named = typed.iter().map(Named::of).collect::<Result<Vec<_>, _>>()?;
        let mut seen = BTreeSet::new();
        self.refused.clear();
        for one in &named {
            let problems = self.set.problems().iter();
            let of_it = problems.filter(|problem| one.is_meant_by(problem, folder));
            for problem in of_it.cloned().collect::<Vec<_>>() {
                if !self.refused.contains(&problem) {
                    self.refused.push(problem);
                }
            }
            for subject in self.found(one, &named)? {
                let subject = subject.within(|path| !seen.contains(&in_full(path)));
                if subject.files().next().is_some() {
                    seen.extend(subject.files().map(in_full));
                    self.subjects.push(subject);
                }
            }
        }
        self.word = "files";
        self.told = String::from("as they were named");
        Ok(())
    }

    /// Returns what is in a file or a folder, of which all that were named is looked at; a file of a
    /// migration is run as the migration is.
    fn found(&self, one: &Named<'_>, all: &[Named<'_>]) -> Result<Vec<Subject>, CommandError> {
        let subject = |migration: &Migration| self.subject(migration);
        let found = within((&self.set, &subject), one, all);
        if !found.is_empty() {
            return Ok(found);
        }
        let wanted = &one.path;
        // A folder of migrations that is not the project's, or a migration in one.
        let above = wanted.ancestors().take(if wanted.is_dir() { 2 } else { 3 });
        for folder in above.filter(|folder| folder.is_dir()) {
            let set = MigrationSet::scan(folder).unwrap_or_default();
            let found = within((&set, &|migration| Subject::from(migration)), one, all);
            if !found.is_empty() {
                return Ok(found);
            }
        }
        if wanted.is_dir() {
            return Err(CommandError::NothingToLint {
                folder: one.typed.to_owned(),
            });
        }
        let text = std::fs::read_to_string(one.typed).map_err(|source| one.unread(source))?;
        Ok(vec![Subject::file(one.typed, text)])
    }
}

/// A file or a folder that was named.
struct Named<'a> {
    typed: &'a Path,
    /// What it is without links.
    path: PathBuf,
}

impl<'a> Named<'a> {
    fn of(typed: &'a PathBuf) -> Result<Self, CommandError> {
        let path = PathBuf::new();
        let mut named = Self { typed, path };
        named.path = typed
            .canonicalize()
            .map_err(|source| named.unread(source))?;
        Ok(named)
    }

    fn unread(&self, source: io::Error) -> CommandError {
        CommandError::Read {
            path: self.typed.to_owned(),
            source,
        }
    }

    /// Returns whether a problem is about this file or folder, or about the migration that it is of:
    /// about its folder, or about what lies beside it, in the folder of all migrations under its name.
    fn is_meant_by(&self, problem: &SourceError, folder: &Path) -> bool {
        let mut paths = vec![PathBuf::from(problem.place().file)];
        if let SourceError::Duplicate { first, .. } = problem {
            paths.push(first.clone());
        }
        let mut paths = paths.iter().map(|path| in_full(path));
        paths.any(|path| {
            let parent = self.path.parent();
            let is_alone = parent == Some(folder);
            let is_beside =
                path.parent() == parent && (!is_alone || stem(&path) == stem(&self.path));
            let is_around = Some(&*path) == parent && !is_alone;
            self.has(&path) || is_beside || is_around
        })
    }

    /// Returns whether a file is this one, or in this folder.
    fn has(&self, file: &Path) -> bool {
        file.starts_with(&self.path)
    }
}

/// Returns the name of a file of a pair up to the ending that says what it is of it.
fn stem(path: &Path) -> Option<&str> {
    let name = path.file_name()?.to_str()?;
    let mut endings = [".up.sql", ".down.sql", ".metadata.toml"].iter();
    Some(
        endings
            .find_map(|ending| name.strip_suffix(ending))
            .unwrap_or(name),
    )
}

/// Returns a path without links; as it is where it leads nowhere.
fn in_full(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// Returns those of these migrations that have a file in one that was named, with their files that are
/// in any of them.
fn within(
    (set, subject): (&MigrationSet, &dyn Fn(&Migration) -> Subject),
    one: &Named<'_>,
    all: &[Named<'_>],
) -> Vec<Subject> {
    let subjects = set.migrations().iter().map(subject);
    let here = subjects.filter(|subject| subject.files().any(|path| one.has(&in_full(path))));
    here.map(|subject| {
        subject.within(|path| {
            let path = in_full(path);
            all.iter().any(|named| named.has(&path))
        })
    })
    .collect()
}

/// Returns whether a change of a path in the folder of migrations is one of a migration with this
/// file: of itself, or of what lies beside it in a folder of its own.
fn belongs(changed: &Path, file: &Path, folder: &Path) -> bool {
    let parent = file.parent().filter(|parent| *parent != folder);
    changed == file || parent.is_some_and(|parent| changed.starts_with(parent))
}
