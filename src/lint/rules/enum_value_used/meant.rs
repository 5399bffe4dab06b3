//! As what type a literal is meant, by what stands around it.

use crate::lint::context::Context;
use crate::sql::Phrase;
use crate::sql::effect::{Action, Effect, EffectKind, Name, Verb};

/// Returns whether a type as it is written, or as the database writes it, is of this name.
pub(super) fn is_type(written: &str, name: &Name) -> bool {
    let bare = written.replace('"', "");
    let last = bare.rsplit('.').next().unwrap_or_default();
    let last = last.trim().trim_end_matches("[]");
    last.eq_ignore_ascii_case(&name.name)
}

/// Returns the type of the literal at a place of the statement at `index`, where that is known.
pub(super) fn type_of(
    context: &Context<'_>,
    index: usize,
    statement: Phrase<'_>,
    place: usize,
) -> Option<String> {
    if let Some(cast) = cast(statement, place) {
        return Some(cast);
    }
    let effect = context.way.effects[index].first()?;
    if let Some(made) = of_new_column(effect, statement, place) {
        return Some(made);
    }
    let table = effect.kind.table()?;
    let column = column(context, effect, statement, place)?;
    context.type_before(table, &column)
}

/// Returns the type that the literal is cast to.
fn cast(statement: Phrase<'_>, place: usize) -> Option<String> {
    let name = |mut at: usize| {
        while statement.is_mark(at + 1, ".") {
            at += 2;
        }
        statement.text_at(at).to_owned()
    };
    if statement.text_at(place + 1) == "::" {
        return Some(name(place + 2));
    }
    let is_cast = place >= 2
        && statement.is_word(place - 2, "CAST")
        && statement.is_mark(place - 1, "(")
        && statement.is_word(place + 1, "AS");
    is_cast.then(|| name(place + 2))
}

/// Returns the type of the column that is made with the literal as its default.
fn of_new_column(effect: &Effect, statement: Phrase<'_>, place: usize) -> Option<String> {
    match &effect.kind {
        EffectKind::Create(created) => {
            // The nearest word before it that names a column.
            let mut before = (0..place).rev();
            let found = before.find_map(|at| {
                let word = statement.text_at(at).trim_matches('"').to_lowercase();
                let begins =
                    at > 0 && (statement.is_mark(at - 1, "(") || statement.is_mark(at - 1, ","));
                let mut columns = created.table.columns.iter();
                columns.find(|(column, _)| begins && column.to_lowercase() == word)
            });
            found.map(|(_, of_type)| of_type.clone())
        }
        EffectKind::Alter(altered) => match &altered.action {
            Action::AddColumn(added) => Some(added.of_type.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the column that the literal is for, or compared with.
fn column(
    context: &Context<'_>,
    effect: &Effect,
    statement: Phrase<'_>,
    place: usize,
) -> Option<String> {
    let dialect = context.grammar.dialect();
    let before = |back: usize| place.checked_sub(back);
    if before(2)
        .is_some_and(|at| statement.is_word(at, "SET") && statement.is_word(at + 1, "DEFAULT"))
    {
        return Some(dialect.identifier(statement.text_at(before(3)?)));
    }
    if before(1).is_some_and(|at| ["=", "<>", "!="].contains(&statement.text_at(at))) {
        return Some(dialect.identifier(statement.text_at(before(2)?)));
    }
    match &effect.kind {
        EffectKind::Write(written) if written.verb == Verb::Insert => {
            let number = number_in_row(statement, place)?;
            if let Some(columns) = listed(statement) {
                return Some(dialect.identifier(columns.get(number)?));
            }
            let columns = context.columns_before(&written.table);
            columns.get(number).map(|(column, _)| (*column).to_owned())
        }
        _ => None,
    }
}

/// Returns how many values stand before a literal in its row of `VALUES`, where it is a value of its
/// own.
fn number_in_row(statement: Phrase<'_>, place: usize) -> Option<usize> {
    let is_alone = statement.is_mark(place + 1, ",") || statement.is_mark(place + 1, ")");
    let (mut depth, mut number) = (0_usize, 0);
    let mut at = place;
    while is_alone && at > 0 {
        at -= 1;
        if statement.is_mark(at, ")") {
            depth += 1;
        } else if statement.is_mark(at, "(") && depth > 0 {
            depth -= 1;
        } else if statement.is_mark(at, "(") {
            let opens_row =
                at > 0 && (statement.is_word(at - 1, "VALUES") || statement.is_mark(at - 1, ","));
            let follows = statement.is_mark(place - 1, "(") || statement.is_mark(place - 1, ",");
            return (opens_row && follows).then_some(number);
        } else if statement.is_mark(at, ",") && depth == 0 {
            number += 1;
        }
    }
    None
}

/// Returns the columns that stand before `VALUES`.
fn listed(statement: Phrase<'_>) -> Option<Vec<&str>> {
    let values = (0..statement.tokens().len()).find(|at| statement.is_word(*at, "VALUES"))?;
    let close = values
        .checked_sub(1)
        .filter(|at| statement.is_mark(*at, ")"))?;
    let open = (0..close).rev().find(|at| statement.is_mark(*at, "("))?;
    let names = open + 1..close;
    let names = names.filter(|at| !statement.is_mark(*at, ","));
    Some(names.map(|at| statement.text_at(at)).collect())
}
