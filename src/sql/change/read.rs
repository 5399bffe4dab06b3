//! Reads what a statement does to tables, from its beginning to its end.

use super::{Along, Change, ObjectName, Path, TEMPORARY, Taken};
use crate::sql::destruction::{calls_something, destroys};
use crate::sql::token::{Dialect, Phrase, TokenKind};

/// What stands in a list of columns and is none.
const CONSTRAINTS: &[&str] = &[
    "CONSTRAINT",
    "PRIMARY",
    "UNIQUE",
    "CHECK",
    "FOREIGN",
    "EXCLUDE",
    "LIKE",
];

/// What runs code, or changes rows in more than one way.
const UNTOLD: &[&str] = &["CALL", "DO", "EXECUTE", "MERGE", "WITH"];
/// What does nothing to rows that are there, unless a function does that it calls.
const CALLING: &[&str] = &["COPY", "INSERT", "SELECT", "VALUES"];
/// What takes columns of tables along that depend on it.
const DEPENDED_ON: &[&str] = &["ACCESS", "COLLATION", "DOMAIN", "EXTENSION", "TYPE"];

/// A statement that is read from its beginning to its end.
pub(super) struct Reader<'a> {
    pub(super) phrase: Phrase<'a>,
    dialect: &'static dyn Dialect,
    pub(super) at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(phrase: Phrase<'a>, dialect: &'static dyn Dialect) -> Self {
        Self {
            phrase,
            dialect,
            at: 0,
        }
    }
}

