//! What may help against a step that failed, by what was said and what is left.
//!
//! Pure.

use super::{BROKEN_KEYS, NOT_SET_AGAIN, PASSES_OVER, StateLeft, StepFailure};
use crate::backend::leftovers::Earlier;
use crate::backend::tables::quote_identifier;
use crate::event::{Blocker, Direction};
use crate::migration::asked;
use crate::migration::error::{Way, settle};
use crate::migration::model::KeptBy;

impl StepFailure {
    /// Returns what may help, as a command that can be pasted.
    pub fn hint(&self) -> String {
        let retry = &self.retry;
        if self.is_out_of_locks() {
            return self.locks_hint();
        }
        if self.said().is_of_others_doing() {
            return self.others_hint();
        }
        if self.refuses_transactions() {
            return format!(
                "put the statement into a migration of its own with `run_in_transaction = false` in its metadata.toml (in a single file: `-- migrate:up transaction:false`), and run: {retry}"
            );
        }
        if !self.invalid_indexes.is_empty() {
            return self.indexes_hint();
        }
        if self.message.starts_with(NOT_SET_AGAIN) {
            return self.setting_hint();
        }
        if let Some(found) = Earlier::found_perhaps(&self.message) {
            return self.schema_hint(found);
        }
        let cut_off = self.state_left == StateLeft::Unknown;
        let statement = self.statement.as_deref().unwrap_or_default();
        let cure = self.said().cure_of_statement(statement, retry);
        if let Some(cure) = cure.filter(|_| !cut_off) {
            return cure;
        }
        if self.is_out_of_time() && !cut_off {
            return self.time_hint();
        }
        match self.state_left {
            StateLeft::StatementHalfWay { .. } => {
                self.mend("statement so that it can run once more after what it has committed")
            }
            StateLeft::HalfWay { done, total } if done == total => self.last_hint(),
            StateLeft::HalfWay { .. } => format!(
                "{}, which goes on with it, or finish by hand and run {}",
                self.mend("statement"),
                self.settled()
            ),
            StateLeft::Unknown => "`dieselkit status`".to_owned(),
            StateLeft::NotBegun => format!("`{retry}`"),
            StateLeft::StepRolledBack | StateLeft::RunRolledBack => {
                self.mend(self.file.as_ref().map_or("migration", |_| "file"))
            }
        }
    }

    /// Returns that the step is to be run again once this is mended: in its file, since nothing can
    /// be mended in what the history keeps.
    fn mend(&self, what: &str) -> String {
        let retry = &self.retry;
        match self.kept_by {
            KeptBy::File => format!("mend the {what} and run `{retry}`"),
            KeptBy::History => {
                format!("bring its file back, mend the {what} there and run `{retry}`")
            }
        }
    }

    /// Returns the command, between backticks, that settles the step once it was finished by hand.
    fn settled(&self) -> String {
        let way = match self.step.direction {
            Direction::Up => Way::Applied,
            Direction::Down => Way::Reverted,
        };
        settle(&self.step.version, way)
    }

    /// Returns what may help where a statement that is done has set what can be had no more. To change it in
    /// the file is none: what is done has to stay as it is.
    fn setting_hint(&self) -> String {
        let retry = &self.retry;
        let role = self.message.rsplit_once(": role \"");
        let gone = role.and_then(|(_, behind)| behind.strip_suffix("\" does not exist"));
        let mended = match gone {
            Some(role) => format!(
                "make the role again, `CREATE ROLE {};`,",
                quote_identifier(role)
            ),
            None => "bring back what it names, or the right to it,".to_owned(),
        };
        format!(
            "the statements that are left were written to run with that setting: {mended} and run `{retry}`, which goes on with them; or run them by hand and then {}",
            self.settled()
        )
    }

    /// Returns what may help where the index that is found may not be the one that was meant.
    fn schema_hint(&self, found: &str) -> String {
        let back = match self.kept_by {
            KeptBy::File => "",
            KeptBy::History => "bring its file back, ",
        };
        format!(
            "{back}write the schema of the index that is meant into its file, `DROP INDEX CONCURRENTLY {found};` if it is that one, and run `{}`",
            self.retry
        )
    }

