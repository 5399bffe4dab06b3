//! What is linted: a migration with its ways, or a file alone.

use std::path::Path;

use crate::event::Direction;
use crate::migration::{Body, Migration, Settings, SourceError, SqlText};

/// Something to lint.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The migration's full name; none of a file that belongs to none.
    pub(super) migration: Option<String>,
    /// Its ways, up before down.
    pub(super) ways: Vec<(Direction, SqlText)>,
    /// How it is run.
    pub(super) settings: Settings,
    /// What is wrong with what it says of that.
    pub(super) settings_error: Option<SourceError>,
    /// Whether the database has it already.
    pub(super) is_applied: bool,
}

impl Subject {
    /// Returns a file that belongs to no migration, as a way up that runs in a transaction; one
    /// that is called `down.sql`, or ends in `.down.sql`, is a way down.
    pub fn file(path: &Path, text: impl Into<String>) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let direction = if name == "down.sql" || name.ends_with(".down.sql") {
            Direction::Down
        } else {
            Direction::Up
        };
        Self {
            migration: None,
            ways: vec![(direction, SqlText::whole_file(path, text.into()))],
            settings: Settings::default(),
            settings_error: None,
            is_applied: false,
        }
    }

    /// Says that the database has it already, so that what it makes is there.
    #[must_use]
    pub fn applied(mut self) -> Self {
        self.is_applied = true;
        self
    }

    /// Returns its files, up before down; one that holds both is there twice.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.ways.iter().map(|(_, text)| text.path.as_path())
    }

    /// Returns only its way up.
    #[must_use]
    pub fn up(mut self) -> Self {
        self.ways
            .retain(|(direction, _)| *direction == Direction::Up);
        self
    }

    /// Returns only what is in these files.
    #[must_use]
    pub fn within(mut self, wanted: impl Fn(&Path) -> bool) -> Self {
        self.ways.retain(|(_, text)| wanted(&text.path));
        self
    }
}

impl From<&Migration> for Subject {
    /// A way that is a function has nothing to lint.
    fn from(migration: &Migration) -> Self {
        let up = (Direction::Up, migration.up.as_sql());
        let down = migration.down.as_ref().and_then(Body::as_sql);
        let ways = [up, (Direction::Down, down)];
        Self {
            migration: Some(migration.name.clone()),
            ways: ways
                .into_iter()
                .filter_map(|(direction, text)| Some((direction, text?.clone())))
                .collect(),
            settings: migration.settings.clone(),
            settings_error: migration.settings_error.clone(),
            is_applied: false,
        }
    }
}