impl Reader<'_> {
    pub(super) fn changes(&mut self) -> Vec<Change> {
        if self.may_be_anything() || self.takes_more_along() {
            return vec![Change::Untold];
        }
        let mut changes = self.read().unwrap_or_default();
        if self.phrase.is_any_word(0, CALLING) && calls_something(self.phrase) {
            changes.push(Change::Untold);
        }
        changes
    }

    fn may_be_anything(&self) -> bool {
        let runs_another = self.phrase.is_word(0, "EXPLAIN") && self.has_ahead("ANALYZE");
        self.phrase.is_any_word(0, UNTOLD) && destroys(self.phrase) || runs_another
    }

    fn takes_more_along(&self) -> bool {
        let depended_on = self.phrase.is_any_word(1, DEPENDED_ON) && self.has_ahead("CASCADE");
        let drops = self.phrase.is_word(0, "DROP");
        drops && (self.phrase.is_word(1, "OWNED") || depended_on) || self.takes_attributes()
    }

    /// Returns whether a composite type loses an attribute, or gives one another type: with and
    /// without `CASCADE` the columns lose what they have there.
    fn takes_attributes(&self) -> bool {
        let takes = |index| {
            self.phrase.is_any_word(index, &["ALTER", "DROP"])
                && self.phrase.is_word(index + 1, "ATTRIBUTE")
        };
        let alters_type = self.phrase.is_word(0, "ALTER") && self.phrase.is_word(1, "TYPE");
        alters_type && (2..self.phrase.tokens().len()).any(takes)
    }

    fn read(&mut self) -> Option<Vec<Change>> {
        if self.takes(&["DROP"]) {
            return self.dropped();
        }
        if self.takes(&["TRUNCATE"]) {
            return Some(self.truncated());
        }
        if self.takes(&["DELETE"]) {
            self.passes(&["FROM", "ONLY"]);
            let table = self.name()?;
            let change = if self.has_ahead("WHERE") {
                Change::Thin(table)
            } else {
                Change::Empty(table)
            };
            return Some(vec![change]);
        }
        if self.takes(&["CREATE"]) {
            return self.created();
        }
        if self.phrase.is_any_word(0, &["INSERT", "REPLACE"]) {
            let (replaced, overwritten) = self.replaced();
            self.at += 1;
            let filled = self.inserted();
            return Some(
                replaced
                    .into_iter()
                    .chain(filled)
                    .chain(overwritten)
                    .collect(),
            );
        }
        if self.takes(&["UPDATE"]) {
            return self.updated();
        }
        if self.takes(&["ALTER"]) {
            return self.altered();
        }
        self.path().map(|path| vec![Change::SearchPath(path)])
    }

    fn truncated(&mut self) -> Vec<Change> {
        self.passes(&["TABLE", "ONLY"]);
        let along = if self.has_ahead("CASCADE") {
            Along::Referring
        } else {
            Along::Nothing
        };
        let names = self.names().into_iter();
        let truncated = names.map(|table| Change::Truncate { table, along });
        truncated.collect()
    }

    fn dropped(&mut self) -> Option<Vec<Change>> {
        if self.takes(&["TABLE"]) {
            self.passes(&["IF", "EXISTS"]);
            return Some(self.names().into_iter().map(Change::Drop).collect());
        }
        if self.takes(&["SCHEMA"]) {
            self.passes(&["IF", "EXISTS"]);
            let names = self.names();
            // Without the word only an empty one goes.
            let goes = self.has_ahead("CASCADE");
            let schemas = names.into_iter().filter(|_| goes);
            return Some(schemas.map(|it| Change::DropSchema(it.name)).collect());
        }
        None
    }

    fn created(&mut self) -> Option<Vec<Change>> {
        let is_temporary = self.passes(&["GLOBAL", "LOCAL"]) | self.passes(&["TEMP", "TEMPORARY"]);
        self.passes(&["UNLOGGED"]);
        if !self.takes(&["TABLE"]) {
            return None;
        }
        let taken = if self.phrase.is_word(self.at, "IF") {
            Taken::Stays
        } else {
            Taken::Fails
        };
        self.passes(&["IF", "NOT", "EXISTS"]);
        let mut table = self.name()?;
        if is_temporary {
            table.schema = Some(TEMPORARY.to_owned());
        }
        let columns = self.phrase.is_mark(self.at, "(").then(|| self.columns());
        let fill = self.filled(&table, columns.as_deref());
        let create = Change::Create {
            table,
            columns,
            taken,
        };
        Some(std::iter::once(create).chain(fill).collect())
    }

    /// Reads the columns' names in the parentheses that begin here.
    pub(super) fn columns(&mut self) -> Vec<String> {
        self.at += 1;
        let mut columns = Vec::new();
        loop {
            if !self.phrase.is_any_word(self.at, CONSTRAINTS) {
                columns.extend(self.identifier());
            }
            if !self.passes_comma() {
                return columns;
            }
        }
    }

    fn altered(&mut self) -> Option<Vec<Change>> {
        if self.takes(&["SCHEMA"]) {
            let from = self.identifier()?;
            let renamed = self.takes(&["RENAME"]) && self.takes(&["TO"]);
            let to = self.identifier().filter(|_| renamed)?;
            return Some(vec![Change::RenameSchema { from, to }]);
        }
        if !self.takes(&["TABLE"]) {
            return None;
        }
        self.passes(&["IF", "EXISTS", "ONLY"]);
        let table = self.name()?;
        let mut changes = Vec::new();
        loop {
            changes.extend(self.action(&table));
            if !self.passes_comma() {
                return Some(changes);
            }
        }
    }

    /// Reads where names are looked for from here on.
    /// <https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-PATH>
    fn path(&mut self) -> Option<Path> {
        const SETTING: &str = "SEARCH_PATH";
        if self.takes(&["RESET"]) {
            let is_it = self.phrase.is_any_word(self.at, &[SETTING, "ALL"]);
            return is_it.then_some(Path::Usual);
        }
        if self.takes(&["SELECT"]) {
            let is_it = self.has_ahead("SET_CONFIG") && self.says_ahead(SETTING);
            return is_it.then_some(Path::Unknown);
        }
        if !self.takes(&["SET"]) {
            return None;
        }
        self.passes(&["LOCAL", "SESSION"]);
        if !self.takes(&[SETTING, "SCHEMA"]) {
            return None;
        }
        if self.takes(&["FROM"]) {
            return Some(Path::Usual);
        }
        let is_equal = self.phrase.text_at(self.at) == "=" || self.phrase.is_word(self.at, "TO");
        self.at += usize::from(is_equal);
        if self.phrase.is_word(self.at, "DEFAULT") {
            return Some(Path::Usual);
        }
        Some(self.schemas().map_or(Path::Unknown, Path::Schemas))
    }

    /// Reads the schemas of a path, which may be words or texts.
    fn schemas(&mut self) -> Option<Vec<String>> {
        let mut schemas = Vec::new();
        loop {
            let written = self.phrase.text_at(self.at);
            let text = written
                .strip_prefix('\'')
                .and_then(|text| text.strip_suffix('\''));
            let schema = match text {
                Some(text) => {
                    self.at += 1;
                    text.to_owned()
                }
                None => self.identifier()?,
            };
            // Whose schema that is, only the server knows.
            if schema == "$user" || schema.contains(',') {
                return None;
            }
            schemas.push(schema);
            if !self.phrase.is_mark(self.at, ",") {
                return Some(schemas);
            }
            self.at += 1;
        }
    }

    fn says_ahead(&self, setting: &str) -> bool {
        let mut rest = self.at..self.phrase.tokens().len();
        rest.any(|index| {
            let text = self.phrase.text_at(index);
            text.trim_matches('\'').eq_ignore_ascii_case(setting)
        })
    }

    fn action(&mut self, table: &ObjectName) -> Option<Change> {
        let table = table.clone();
        if self.takes(&["DROP"]) {
            if self.takes(&["CONSTRAINT"]) {
                return None;
            }
            self.passes(&["COLUMN", "IF", "EXISTS"]);
            let column = self.identifier()?;
            return Some(Change::DropColumn { table, column });
        }
        if self.takes(&["ALTER"]) {
            self.passes(&["COLUMN"]);
            let column = self.identifier()?;
            self.passes(&["SET", "DATA"]);
            let converts = self.takes(&["TYPE"]);
            return converts.then_some(Change::ConvertColumn { table, column });
        }
        if self.takes(&["SET"]) && self.takes(&["SCHEMA"]) {
            let schema = self.identifier()?;
            let to = ObjectName {
                schema: Some(schema),
                name: table.name.clone(),
            };
            return Some(Change::Rename { from: table, to });
        }
        if self.takes(&["RENAME"]) {
            return self.renamed(table);
        }
        None
    }

    fn renamed(&mut self, table: ObjectName) -> Option<Change> {
        if self.takes(&["TO"]) {
            let name = self.identifier()?;
            let to = ObjectName {
                schema: table.schema.clone(),
                name,
            };
            return Some(Change::Rename { from: table, to });
        }
        if self.takes(&["CONSTRAINT"]) {
            return None;
        }
        self.passes(&["COLUMN"]);
        let from = self.identifier()?;
        self.passes(&["TO"]);
        let to = self.identifier()?;
        Some(Change::RenameColumn { table, from, to })
    }

    /// Reads one name after the other, between commas.
    fn names(&mut self) -> Vec<ObjectName> {
        let mut names = Vec::new();
        while let Some(name) = self.name() {
            names.push(name);
            if self.phrase.text_at(self.at) == "*" {
                self.at += 1;
            }
            if !self.phrase.is_mark(self.at, ",") {
                break;
            }
            self.at += 1;
            self.passes(&["ONLY"]);
        }
        names
    }

    pub(super) fn name(&mut self) -> Option<ObjectName> {
        let mut name = ObjectName {
            schema: None,
            name: self.identifier()?,
        };
        while self.phrase.is_mark(self.at, ".") {
            self.at += 1;
            name = ObjectName {
                schema: Some(name.name),
                name: self.identifier()?,
            };
        }
        Some(name)
    }

    pub(super) fn identifier(&mut self) -> Option<String> {
        match self.phrase.kind_at(self.at)? {
            TokenKind::Word | TokenKind::QuotedIdentifier => {
                self.at += 1;
                Some(self.dialect.identifier(self.phrase.text_at(self.at - 1)))
            }
            _ => None,
        }
    }

    /// Passes one of these words, where it stands here.
    pub(super) fn takes(&mut self, words: &[&str]) -> bool {
        let is_here = self.phrase.is_any_word(self.at, words);
        self.at += usize::from(is_here);
        is_here
    }

    /// Passes all that stand here of these words, and returns whether there were any.
    pub(super) fn passes(&mut self, words: &[&str]) -> bool {
        let start = self.at;
        while self.takes(words) {}
        self.at > start
    }

    /// Passes all up to the next comma, which is not in parentheses that begin on the way; false
    /// where there is none before the end, or before the parentheses end that this stands in.
    fn passes_comma(&mut self) -> bool {
        let mut depth = 0_usize;
        while self.at < self.phrase.tokens().len() {
            let mark = self.phrase.text_at(self.at);
            self.at += 1;
            match mark {
                "(" | "[" => depth += 1,
                ")" | "]" if depth == 0 => return false,
                ")" | "]" => depth -= 1,
                "," if depth == 0 => return true,
                _ => {}
            }
        }
        false
    }

    pub(super) fn has_ahead(&self, word: &str) -> bool {
        let mut rest = self.at..self.phrase.tokens().len();
        rest.any(|index| self.phrase.is_word(index, word))
    }
}
