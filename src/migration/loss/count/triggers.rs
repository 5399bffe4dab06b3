//! What runs by itself where rows are written, and may take others away.

use super::{Count, Found};
use crate::backend::DatabaseError;
use crate::backend::rows::{TableName, Trigger};
use crate::event::{Lost, TriggerDeed};
use crate::migration::loss::amount::is_of_a_lock;
use crate::migration::loss::count::names::table_name;
use crate::sql::destruction::{Deeds, Taking, deeds};
use crate::sql::effect::Verb;

impl Count<'_> {
    /// Returns the triggers that run where rows of a table are written and that may take something
    /// away, with those of the tables that these add rows to. What they take is not counted.
    pub(super) fn triggered(
        &mut self,
        table: &TableName,
        verb: Verb,
    ) -> Result<Vec<Found>, DatabaseError> {
        let mut lost = Vec::new();
        let mut passed = Vec::new();
        let mut waiting = vec![(table.clone(), verb)];
        while let Some(next) = waiting.pop() {
            if passed.contains(&next) {
                continue;
            }
            for trigger in self.triggers(&next.0, next.1)? {
                let deeds = self.deeds(&trigger);
                if let Some(taking) = deeds.taking {
                    let (table, trigger) = (self.shown(&trigger.table), trigger.name);
                    let deed = deed(taking);
                    let lost_by_it = Lost::Triggered {
                        table,
                        trigger,
                        deed,
                    };
                    lost.push((lost_by_it, None));
                }
                let added = deeds.adds_to.iter().map(table_name);
                waiting.extend(added.map(|table| (table, Verb::Insert)));
            }
            passed.push(next);
        }
        Ok(lost)
    }

    fn triggers(&mut self, table: &TableName, verb: Verb) -> Result<Vec<Trigger>, DatabaseError> {
        match self.counter.ask(|backend| backend.triggers(table, verb))? {
            // Who has it locked is told with the rows of it.
            Err(error) if is_of_a_lock(&error) => Ok(Vec::new()),
            triggers => triggers,
        }
    }

    fn deeds(&self, trigger: &Trigger) -> Deeds {
        let dialect = self.counter.backend.dialect();
        match &trigger.body {
            Some(body) => deeds(body, dialect),
            None => Deeds {
                taking: Some(Taking::Untold),
                adds_to: Vec::new(),
            },
        }
    }
}

/// Returns how what a body does is told.
fn deed(taking: Taking) -> TriggerDeed {
    match taking {
        Taking::Overwrites => TriggerDeed::Overwrites,
        Taking::Untold => TriggerDeed::Untold,
        Taking::Deletes => TriggerDeed::Deletes,
    }
}
