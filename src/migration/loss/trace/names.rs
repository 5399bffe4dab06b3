//! Which table of before a name means, in the middle of a run.
//!
//! Pure: what was there before, [`Names`] is asked. Must not know what becomes of a table.

use super::{Origin, Trace};
use crate::sql::{Change, Name, Path, TEMPORARY};

/// What is known of names before the run.
pub(in crate::migration::loss) struct Names<'a> {
    /// The schema where a table is made whose name has none.
    pub(in crate::migration::loss) home: String,
    /// Returns the real name of the table that a name means, where there is one.
    pub(in crate::migration::loss) find: &'a mut dyn FnMut(&Name) -> Option<Name>,
}

impl Trace {
    /// Gives every name of a change its schema; nothing where nobody can tell which that is.
    pub(super) fn resolved(&self, names: &mut Names<'_>, mut change: Change) -> Option<Change> {
        let makes = matches!(change, Change::Create { .. });
        let fills = matches!(change, Change::Fill { .. });
        let (table, other) = match &mut change {
            Change::Create { table, .. }
            | Change::Drop { table, .. }
            | Change::Empty(table)
            | Change::Thin(table)
            | Change::Overwrite { table, .. }
            | Change::Truncate { table, .. }
            | Change::Write { table, .. }
            | Change::DropColumn { table, .. }
            | Change::ConvertColumn { table, .. }
            | Change::RenameColumn { table, .. } => (table, None),
            Change::Fill { table, copy } => (table, copy.as_mut().map(|copy| &mut copy.from)),
            Change::Rename { from, to } => (from, Some(to)),
            Change::DropSchema(_)
            | Change::RenameSchema { .. }
            | Change::SearchPath(_)
            | Change::Savepoint(_)
            | Change::Untold => return Some(change),
        };
        let whole = if makes {
            self.place(names, table)
        } else {
            self.found_place(names, table)
        };
        *table = whole?;
        if let Some(other) = other {
            // A new name is in the schema of the old one, where it has none.
            *other = if fills {
                self.found_place(names, other)?
            } else {
                let schema = other.schema.clone().or_else(|| table.schema.clone());
                Name {
                    schema: schema.map(|schema| self.schema_before(schema)),
                    name: other.name.clone(),
                }
            };
        }
        Some(change)
    }

    /// Returns the whole name of a table that is made.
    fn place(&self, names: &Names<'_>, table: &Name) -> Option<Name> {
        let schema = match (&table.schema, &self.path) {
            (Some(schema), _) => schema.clone(),
            (None, Path::Usual) => names.home.clone(),
            (None, Path::Schemas(path)) => path.first()?.clone(),
            (None, Path::Unknown) => return None,
        };
        Some(self.of_schema(schema, &table.name))
    }

    /// Returns the whole name of a table that is there: the first one on the path.
    fn found_place(&self, names: &mut Names<'_>, table: &Name) -> Option<Name> {
        if table.schema.is_some() {
            return self.place(names, table);
        }
        let temporary = self.of_schema(TEMPORARY.to_owned(), &table.name);
        if self.is_there(&temporary) == Some(true) {
            return Some(temporary);
        }
        let home = match &self.path {
            Path::Usual => vec![names.home.clone()],
            Path::Schemas(path) => path.clone(),
            Path::Unknown => return None,
        };
        for schema in home {
            let place = self.of_schema(schema, &table.name);
            let is_there = self.is_there(&place);
            if is_there.unwrap_or_else(|| (names.find)(&place).is_some()) {
                return Some(place);
            }
        }
        let elsewhere = match self.path {
            Path::Usual => (names.find)(table).filter(|it| self.is_there(it) != Some(false)),
            _ => None,
        };
        elsewhere.or_else(|| self.place(names, table))
    }

    fn of_schema(&self, schema: String, table: &str) -> Name {
        Name {
            schema: Some(self.schema_before(schema)),
            name: table.to_owned(),
        }
    }

    pub(super) fn schema_before(&self, schema: String) -> String {
        let renamed = self.schemas.iter().rev().find(|(now, _)| *now == schema);
        renamed.map_or(schema, |(_, before)| before.clone())
    }

    /// Returns whether the run has left a table there; nothing where it did nothing to that name.
    fn is_there(&self, name: &Name) -> Option<bool> {
        let known = self.tables.iter().find(|(known, _)| known == name);
        known.map(|(_, origin)| *origin != Origin::Nothing)
    }
}
