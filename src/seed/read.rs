//! Reads a seed: whatever can be found wrong with it before any table is asked.
//!
//! The database is asked at most whether it can parse. Which table the rows are for, and whether
//! they fit it, is for `prepare` to say.

use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use super::blank;
use super::error::{SeedError, UnfitSeed};
use super::file::DataFile;
use super::model::{Content, Seed};
use super::rows::Format;
use super::sidecar::Sidecar;
use super::template::{Lent, Rendered};
use crate::backend::Backend;
use crate::backend::error::BackendError;
use crate::backend::rows::LoadMode;
use crate::environment::Protection;
use crate::migration::Place;
use crate::sql::{INSTEAD_OF_GIVING_UP, Position, Script, SqlError};

/// What is asked for, or why the seed cannot run.
pub(super) type Fits<T> = Result<T, UnfitSeed>;

/// A seed that could be read.
#[derive(Debug)]
pub(super) struct ReadSeed<'a> {
    /// What it was filled with, where it is a template.
    pub(super) rendered: Option<Rendered>,
    /// Its file when it was looked at.
    pub(super) stamp: Stamp,
    pub(super) said: Said<'a>,
}

/// What a seed's file says.
#[derive(Debug)]
pub(super) enum Said<'a> {
    /// Statements, split.
    Statements(Script),
    /// Rows, of which so many are read as name the columns.
    Rows {
        file: Box<DataFile<'a>>,
        sidecar: &'a Sidecar,
    },
}

/// A file's size and when it was changed last, by which another version of it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// In bytes.
    pub(crate) size: u64,
    changed: Option<SystemTime>,
}

impl Stamp {
    /// Looks at a file.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        Ok(Self {
            size: metadata.len(),
            changed: metadata.modified().ok(),
        })
    }
}

/// Reads a seed.
pub(super) fn read<'a>(
    backend: &mut dyn Backend,
    (seed, lent): (&'a Seed, &Lent),
    protection: Protection,
) -> Result<ReadSeed<'a>, SeedError> {
    let unfit = |source| SeedError::Unfit {
        name: seed.name.clone(),
        source,
    };
    let stamp = Stamp::of(&seed.path).map_err(|error| unfit(unreadable(&seed.path, &error)))?;
    let render = |template| lent.render(&seed.path, template, backend.dialect());
    let rendered = seed.template().map(render).transpose().map_err(unfit)?;
    let said = match &seed.content {
        Content::Sql { text, .. } => {
            let source = Source {
                path: &seed.path,
                text: rendered.as_ref().map_or(text, |rendered| &rendered.sql),
                rendered: rendered.as_ref(),
            };
            Said::Statements(script(backend, source)?.map_err(unfit)?)
        }
        Content::Rows { format, sidecar } => Said::Rows {
            file: Box::new(data_file(seed, *format, sidecar, protection).map_err(unfit)?),
            sidecar,
        },
    };
    Ok(ReadSeed {
        rendered,
        stamp,
        said,
    })
}

fn data_file<'a>(
    seed: &'a Seed,
    format: Format,
    sidecar: &'a Sidecar,
    protection: Protection,
) -> Fits<DataFile<'a>> {
    if sidecar.mode == LoadMode::Replace && protection == Protection::Protected {
        return Err(UnfitSeed::ReplaceInProtected {
            settings: seed.settings(),
        });
    }
    let file = DataFile::open(&seed.path, format, sidecar)?;
    if blank::names_it(file.columns()) {
        return Err(still_the_template(&seed.path));
    }
    Ok(file)
}

/// What helps where a file has not said that it is a template.
const OPT_IN: &str = "if it is a template, begin it with the line `-- seed: template`";

/// The SQL of a seed, and where it comes from.
#[derive(Clone, Copy)]
struct Source<'a> {
    path: &'a Path,
    text: &'a str,
    rendered: Option<&'a Rendered>,
}

impl Source<'_> {
    fn malformed(self, position: Position, message: String, hint: Option<String>) -> UnfitSeed {
        UnfitSeed::Malformed {
            place: self.place(position),
            message: match self.rendered {
                None => message,
                Some(rendered) => rendered.blot(&message),
            },
            hint,
        }
    }

    /// Returns whether somebody may have meant a template, and did not say so.
    fn looks_like_template(self) -> bool {
        let is_mark = |mark| self.text.contains(mark);
        self.rendered.is_none() && ["{{", "{%"].into_iter().any(is_mark)
    }

    fn place(self, position: Position) -> Place {
        match self.rendered {
            None => Place::at(self.path, position),
            Some(rendered) => rendered.place(self.path, position),
        }
    }
}

fn script(backend: &mut dyn Backend, source: Source<'_>) -> Result<Fits<Script>, BackendError> {
    let script = match Script::parse(source.text, 1, backend.dialect()) {
        Ok(script) => script,
        Err(SqlError::CopyFromStdin { position }) => {
            let place = source.place(position);
            return Ok(Err(UnfitSeed::CopyFromStdin { place }));
        }
        Err(error) => {
            // A line of what the template gave is none of the template's.
            let hint = error.hint().filter(|_| source.rendered.is_none());
            return Ok(Err(source.malformed(
                error.position(),
                error.problem(),
                hint,
            )));
        }
    };
    if script.is_empty() && blank::is_template(source.text) {
        return Ok(Err(still_the_template(source.path)));
    }
    if let Some(index) = script.transaction_control() {
        let place = source.place(script.statement_position(index));
        return Ok(Err(UnfitSeed::ControlsTransaction { place }));
    }
    if let Some(index) = script.gives_up_session() {
        let message = "the statement would give up the lock, and another run could begin";
        let position = script.statement_position(index);
        let hint = Some(INSTEAD_OF_GIVING_UP.to_owned());
        return Ok(Err(source.malformed(position, message.to_owned(), hint)));
    }
    let found = backend.syntax_findings(&script)?.into_iter().next();
    Ok(match found {
        None => Ok(script),
        Some(finding) => {
            let position = script.position(finding.offset);
            let hint = source.looks_like_template().then(|| OPT_IN.to_owned());
            Err(source.malformed(position, finding.message, hint))
        }
    })
}

fn still_the_template(path: &Path) -> UnfitSeed {
    UnfitSeed::Unwritten {
        path: path.to_owned(),
    }
}

pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> UnfitSeed {
    UnfitSeed::Unreadable {
        path: path.to_owned(),
        message: error.to_string(),
    }
}
