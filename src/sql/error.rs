//! What can be wrong with a text before any server sees it.
//!
//! Knows where and what. Must not know the file: the caller adds its path.

use std::fmt;

use super::position::Position;

/// What to write in place of a statement that gives up all that the session holds.
pub(crate) const INSTEAD_OF_GIVING_UP: &str = "say what it is meant for: `RESET ALL; DEALLOCATE ALL;`, or which lock: `SELECT pg_advisory_unlock(KEY);`";

/// A text that cannot be split into statements, or that holds what no server
/// can run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SqlError {
    /// A literal, a quoted name or a comment has no end.
    Unterminated {
        /// What has no end: "string literal", "block comment", …
        what: &'static str,
        /// Where it starts.
        position: Position,
    },
    /// `COPY … FROM stdin`, whose data only `psql` would send.
    CopyFromStdin {
        /// Where the statement starts.
        position: Position,
    },
    /// `COPY … TO stdout`, whose rows only `psql` would take in.
    CopyToStdout {
        /// Where the statement starts.
        position: Position,
    },
    /// A command for `psql`, which servers do not know.
    PsqlCommand {
        /// The command without its arguments, which may hold a password.
        command: String,
        /// Where it stands.
        position: Position,
    },
    /// A NUL byte, at which servers stop reading.
    NulByte {
        /// Where it stands.
        position: Position,
    },
}

impl SqlError {
    /// Returns where in the file the error is.
    pub const fn position(&self) -> Position {
        match self {
            Self::Unterminated { position, .. }
            | Self::CopyFromStdin { position }
            | Self::CopyToStdout { position }
            | Self::PsqlCommand { position, .. }
            | Self::NulByte { position } => *position,
        }
    }

    /// Returns what is wrong without its place, for a caller that names the place itself.
    pub fn problem(&self) -> String {
        self.said("")
    }

    /// Says what is wrong, with `place` behind what is in the wrong.
    fn said(&self, place: &str) -> String {
        match self {
            Self::Unterminated { what, .. } => format!("unterminated {what}{place}"),
            Self::CopyFromStdin { .. } => {
                format!("`COPY … FROM stdin`{place} needs data that a migration cannot send")
            }
            Self::CopyToStdout { .. } => {
                format!("`COPY … TO stdout`{place} sends rows that nothing here takes in")
            }
            Self::PsqlCommand { command, .. } => {
                format!("`{command}`{place} is a command of psql, not SQL")
            }
            Self::NulByte { .. } => format!("NUL byte{place}"),
        }
    }

    /// Returns what to do about the error.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unterminated { what, position } => {
                format!("close the {what} that starts at line {}", position.line)
            }
            Self::CopyFromStdin { .. } => {
                "load the rows by a seed, or write them as `INSERT INTO … VALUES …`".to_owned()
            }
            Self::CopyToStdout { .. } => {
                "take the statement out, and read the rows by `psql`".to_owned()
            }
            Self::PsqlCommand { .. } => {
                "remove the line, or write what it does in SQL; only the `\\restrict` and \
                 `\\unrestrict` lines of a pg_dump file are passed over"
                    .to_owned()
            }
            Self::NulByte { .. } => {
                "save the file as UTF-8: a NUL byte most often comes from UTF-16".to_owned()
            }
        })
    }
}

impl fmt::Display for SqlError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.said(&format!(" at {}", self.position())))
    }
}
