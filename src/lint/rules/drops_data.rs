//! Tables, columns and rows that a way up destroys.

mod examples;

use std::collections::BTreeSet;

use crate::backend::lint::Level;
use crate::lint::context::Context;
use crate::lint::rule::{Hit, Needs, Rule, UP};
use crate::migration::{Fate, ForeignKeys, TableCopy, rebuilt};
use crate::sql::effect::{Action, Effect, EffectKind, Name, ObjectKind, OnDelete, Verb};

pub(super) const RULE: Rule = Rule {
    name: "drops-data",
    level: Level::Warning,
    ways: UP,
    needs: Needs::Files,
    finds: "a table, a column, a schema or all rows of a table that a way up destroys, and that the same run did not make; and what is left behind, or becomes something else, where a table is made anew",
    hurts: "no way down brings the values back; and a program that still reads them breaks",
    instead: "Drop what no program reads any more, in a release of its own, and say so: `-- lint:ignore drops-data -- nobody reads it since 2.3`.",
    examples: examples::EXAMPLES,
    check,
};

fn check(context: &Context<'_>) -> Vec<Hit> {
    let found = context.way.lasting().flat_map(|(index, effect)| {
        let lost = lost(context, index, effect).into_iter();
        lost.map(|lost| {
            let hit = Hit::new(effect.span, format!("it destroys {}", lost.what));
            match lost.help {
                Some(help) => hit.with_help(help),
                None => hit,
            }
        })
    });
    found.collect()
}

/// Something that is destroyed.
struct Lost {
    what: String,
    /// What to write instead, where that is not the rule's own advice.
    help: Option<&'static str>,
}

impl From<String> for Lost {
    fn from(what: String) -> Self {
        Self { what, help: None }
    }
}

/// What is said of values that are others in a table that is made anew.
const OTHER_VALUES: &str = "Look whether each value becomes what it is meant to be: what the new type cannot hold, or an expression makes of it, cannot be undone. Keep the old column until a later release; or say that it is meant: `-- lint:ignore drops-data -- all of them are numbers`.";

/// What is said of rows that are left out of a table that is made anew.
const LEFT_OUT: &str = "Copy all rows by one plain query of the one table (`INSERT INTO … SELECT … FROM …`), and delete those that are not wanted by a statement of its own; or say that it is meant: `-- lint:ignore drops-data -- rows without an owner are dead`.";

/// Returns what a change destroys.
fn lost(context: &Context<'_>, index: usize, effect: &Effect) -> Vec<Lost> {
    let is_old = |table: &&Name| !context.is_new(table, index);
    match &effect.kind {
        EffectKind::Drop(dropped) => {
            let names = dropped.names.iter();
            match dropped.kind {
                ObjectKind::Table => names
                    .filter(is_old)
                    .flat_map(|table| of_table(context, index, table))
                    .collect(),
                ObjectKind::Schema if dropped.cascade => names
                    .map(|name| format!("the schema `{name}` with all that is in it").into())
                    .collect(),
                ObjectKind::Type | ObjectKind::Extension if dropped.cascade => names
                    .map(|name| format!("every column of a type of `{name}`").into())
                    .collect(),
                ObjectKind::Owned => names
                    .map(|name| format!("all that `{name}` owns in this database").into())
                    .collect(),
                _ => Vec::new(),
            }
        }
        EffectKind::Alter(altered) => match &altered.action {
            Action::DropColumn { column, .. }
                if is_old(&&altered.table)
                    && !context.is_added_before(&altered.table, column, index) =>
            {
                vec![format!("the column `{column}` of `{}`", altered.table).into()]
            }
            _ => Vec::new(),
        },
        EffectKind::Write(written) if written.verb == Verb::Truncate && is_old(&&written.table) => {
            vec![format!("every row of `{}`", written.table).into()]
        }
        _ => Vec::new(),
    }
}

/// Returns what is lost with a table that is dropped: all of it, or what the one that takes its place
/// is not given.
fn of_table(context: &Context<'_>, index: usize, table: &Name) -> Vec<Lost> {
    let first = context.first_name(table, index);
    let mut lost = match (
        copy_of(context, index, &first),
        context.made_anew_from(table, index),
    ) {
        // What of its columns is there nobody can say.
        (Some(copy), None) if context.columns_before(&copy.from).is_empty() => {
            vec![format!("the table `{table}`").into()]
        }
        (Some(copy), new) => {
            let new = new.unwrap_or(&copy.from);
            lost_in_copy(context, &copy, table, new)
        }
        (None, Some(new)) => left_by_words(context, table, new),
        (None, None) => vec![format!("the table `{table}`").into()],
    };
    let of_others = of_others(context, index, table).into_iter();
    lost.extend(of_others.map(Lost::from));
    lost
}

/// Returns the copy of all rows that takes the place of a table which is dropped, by its name of before
/// the way.
fn copy_of(context: &Context<'_>, index: usize, table: &Name) -> Option<TableCopy> {
    let copies = rebuilt(&context.way.script, context.home_schema());
    let mut copies = copies.into_iter();
    let copy = copies.find(|(at, copy)| *at == index && is_same(context, &copy.from, table));
    copy.map(|(_, copy)| copy)
}

/// Returns whether two names are of one table, as far as the way does not say where else to look.
fn is_same(context: &Context<'_>, one: &Name, other: &Name) -> bool {
    context.is_same(one, other) || context.way.sets_search_path() && one.may_be(other)
}

