//! `ALTER TABLE …`, one change each action, and `ALTER TYPE … ADD VALUE`.

use super::create::{self, column_reference, foreign_key};
use super::domain;
use super::{
    Action, AddedColumn, AddedConstraint, AddedValue, Altered, Check, ConstraintKind, Effect,
    EffectKind,
};
use crate::sql::words::Words;

/// Reads on behind `ALTER`.
pub(super) fn read(words: &mut Words<'_>) -> Vec<Effect> {
    if words.eat("TYPE") {
        return add_value(words).into_iter().collect();
    }
    if words.eat("DOMAIN") {
        return domain::altered(words).into_iter().collect();
    }
    words.eat("FOREIGN");
    if !words.eat("TABLE") {
        return Vec::new();
    }
    let if_exists = words.eat_all(&["IF", "EXISTS"]);
    words.eat("ONLY");
    let Some(table) = words.name() else {
        return Vec::new();
    };
    let mut effects = Vec::new();
    while !words.is_done() {
        let first = words.index();
        let action = action(&mut words.clone());
        words.skip_item();
        // A mark that belongs nowhere is passed over as well.
        let span = words.span_from(first);
        words.skip();
        let kind = EffectKind::Alter(Altered {
            table: table.clone(),
            if_exists,
            action,
        });
        effects.push(Effect { kind, span });
    }
    effects
}

/// Reads on behind `ALTER TYPE`.
fn add_value(words: &mut Words<'_>) -> Option<Effect> {
    let of = words.name()?;
    if !words.eat_all(&["ADD", "VALUE"]) {
        return None;
    }
    words.eat_all(&["IF", "NOT", "EXISTS"]);
    let value = words.string()?;
    let span = words.whole();
    let kind = EffectKind::AddValue(AddedValue { of, value });
    Some(Effect { kind, span })
}

/// Reads one action.
fn action(words: &mut Words<'_>) -> Action {
    let other = first_words(words);
    let read = if words.eat("ADD") {
        add(words)
    } else if words.eat("DROP") {
        dropped(words)
    } else if words.eat("ALTER") {
        column(words)
    } else if words.eat("RENAME") {
        renamed(words)
    } else if words.eat_all(&["VALIDATE", "CONSTRAINT"]) {
        let name = words.identifier();
        name.map(|name| Action::ValidateConstraint { name })
    } else if words.eat_all(&["ATTACH", "PARTITION"]) {
        let partition = words.name();
        let is_default = words.is("DEFAULT");
        partition.map(|partition| Action::AttachPartition {
            partition,
            is_default,
        })
    } else if words.eat_all(&["DETACH", "PARTITION"]) {
        let partition = words.name();
        partition.map(|partition| Action::DetachPartition { partition })
    } else {
        None
    };
    read.unwrap_or(Action::Other(other))
}

/// Returns the next words up to the fifth, in upper case.
fn first_words(words: &Words<'_>) -> String {
    let mut ahead = words.clone();
    let mut said = Vec::new();
    while said.len() < 5 && !ahead.is_item_end() {
        said.push(ahead.text().to_uppercase());
        ahead.skip();
    }
    said.join(" ")
}

fn add(words: &mut Words<'_>) -> Option<Action> {
    let mut name = None;
    let named = words.eat("CONSTRAINT");
    if named {
        name = words.identifier();
    }
    if let Some(kind) = ConstraintKind::of(words) {
        return Some(constraint(words, kind, name));
    }
    if named {
        return Some(constraint(words, ConstraintKind::Other, name));
    }
    words.eat("COLUMN");
    let if_not_exists = words.eat_all(&["IF", "NOT", "EXISTS"]);
    let name = words.identifier()?;
    Some(Action::AddColumn(added_column(words, name, if_not_exists)))
}

fn constraint(words: &mut Words<'_>, kind: ConstraintKind, name: Option<String>) -> Action {
    // What PostgreSQL 18 does not enforce proves as little.
    let unchecked = [["NOT", "VALID"], ["NOT", "ENFORCED"]];
    let not_valid = unchecked.iter().any(|said| words.item_has(said));
    let may_take_over = !matches!(kind, ConstraintKind::Exclusion | ConstraintKind::Other);
    let using_index = words.item_has(&["USING", "INDEX"]) && may_take_over;
    let check = match kind {
        ConstraintKind::Check => create::check(words, name.clone()),
        _ => Check::default(),
    };
    let references = foreign_key(words);
    let mut columns = Vec::new();
    if matches!(kind, ConstraintKind::Unique | ConstraintKind::PrimaryKey) && !using_index {
        while !words.is_mark("(") && !words.is_item_end() {
            words.skip();
        }
        columns = words.columns().into_iter().flatten().collect();
    }
    Action::AddConstraint(AddedConstraint {
        kind,
        name,
        columns,
        check,
        references,
        not_valid,
        using_index,
    })
}

