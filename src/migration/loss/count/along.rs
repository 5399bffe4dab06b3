//! What goes along with rows because it refers to them, and with tables because it inherits from them.

use super::kinds::values_of_column;
use super::names::table_name;
use super::{Count, Found, Shape};
use crate::backend::DatabaseError;
use crate::backend::rows::{AlongWith, ForeignKeyChecks, Removal, Suffered};
use crate::event::Lost;
use crate::migration::loss::amount::Counted;
use crate::sql::Name;
use crate::sql::effect::Verb;

impl Count<'_> {
    /// Counts what goes because it refers to rows that go or inherits from their table, and what goes
    /// with that.
    pub(super) fn further(
        &mut self,
        table: &Name,
        removal: Removal,
        checks: ForeignKeyChecks,
        mut passed: Vec<Name>,
    ) -> Result<Vec<Found>, DatabaseError> {
        let home = self.home()?;
        let mut lost = Vec::new();
        let mut waiting = vec![(table.clone(), removal)];
        while let Some((table, removal)) = waiting.pop() {
            let Shape::Read(shape) = self.shape(&table_name(&table))? else {
                continue;
            };
            passed.push(table);
            let along = self.counter.backend.along_with(&shape, removal, checks)?;
            for along in along {
                let name = self.meant(&along.table, &home);
                if passed.contains(&name) {
                    continue;
                }
                lost.extend(self.suffered(&along)?);
                lost.extend(self.triggered_along(&along)?);
                let further = match along.suffered {
                    Suffered::Table => Removal::DropCascade,
                    Suffered::Everything => Removal::Truncate,
                    Suffered::Rows => Removal::Delete,
                    Suffered::Values => continue,
                };
                if along.suffered != Suffered::Rows {
                    // It is gone as a whole, however many ways lead there.
                    passed.push(name.clone());
                }
                waiting.push((name, further));
            }
        }
        Ok(lost)
    }

    /// Returns whether more may go along with rows than can be told: those of another table behind a
    /// view go, or somebody keeps the table from being looked at.
    pub(super) fn is_behind_another(
        &mut self,
        table: &Name,
        removal: Removal,
    ) -> Result<bool, DatabaseError> {
        let asked = table_name(table);
        Ok(match self.shape(&asked)? {
            Shape::Read(_) => false,
            Shape::Locked(_) => removal != Removal::Drop,
            Shape::Nothing => self.counter.backend.is_view(&asked)?,
        })
    }

    /// Returns the triggers of a table that run where its rows go along, or change with others.
    fn triggered_along(&mut self, along: &AlongWith) -> Result<Vec<Found>, DatabaseError> {
        let verb = match along.suffered {
            Suffered::Table => return Ok(Vec::new()),
            Suffered::Everything => Verb::Truncate,
            Suffered::Rows => Verb::Delete,
            Suffered::Values => Verb::Update,
        };
        self.triggered(&along.table, verb)
    }

    fn suffered(&mut self, along: &AlongWith) -> Result<Vec<Found>, DatabaseError> {
        let Shape::Read(shape) = self.shape(&along.table)? else {
            return Ok(Vec::new());
        };
        let table = self.shown(&shape.name);
        // Rows that refer to nothing stay.
        let referring = along.columns.first().map(String::as_str);
        match along.suffered {
            Suffered::Table => Ok(vec![self.table(&shape)?]),
            Suffered::Everything => {
                let Counted { amount, blocked } = self.counter.amount(&shape, None)?;
                let rows = amount;
                Ok(vec![(Lost::AllRows { table, rows }, blocked)])
            }
            Suffered::Rows => {
                let Counted { amount, blocked } = self.counter.amount(&shape, referring)?;
                let rows = amount;
                Ok(vec![(Lost::SomeRows { table, rows }, blocked)])
            }
            Suffered::Values => {
                let columns = along.columns.iter();
                let lost = columns.map(|column| self.values(&shape, column, values_of_column));
                lost.collect()
            }
        }
    }
}