/// Returns what a copy of all rows of a table has not: by what the columns were before the way, where
/// that is known.
fn lost_in_copy(context: &Context<'_>, copy: &TableCopy, table: &Name, new: &Name) -> Vec<Lost> {
    let others = |what| Lost {
        what,
        help: Some(OTHER_VALUES),
    };
    let keeps = |from: &str, to: &str| context.grammar.keeps_values(from, to);
    let columns = context.columns_before(&copy.from);
    let named = columns.iter().enumerate();
    let lost = named.filter_map(|(place, (column, _))| {
        let values = format!("values of the column `{column}` of `{table}`");
        match copy.fate(&columns, place, &keeps) {
            Fate::Kept => None,
            Fate::Overwritten(_) => Some(others(format!(
                "{values}, which are written over in `{new}`"
            ))),
            Fate::Converted => Some(others(format!("{values}, which become others in `{new}`"))),
            Fate::Lost => Some(not_taken_over(column, table, new)),
        }
    });
    lost.collect()
}

fn not_taken_over(column: &str, table: &Name, new: &Name) -> Lost {
    format!("the column `{column}` of `{table}`, which nothing takes over into `{new}`").into()
}

/// Returns the columns that no word takes over into the table that is made instead, and whether rows
/// may be left out.
fn left_by_words(context: &Context<'_>, table: &Name, new: &Name) -> Vec<Lost> {
    let filling = filling(context, new);
    let mut lost = Vec::new();
    if may_leave_out(context, &filling, table, new) {
        lost.push(Lost {
            what: format!("rows of `{table}`, which may be left out of `{new}`"),
            help: Some(LEFT_OUT),
        });
    }
    let words: Vec<String> = filling.iter().flat_map(|at| words(context, *at)).collect();
    if words.iter().any(|word| word == "*") {
        return lost;
    }
    let columns = context.columns_before(table).into_iter();
    let left = columns.filter(|(column, _)| !words.iter().any(|word| word == column));
    lost.extend(left.map(|(column, _)| not_taken_over(column, table, new)));
    lost
}

/// Returns the statements that put rows into a table.
fn filling(context: &Context<'_>, new: &Name) -> Vec<usize> {
    let way = context.way;
    let fills = |effect: &Effect| match &effect.kind {
        EffectKind::Create(created) => {
            created.table.of_query && created.name.as_ref().is_some_and(|name| name.may_be(new))
        }
        EffectKind::Write(written) => written.verb == Verb::Insert && written.table.may_be(new),
        _ => false,
    };
    let indices = (0..way.effects.len()).filter(|index| way.lasts(*index));
    let filling = indices.filter(|index| way.effects[*index].iter().any(fills));
    filling.collect()
}

/// Returns whether it is not proven that the statements which fill the new table put all rows of the
/// other one there, and that they stay.
fn may_leave_out(context: &Context<'_>, filling: &[usize], table: &Name, new: &Name) -> bool {
    let takes_away = |effect: &Effect| match &effect.kind {
        EffectKind::Write(written) => {
            matches!(written.verb, Verb::Delete | Verb::Truncate) && written.table.may_be(new)
        }
        _ => false,
    };
    let script = &context.way.script;
    let mut lasting = context.way.lasting();
    if lasting.any(|(_, effect)| takes_away(effect)) {
        return true;
    }
    let mut taken = filling
        .iter()
        .filter_map(|at| script.takes_all_rows_of(*at));
    if taken.any(|from| is_same(context, &from, table)) {
        return false;
    }
    // Of several, each may take what the others leave.
    let names = |at: &&usize| words(context, **at).contains(&table.name);
    filling.iter().filter(names).count() < 2
}

/// Returns the words of a statement as names.
fn words(context: &Context<'_>, index: usize) -> Vec<String> {
    let dialect = context.grammar.dialect();
    context.way.script.with_phrase(index, |statement| {
        let places = 0..statement.tokens().len();
        let words = places.map(|place| dialect.identifier(statement.text_at(place)));
        words.collect()
    })
}

/// Returns the rows of other tables that go with those of a table which is dropped.
fn of_others(context: &Context<'_>, index: usize, table: &Name) -> Vec<String> {
    let is_checked = context.settings.foreign_keys == ForeignKeys::Checked
        && (context.way.in_transaction || !context.way.script.has_foreign_keys_off(index));
    if !context.grammar.deletes_before_dropping() || !is_checked {
        return Vec::new();
    }
    let before = context.way.effects[..index].iter().flatten();
    let gone: Vec<&Name> = before
        .filter_map(|effect| match &effect.kind {
            EffectKind::Drop(dropped) => Some(&dropped.names),
            _ => None,
        })
        .flatten()
        .collect();
    let others = context.around.references_to(table).filter(|(of, _)| {
        let is_gone = gone.iter().any(|gone| gone.may_be(of));
        !is_gone && !of.may_be(table) && !context.is_new(of, index)
    });
    let told = others.filter_map(|(of, key)| {
        let what = match key.on_delete {
            OnDelete::Cascade => format!("the rows of `{of}`"),
            OnDelete::Forget => format!("what the rows of `{of}` refer to"),
            OnDelete::Refuse => return None,
        };
        let off = context.way.text.foreign_keys_off();
        Some(format!(
            "{what}, since foreign keys are checked and dropping `{table}` deletes its rows; to keep them: {off}"
        ))
    });
    // The database and the migrations tell of the same ones.
    let told: BTreeSet<String> = told.collect();
    told.into_iter().collect()
}
