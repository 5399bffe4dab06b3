//! What stands between `CREATE` and the kind of the object.

use crate::sql::words::Words;

/// What may stand between `CREATE` and the kind of the object.
const ADJECTIVES: [&str; 14] = [
    "OR",
    "REPLACE",
    "GLOBAL",
    "LOCAL",
    "UNLOGGED",
    "FOREIGN",
    "MATERIALIZED",
    "RECURSIVE",
    "CONSTRAINT",
    "EVENT",
    "VIRTUAL",
    "TRUSTED",
    "PROCEDURAL",
    "DEFAULT",
];

/// What stands before the kind.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a word that stands there, or not"
)]
pub(super) struct Adjectives {
    pub(super) temporary: bool,
    /// Whether it takes the place of another.
    pub(super) or_existing: bool,
    pub(super) unique: bool,
    pub(super) materialized: bool,
}

impl Adjectives {
    pub(super) fn read(words: &mut Words<'_>) -> Self {
        let mut said = Self::default();
        loop {
            if words.eat_any(&["TEMP", "TEMPORARY"]) {
                said.temporary = true;
            } else if words.eat("UNIQUE") {
                said.unique = true;
            } else if words.is_any(&ADJECTIVES) {
                said.or_existing |= words.is("REPLACE");
                said.materialized |= words.is("MATERIALIZED");
                words.skip();
            } else {
                return said;
            }
        }
    }
}
