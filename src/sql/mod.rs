//! SQL as text: tokens, statements, positions and checksums.
//!
//! Pure: no database, no file, no clock. The rules of one dialect live with
//! its backend and come in as a [`Dialect`]; nothing here names a backend.
//!
//! - [`Script`] is a text with its statements, ready to be run, pointed at and
//!   hashed.
//! - [`checksum`] tells whether two texts do the same, whatever their layout;
//!   [`checksum_raw`] whether they are the same bytes.
//! - `Script::effects` reads what a statement makes, drops, alters and writes.
//! - [`Script::destroys`] tells what cannot be had back once it has run.
//! - [`SqlError`] is what no server could run, found before one is asked.

mod change;
mod checksum;
pub(crate) mod destruction;
pub(crate) mod effect;
mod encoding;
mod error;
mod fault;
mod name;
mod position;
mod script;
mod split;
mod summary;
mod token;
mod words;
mod zone;

#[cfg(test)]
pub(crate) mod tests;

pub(crate) use self::change::{
    Along, Change, Copied, Path, RowCopy, Savepoint, TEMPORARY, Taken, Value, Which,
};
pub use self::checksum::{checksum, checksum_raw};
pub use self::encoding::NotUtf8;
pub(crate) use self::error::INSTEAD_OF_GIVING_UP;
pub use self::error::SqlError;
pub(crate) use self::name::Name;
pub(crate) use self::position::{BOM, Lines};
pub use self::position::{Position, Span};
pub use self::script::Script;
pub use self::split::Statement;
pub use self::token::{ClientData, Defect, Dialect, Phrase, StatementKind, Token, TokenKind};
pub(crate) use self::zone::Zone;
pub use crate::checksum::{Checksum, ParseChecksumError};