/// What ends an expression of a column's default.
const BEHIND_DEFAULT: [&str; 9] = [
    "NOT",
    "CONSTRAINT",
    "CHECK",
    "UNIQUE",
    "PRIMARY",
    "REFERENCES",
    "GENERATED",
    "COLLATE",
    "DEFERRABLE",
];

fn added_column(words: &mut Words<'_>, name: String, if_not_exists: bool) -> AddedColumn {
    let mut column = AddedColumn {
        name,
        of_type: words.type_name(),
        if_not_exists,
        not_null: false,
        default: None,
        key: false,
        stored: false,
        numbered: false,
        checked: false,
        references: None,
    };
    column.numbered = column.of_type.contains("serial");
    while !words.is_item_end() {
        if words.eat_all(&["NOT", "NULL"]) {
            column.not_null = true;
        } else if words.are(&["PRIMARY", "KEY"]) || words.is("UNIQUE") {
            column.key = true;
            words.skip();
        } else if words.is("REFERENCES") {
            column.references = column_reference(words, &column.name);
        } else if words.eat("DEFAULT") {
            column.default = Some(expression(words));
        } else if words.eat("STORED") {
            column.stored = true;
        } else if words.eat("IDENTITY") {
            column.numbered = true;
        } else if words.eat("CHECK") {
            column.checked = true;
        } else if words.is_mark("(") {
            words.skip_parentheses();
        } else {
            words.skip();
        }
    }
    column
}

/// Reads an expression up to what can only follow it, in upper case.
fn expression(words: &mut Words<'_>) -> String {
    let mut said = Vec::new();
    while !words.is_item_end() && !words.is_any(&BEHIND_DEFAULT) {
        let from = words.clone();
        if words.is_mark("(") {
            words.skip_parentheses();
        } else {
            words.skip();
        }
        let mut word = from;
        while word.index() < words.index() {
            said.push(word.text().to_uppercase());
            word.skip();
        }
    }
    said.join(" ")
}

fn dropped(words: &mut Words<'_>) -> Option<Action> {
    if words.eat("CONSTRAINT") {
        let if_exists = words.eat_all(&["IF", "EXISTS"]);
        let name = words.identifier()?;
        return Some(Action::DropConstraint { name, if_exists });
    }
    words.eat("COLUMN");
    let if_exists = words.eat_all(&["IF", "EXISTS"]);
    let column = words.identifier()?;
    Some(Action::DropColumn { column, if_exists })
}

fn column(words: &mut Words<'_>) -> Option<Action> {
    if words.is_any(&["CONSTRAINT", "INDEX"]) {
        return None;
    }
    words.eat("COLUMN");
    let column = words.identifier()?;
    if words.eat_all(&["SET", "NOT", "NULL"]) {
        return Some(Action::SetNotNull { column });
    }
    if words.eat_all(&["DROP", "NOT", "NULL"]) {
        return Some(Action::DropNotNull { column });
    }
    if words.eat_all(&["SET", "DATA", "TYPE"]) || words.eat("TYPE") {
        let to = words.type_name();
        let using = using(words);
        return Some(Action::SetType { column, to, using });
    }
    // What is done tells more than to which column.
    Some(Action::Other(format!(
        "ALTER COLUMN {}",
        first_words(words)
    )))
}

/// Reads the words of the expression behind `USING`.
fn using(words: &mut Words<'_>) -> Option<Vec<String>> {
    while !words.is("USING") {
        if words.is_item_end() {
            return None;
        }
        words.skip();
    }
    words.skip();
    let first = words.index();
    words.skip_item();
    let tokens = first..words.index();
    Some(tokens.map(|index| words.at(index).plain()).collect())
}

fn renamed(words: &mut Words<'_>) -> Option<Action> {
    if words.eat("TO") {
        let to = words.identifier()?;
        return Some(Action::RenameTo { to });
    }
    let of_constraint = words.eat("CONSTRAINT");
    if !of_constraint {
        words.eat("COLUMN");
    }
    let from = words.identifier()?;
    words.eat("TO");
    let to = words.identifier()?;
    Some(if of_constraint {
        Action::RenameConstraint { from, to }
    } else {
        Action::RenameColumn { from, to }
    })
}
