//! Names of tables, as statements mean them and as the catalog has them.

use super::Count;
use crate::backend::DatabaseError;
use crate::backend::rows::{TableName, TableShape};
use crate::backend::tables::quote_identifier;
use crate::migration::loss::amount::is_of_a_lock;
use crate::migration::loss::trace::{Gone, Names, Trace};
use crate::sql::{Change, Name};

impl Count<'_> {
    pub(super) fn home(&mut self) -> Result<String, DatabaseError> {
        if let Some(home) = &self.home {
            return Ok(home.clone());
        }
        let home = self.counter.backend.home_schema()?;
        let home = home.unwrap_or_else(|| self.tables.schema.clone());
        Ok(self.home.insert(home).clone())
    }

    /// Follows a step through the names of the database.
    pub(in crate::migration::loss) fn follow(
        &mut self,
        trace: &mut Trace,
        changes: Vec<(usize, Change)>,
    ) -> Result<Vec<(usize, Gone)>, DatabaseError> {
        let home = self.home()?;
        let mut failed = None;
        let mut find = |name: &Name| match self.real(name, &home) {
            Ok(found) => found,
            Err(error) => {
                failed.get_or_insert(error);
                None
            }
        };
        let mut names = Names {
            home: home.clone(),
            find: &mut find,
        };
        let gone = trace.step(&mut names, changes);
        failed.map_or(Ok(gone), Err)
    }

    /// Returns the name that a table really has, as statements would mean it.
    fn real(&mut self, name: &Name, home: &str) -> Result<Option<Name>, DatabaseError> {
        let asked = table_name(name);
        let shape = self.counter.ask(|backend| backend.table_shape(&asked))?;
        Ok(match shape {
            Ok(shape) => shape.map(|shape| self.meant(&shape.name, home)),
            // Whoever has it locked, it is there.
            Err(error) if is_of_a_lock(&error) => Some(name.clone()),
            Err(error) => return Err(error),
        })
    }

    /// Returns a name of the catalog as a statement would mean it.
    pub(super) fn meant(&self, name: &TableName, home: &str) -> Name {
        let dialect = self.counter.backend.dialect();
        let schema = name.schema.clone().unwrap_or_else(|| home.to_owned());
        Name {
            schema: Some(schema),
            name: dialect.identifier(&quote_identifier(&name.name)),
        }
    }

    /// Returns the tables of the user's in the schemas of these names, or without one.
    pub(in crate::migration::loss) fn tables_of(
        &mut self,
        is_asked: impl Fn(&String) -> bool,
    ) -> Result<Vec<TableShape>, DatabaseError> {
        let mut shapes = Vec::new();
        for table in self.counter.backend.content_tables()? {
            let name = TableName::parse(&table.name);
            if let Some(shape) = self.counter.backend.table_shape(&name)?
                && shape.name.schema.as_ref().is_none_or(&is_asked)
            {
                shapes.push(shape);
            }
        }
        Ok(shapes)
    }

    /// Returns what people call a table.
    pub(super) fn shown(&self, name: &TableName) -> String {
        let own = Some(&self.tables.schema);
        let schema = name.schema.clone();
        TableName {
            schema: schema.filter(|schema| Some(schema) != own),
            name: name.name.clone(),
        }
        .to_string()
    }
}

/// Returns the name by which the catalog is asked for a table.
pub(super) fn table_name(name: &Name) -> TableName {
    TableName {
        schema: name.schema.clone(),
        name: name.name.clone(),
    }
}