    /// Returns what may help where others were in the way.
    fn others_hint(&self) -> String {
        let retry = &self.retry;
        let by = self.blocked.iter().flat_map(|blocked| &blocked.by);
        let ends: Vec<String> = by.filter_map(Blocker::ends).collect();
        if ends.is_empty() && self.said().is_late_for_a_lock() {
            return format!(
                "run `{retry}` when others are done, or wait longer for each lock: `{retry} --lock-timeout 30s`"
            );
        }
        if ends.is_empty() {
            return format!("run `{retry}` when others are done");
        }
        format!(
            "let them finish, or end them with what they have not committed, `{}`, and run `{retry}`",
            ends.join(" ")
        )
    }

    /// Returns what may help where a statement took longer than it may.
    fn time_hint(&self) -> String {
        let retry = &self.retry;
        let flag = format!("let it take longer: `{retry} --statement-timeout off`");
        match self.kept_by {
            KeptBy::File => format!(
                "{flag}; or write `-- dieselkit: statement_timeout = off` on a line of its own in its file, and run `{retry}`"
            ),
            KeptBy::History => flag,
        }
    }

    /// Returns what may help where an index is left that cannot be used, which the next attempt drops.
    fn indexes_hint(&self) -> String {
        let drops = self.invalid_indexes.iter();
        let drops: Vec<String> = drops
            .map(|name| format!("DROP INDEX CONCURRENTLY {name};"))
            .collect();
        if self.message == PASSES_OVER {
            let names = self.invalid_indexes.iter();
            let rebuilds: Vec<String> = names
                .map(|name| format!("REINDEX INDEX CONCURRENTLY {name};"))
                .collect();
            return format!(
                "build it anew by itself, `{}`, or give it up, `{}`, and run `{}`",
                rebuilds.join(" "),
                drops.join(" "),
                self.retry
            );
        }
        format!(
            "put right what kept it from being built and run `{}`, which drops what is left; or give it up: `{}`",
            self.retry,
            drops.join(" ")
        )
    }

    /// Returns what may help where no statement is left to go on with.
    fn last_hint(&self) -> String {
        let retry = &self.retry;
        if self.message.starts_with(BROKEN_KEYS) {
            format!(
                "all its statements are committed: mend the rows by hand, or by a further statement at the end of the file, and run `{retry}`, which checks them again"
            )
        } else {
            format!("all its statements are committed: run `{retry}`, which records it")
        }
    }

    /// Returns what may help where the server has no room for another lock: one transaction holds
    /// one for each table that it makes.
    fn locks_hint(&self) -> String {
        match asked::in_transactions_of_their_own(&self.retry) {
            Some(each) => format!(
                "one transaction holds a lock for each table that it makes: run `{each}`, or raise `max_locks_per_transaction`"
            ),
            None => format!(
                "one transaction holds a lock for each table that it makes: split the migration into several, or raise `max_locks_per_transaction`, and run `{}`",
                self.retry
            ),
        }
    }

    /// Returns what may help where a constraint that is checked at the commit broke a batch.
    pub(in crate::migration) fn commit_hint(&self) -> String {
        let retry = &self.retry;
        if self.state_left == StateLeft::Unknown || self.is_locked_out() {
            return self.hint();
        }
        if let Some(cure) = self.said().cure() {
            return format!("{cure}; then run `{retry}`");
        }
        if !self.said().is_constraint() {
            return format!("`{retry}`");
        }
        match asked::in_transactions_of_their_own(retry) {
            Some(each) => format!(
                "what is checked at the commit alone does not say which migration broke it: mend it and run `{retry}`, or run `{each}`, which stops at the one"
            ),
            None => format!(
                "mend the migration that broke what is checked at the commit, and run `{retry}`"
            ),
        }
    }
}
