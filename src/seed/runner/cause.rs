//! What a seed fails of, and its words: which file, which line, which column.

use crate::backend::ScriptError;
use crate::backend::error::{BackendError, DatabaseError};
use crate::backend::rows::LoadError;
use crate::migration::Place;
use crate::operation::Remembered;
use crate::seed::error::UnfitSeed;
use crate::seed::failure::SeedFailure;
use crate::seed::file::place_of_row;
use crate::seed::prepare::{Prepared, Work};
use crate::sql::Position;

/// What a seed failed of, before it is put into words.
pub(super) enum Cause {
    /// The lock is not held, or a row of ours could not be written.
    Around(DatabaseError),
    /// What the script changed of the session is put back once it is rolled back.
    Script {
        error: ScriptError,
        remembered: Remembered,
    },
    Load(LoadError),
    /// The file is another than when it was prepared.
    File(UnfitSeed),
}

impl From<BackendError> for Cause {
    fn from(error: BackendError) -> Self {
        Self::Around(match error {
            BackendError::Query { source, .. } => source,
            other => DatabaseError::from_message(other.to_string()),
        })
    }
}

impl From<DatabaseError> for Cause {
    fn from(error: DatabaseError) -> Self {
        Self::Around(error)
    }
}

/// Puts a cause into words, without what a template was filled with.
pub(super) fn put_into_words(seed: &Prepared<'_>, cause: Cause) -> SeedFailure {
    let failure = name_place(seed, cause);
    let failure = match &seed.rendered {
        None => failure,
        Some(rendered) => rendered.blot_failure(failure),
    };
    // Cut afterwards: half of a password would not be known for one.
    failure.shortened()
}

fn name_place(seed: &Prepared<'_>, cause: Cause) -> SeedFailure {
    let (name, path) = (&seed.seed.name, &seed.seed.path);
    match cause {
        Cause::Around(error) => SeedFailure::of(name, error),
        Cause::File(unfit) => SeedFailure::of(name, DatabaseError::from_message(unfit.to_string())),
        Cause::Script { error, .. } => {
            let offset = error.offset;
            let mut failure = SeedFailure::of(name, error.error);
            if let (Work::Sql(script), Some(offset)) = (&seed.work, offset) {
                let position = script.position(offset);
                failure.place = Some(match &seed.rendered {
                    None => Place::at(path, position),
                    Some(rendered) => rendered.place(path, position),
                });
            }
            failure
        }
        Cause::Load(LoadError::Source(error)) => SeedFailure {
            place: Some(place_of_row(path, error.position)),
            column: error.column,
            ..SeedFailure::of(name, DatabaseError::from_message(error.message))
        },
        Cause::Load(LoadError::Stopped) => {
            SeedFailure::of(name, DatabaseError::from_message("interrupted"))
        }
        Cause::Load(LoadError::Duplicate { first, again, key }) => SeedFailure {
            place: again.map(|again| place_of_row(path, Some(again))),
            ..SeedFailure::of(name, same_key(first, &key))
        },
        Cause::Load(LoadError::Refused {
            position,
            column,
            value,
            error,
        }) => SeedFailure {
            place: position.map(|position| place_of_row(path, Some(position))),
            column,
            value,
            ..SeedFailure::of(name, error)
        },
    }
}

/// Says that a row has the same key as one before it.
fn same_key(first: Option<Position>, key: &str) -> DatabaseError {
    let first = match first {
        None => "another".to_owned(),
        Some(Position { line, column: 1 }) => format!("that of line {line}"),
        Some(Position { line, column }) => format!("that of line {line}, column {column}"),
    };
    DatabaseError::from_message(format!("the row has the same key as {first}: {key}"))
}
