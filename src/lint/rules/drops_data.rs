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
const LEFT_OUT: &str = "Delete the rows that are not wanted by a statement of its own, and copy all; or say that it is meant: `-- lint:ignore drops-data -- rows without an owner are dead`.";

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
    let mut lost = match context.made_anew_from(table, index) {
        None => vec![format!("the table `{table}`").into()],
        Some(new) => left_behind(context, index, table, new),
    };
    let of_others = of_others(context, index, table).into_iter();
    lost.extend(of_others.map(Lost::from));
    lost
}

/// Returns what a copy of all rows has not of the table whose place it takes, or what the words of
/// another one leave out.
fn left_behind(context: &Context<'_>, index: usize, table: &Name, new: &Name) -> Vec<Lost> {
    let copies = rebuilt(&context.way.script, context.grammar.usual_schema());
    let mut copies = copies.into_iter();
    let copy = copies.find(|(at, copy)| *at == index && context.is_same(&copy.from, table));
    match copy {
        Some((_, copy)) => lost_in_copy(context, &copy, table, new),
        None => left_by_words(context, table, new),
    }
}

/// Returns what a copy of all rows of a table has not: by what the columns were before the way, where
/// that is known.
fn lost_in_copy(context: &Context<'_>, copy: &TableCopy, table: &Name, new: &Name) -> Vec<Lost> {
    let others = |what| Lost {
        what,
        help: Some(OTHER_VALUES),
    };
    let keeps = |from: &str, to: &str| context.grammar.keeps_values(from, to);
    let columns = context.columns_before(table);
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
/// are left out.
fn left_by_words(context: &Context<'_>, table: &Name, new: &Name) -> Vec<Lost> {
    let way = context.way;
    let fills = |effect: &Effect| match &effect.kind {
        EffectKind::Create(created) => {
            created.table.of_query && created.name.as_ref().is_some_and(|name| name.may_be(new))
        }
        EffectKind::Write(written) => written.verb == Verb::Insert && written.table.may_be(new),
        _ => false,
    };
    let filling = (0..way.effects.len()).filter(|index| way.effects[*index].iter().any(fills));
    let filling: Vec<usize> = filling.collect();
    let mut lost = Vec::new();
    // Of several, each may take what the others leave.
    if let [only] = filling.as_slice()
        && way.script.leaves_rows_out(*only)
    {
        lost.push(Lost {
            what: format!("rows of `{table}`, which are left out of `{new}`"),
            help: Some(LEFT_OUT),
        });
    }
    let dialect = context.grammar.dialect();
    let mut words = Vec::new();
    for index in filling {
        way.script.with_phrase(index, |statement| {
            let places = 0..statement.tokens().len();
            words.extend(places.map(|place| dialect.identifier(statement.text_at(place))));
        });
    }
    if words.iter().any(|word| word == "*") {
        return lost;
    }
    let columns = context.columns_before(table).into_iter();
    let left = columns.filter(|(column, _)| !words.iter().any(|word| word == column));
    lost.extend(left.map(|(column, _)| not_taken_over(column, table, new)));
    lost
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
