//! `CREATE EXTENSION`: which one is made, and where.
//!
//! Must not know who may.

use crate::sql::script::Script;
use crate::sql::words::Words;

/// An extension that a statement makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExtensionMade {
    /// What it is called.
    pub(crate) name: String,
    /// The schema that its objects come into, where one is named.
    pub(crate) schema: Option<String>,
    /// Its version, where one is named.
    pub(crate) version: Option<String>,
    /// Whether one that is there is left as it is.
    pub(crate) or_existing: bool,
}

impl Script {
    /// Returns the extension that the statement at `index` makes.
    ///
    /// # Panics
    ///
    /// Panics if there is no statement at `index`.
    pub(crate) fn extension_made(&self, index: usize) -> Option<ExtensionMade> {
        let dialect = self.dialect();
        self.with_phrase(index, |statement| {
            let mut words = Words::new(statement, dialect);
            words.eat_all(&["CREATE", "EXTENSION"]).then_some(())?;
            let or_existing = words.eat_all(&["IF", "NOT", "EXISTS"]);
            let name = words.identifier()?;
            let (mut schema, mut version) = (None, None);
            while !words.is_done() {
                if words.eat("SCHEMA") {
                    schema = words.identifier();
                } else if words.eat("VERSION") {
                    version = words.string().or_else(|| words.identifier());
                } else {
                    words.skip();
                }
            }
            Some(ExtensionMade {
                name,
                schema,
                version,
                or_existing,
            })
        })
    }
}
