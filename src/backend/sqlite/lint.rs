//! What SQLite's SQL means to a linter: what a transaction refuses or makes void, and what SQLite
//! cannot alter.
//!
//! Pure.

use super::dialect::SQLITE;
use super::rows::keeps_values;
use crate::backend::lint::{Before, Grammar, Lack, Situation};
use crate::sql::effect::{
    Action, AddedColumn, AddedConstraint, ConstraintKind, Effect, EffectKind, ObjectKind,
};
use crate::sql::{Dialect, Phrase};

/// SQLite's.
pub(in crate::backend) const GRAMMAR: &dyn Grammar = &SqliteGrammar;

#[derive(Debug)]
struct SqliteGrammar;

impl Grammar for SqliteGrammar {
    fn dialect(&self) -> &'static dyn Dialect {
        SQLITE
    }

    fn usual_schema(&self) -> &'static str {
        "main"
    }

    fn keeps_values(&self, from: &str, to: &str) -> bool {
        keeps_values(from, to)
    }

    /// <https://www.sqlite.org/lang_vacuum.html>
    fn refuses_transaction(
        &self,
        statement: Phrase<'_>,
        _situation: &Situation<'_>,
    ) -> Option<&'static str> {
        statement.is_word(0, "VACUUM").then_some("`VACUUM`")
    }

    /// <https://www.sqlite.org/pragma.html>
    fn setting_outside_transaction(&self, statement: Phrase<'_>) -> Option<&'static str> {
        if !statement.is_word(0, "PRAGMA") {
            return None;
        }
        let name = if statement.is_mark(2, ".") { 3 } else { 1 };
        let assigns = statement.text_at(name + 1) == "=" || statement.is_mark(name + 1, "(");
        let known = SETTINGS
            .iter()
            .find(|(pragma, _)| statement.is_word(name, pragma));
        known.filter(|_| assigns).map(|(_, what)| *what)
    }

    /// <https://www.sqlite.org/foreignkeys.html#fk_schemacommands>
    fn deletes_before_dropping(&self) -> bool {
        true
    }

    /// <https://www.sqlite.org/lang_altertable.html#alter_table_drop_column>
    fn works_through(&self, effect: &Effect, _before: &Before<'_>) -> Option<&'static str> {
        match &effect.kind {
            EffectKind::Create(created) if created.kind == ObjectKind::Index => {
                Some("it builds an index of")
            }
            EffectKind::Alter(altered) => match &altered.action {
                Action::DropColumn { .. } => Some("it rewrites all rows of"),
                _ => None,
            },
            _ => None,
        }
    }

    /// <https://www.sqlite.org/lang_altertable.html>
    fn lack(&self, effect: &Effect, place: usize, situation: &Situation<'_>) -> Option<Lack> {
        match &effect.kind {
            EffectKind::Alter(_) if place > 0 => Some(lack(
                "`ALTER TABLE` with more than one change",
                "write a statement for each change",
            )),
            EffectKind::Alter(altered) if altered.if_exists => Some(lack(
                "`ALTER TABLE IF EXISTS`",
                "leave `IF EXISTS` out: a migration knows its tables",
            )),
            EffectKind::Alter(altered) => action_lack(&altered.action, situation),
            EffectKind::Create(created) if created.index.concurrently => Some(CONCURRENTLY),
            EffectKind::Drop(dropped) if dropped.concurrently => Some(CONCURRENTLY),
            _ => None,
        }
    }

    /// <https://www.sqlite.org/lang_altertable.html#alter_table_drop_column>
    fn lack_for_keys(&self) -> Option<Lack> {
        Some(rebuild("`DROP COLUMN` of a primary key or a unique column"))
    }

    /// <https://www.sqlite.org/releaselog/3_53_0.html>: of constraints, `NOT NULL` and `CHECK` alone.
    fn lack_for_constraint(&self, kind: ConstraintKind, situation: &Situation<'_>) -> Option<Lack> {
        let what = match kind {
            ConstraintKind::Unique => "`DROP CONSTRAINT` of a unique constraint",
            ConstraintKind::PrimaryKey => "`DROP CONSTRAINT` of a primary key",
            ConstraintKind::ForeignKey if !is_since(situation, DROPS_FOREIGN_KEYS) => {
                "`DROP CONSTRAINT` of a foreign key"
            }
            _ => return None,
        };
        Some(rebuild(what))
    }
}

/// Nobody else writes meanwhile in any case.
const CONCURRENTLY: Lack = Lack {
    what: "`CONCURRENTLY`",
    rebuild: false,
    by_foreign_keys: false,
    instead: "leave the word out",
};

/// Since when there are changes of what is checked in a table:
/// <https://www.sqlite.org/releaselog/3_53_0.html>.
const CHANGES_CHECKS: [u32; 2] = [3, 53];

/// Since when a foreign key can be dropped: `test/altercons3.test` of SQLite's sources, of July 2026, after
/// the last 3.53.
const DROPS_FOREIGN_KEYS: [u32; 2] = [3, 54];

/// Returns whether the library has the first ones.
fn changes_checks(situation: &Situation<'_>) -> bool {
    is_since(situation, CHANGES_CHECKS)
}

/// Returns whether the library is of this version or a later one; one whose version nobody knows is
/// taken for a new one.
fn is_since(situation: &Situation<'_>, since: [u32; 2]) -> bool {
    situation.server_version.is_none_or(|version| {
        let numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
        let numbers: Vec<u32> = numbers.collect();
        numbers.as_slice() >= since.as_slice()
    })
}

/// Returns what is lacking for a change of a table.
fn action_lack(action: &Action, situation: &Situation<'_>) -> Option<Lack> {
    match action {
        Action::SetType { .. } => Some(rebuild("`ALTER COLUMN … TYPE`")),
        Action::SetNotNull { .. } | Action::DropNotNull { .. } if changes_checks(situation) => None,
        Action::SetNotNull { .. } => Some(rebuild("`ALTER COLUMN … SET NOT NULL`")),
        Action::DropNotNull { .. } => Some(rebuild("`ALTER COLUMN … DROP NOT NULL`")),
        Action::AddConstraint(added) => constraint_lack(added, situation),
        Action::DropConstraint { if_exists, .. } if changes_checks(situation) => {
            if_exists.then(|| {
                lack(
                    "`DROP CONSTRAINT IF EXISTS`",
                    "leave `IF EXISTS` out: a migration runs once",
                )
            })
        }
        Action::DropConstraint { .. } => Some(rebuild("`DROP CONSTRAINT`")),
        Action::ValidateConstraint { .. } => Some(rebuild("`VALIDATE CONSTRAINT`")),
        Action::AddColumn(added) => column_lack(added),
        Action::DropColumn { if_exists, .. } if *if_exists => Some(lack(
            "`DROP COLUMN IF EXISTS`",
            "leave `IF EXISTS` out: a migration runs once",
        )),
        Action::Other(words) => {
            let first = words.split(' ').next().unwrap_or_default();
            let known = UNKNOWN_ACTIONS.iter().find(|(word, _)| *word == first);
            known.map(|(_, what)| rebuild(what))
        }
        _ => None,
    }
}

/// Returns what a constraint cannot be added with.
fn constraint_lack(added: &AddedConstraint, situation: &Situation<'_>) -> Option<Lack> {
    let what = match added.kind {
        ConstraintKind::Check if changes_checks(situation) => {
            return added.not_valid.then(|| {
                lack(
                    "`ADD CONSTRAINT … NOT VALID`",
                    "leave `NOT VALID` out: the rows are checked at once",
                )
            });
        }
        ConstraintKind::Check => "`ADD CONSTRAINT … CHECK`",
        ConstraintKind::Unique => "`ADD CONSTRAINT … UNIQUE`",
        ConstraintKind::PrimaryKey => "`ADD CONSTRAINT … PRIMARY KEY`",
        ConstraintKind::ForeignKey => "`ADD CONSTRAINT … FOREIGN KEY`",
        ConstraintKind::Exclusion | ConstraintKind::Other => "`ADD CONSTRAINT`",
    };
    Some(rebuild(what))
}

/// What other engines change a column with.
const UNKNOWN_ACTIONS: [(&str, &str); 3] = [
    ("ALTER", "`ALTER COLUMN`"),
    ("MODIFY", "`MODIFY`"),
    ("CHANGE", "`CHANGE`"),
];

/// The settings that a transaction refuses or makes void, and what becomes of each.
///
/// `temp_store` is none of them: it is refused only once something temporary was made.
const SETTINGS: [(&str, &str); 3] = [
    (
        "foreign_keys",
        "`PRAGMA foreign_keys` does nothing inside a transaction",
    ),
    (
        "journal_mode",
        "`PRAGMA journal_mode` cannot be changed inside a transaction",
    ),
    (
        "synchronous",
        "`PRAGMA synchronous` cannot be changed inside a transaction",
    ),
];

fn rebuild(what: &'static str) -> Lack {
    Lack {
        what,
        rebuild: true,
        by_foreign_keys: false,
        instead: "make the table anew",
    }
}

fn lack(what: &'static str, instead: &'static str) -> Lack {
    Lack {
        what,
        rebuild: false,
        by_foreign_keys: false,
        instead,
    }
}

/// Returns what a column cannot be added with: <https://www.sqlite.org/lang_altertable.html#altertabaddcol>.
fn column_lack(added: &AddedColumn) -> Option<Lack> {
    if added.key {
        return Some(lack(
            "`ADD COLUMN` with `PRIMARY KEY` or `UNIQUE`",
            "add the column without it, and a unique index after it",
        ));
    }
    if added.stored {
        return Some(lack(
            "`ADD COLUMN` that is stored",
            "make the column `VIRTUAL`",
        ));
    }
    if added.if_not_exists {
        return Some(lack(
            "`ADD COLUMN IF NOT EXISTS`",
            "leave `IF NOT EXISTS` out: a migration runs once",
        ));
    }
    let default = added.default.as_deref();
    let is_null = default.is_none_or(|default| default == "NULL");
    if added.not_null && is_null {
        return Some(lack(
            "`ADD COLUMN` that is `NOT NULL` without a `DEFAULT`",
            "give it a `DEFAULT`",
        ));
    }
    let varies =
        default.is_some_and(|default| default.starts_with('(') || default.starts_with("CURRENT_"));
    if varies {
        return Some(lack(
            "`ADD COLUMN` with a `DEFAULT` that is computed",
            "add the column without it, and fill it with an `UPDATE`",
        ));
    }
    (added.references.is_some() && !is_null).then(|| Lack {
        by_foreign_keys: true,
        ..lack(
            "`ADD COLUMN` with `REFERENCES` and a `DEFAULT`",
            "add the column without a default, and fill it with an `UPDATE`",
        )
    })
}
