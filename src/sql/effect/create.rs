//! `CREATE …`: what is made.

mod adjectives;

use self::adjectives::Adjectives;
use super::domain;
use super::{
    Check, ConstraintKind, Created, Effect, EffectKind, ForeignKey, IndexBody, Name, ObjectKind,
    OnDelete, TableBody,
};
use crate::sql::words::Words;

/// The words that name a kind.
pub(super) const KINDS: [(&str, ObjectKind); 18] = [
    ("TABLE", ObjectKind::Table),
    ("VIEW", ObjectKind::View),
    ("INDEX", ObjectKind::Index),
    ("SEQUENCE", ObjectKind::Sequence),
    ("TYPE", ObjectKind::Type),
    ("DOMAIN", ObjectKind::Type),
    ("FUNCTION", ObjectKind::Routine),
    ("PROCEDURE", ObjectKind::Routine),
    ("AGGREGATE", ObjectKind::Routine),
    ("ROUTINE", ObjectKind::Routine),
    ("SCHEMA", ObjectKind::Schema),
    ("DATABASE", ObjectKind::Database),
    ("EXTENSION", ObjectKind::Extension),
    ("TRIGGER", ObjectKind::Trigger),
    ("POLICY", ObjectKind::Policy),
    ("RULE", ObjectKind::Rule),
    ("ROLE", ObjectKind::Role),
    ("USER", ObjectKind::Role),
];

/// The kinds of objects that have a name of their own and none of the [`KINDS`], by the words behind the
/// adjectives.
/// <https://www.postgresql.org/docs/current/sql-commands.html>
const FURTHER: [(&[&str], ObjectKind); 17] = [
    (&["GROUP"], ObjectKind::Role),
    (&["STATISTICS"], ObjectKind::Statistics),
    (&["SERVER"], ObjectKind::Server),
    (&["PUBLICATION"], ObjectKind::Named),
    (&["SUBSCRIPTION"], ObjectKind::Named),
    (&["DATA", "WRAPPER"], ObjectKind::Named),
    (&["TABLESPACE"], ObjectKind::Named),
    (&["LANGUAGE"], ObjectKind::Named),
    (&["COLLATION"], ObjectKind::Named),
    (&["CONVERSION"], ObjectKind::Named),
    (&["ACCESS", "METHOD"], ObjectKind::Named),
    (&["OPERATOR", "CLASS"], ObjectKind::Named),
    (&["OPERATOR", "FAMILY"], ObjectKind::Named),
    (&["TEXT", "SEARCH", "CONFIGURATION"], ObjectKind::Named),
    (&["TEXT", "SEARCH", "DICTIONARY"], ObjectKind::Named),
    (&["TEXT", "SEARCH", "PARSER"], ObjectKind::Named),
    (&["TEXT", "SEARCH", "TEMPLATE"], ObjectKind::Named),
];

/// What begins a constraint of a table, as opposed to a column.
const TABLE_CONSTRAINTS: [&str; 6] = [
    "CONSTRAINT",
    "PRIMARY",
    "UNIQUE",
    "FOREIGN",
    "CHECK",
    "EXCLUDE",
];

/// Reads on behind `CREATE`.
pub(super) fn read(words: &mut Words<'_>) -> Option<Effect> {
    let Adjectives {
        temporary,
        mut or_existing,
        unique,
        materialized,
    } = Adjectives::read(words);
    let is_domain = words.is("DOMAIN");
    let kind = kind(words)?;
    let concurrently = words.eat("CONCURRENTLY");
    or_existing |= words.eat_all(&["IF", "NOT", "EXISTS"]);
    let mut created = Created {
        kind,
        name: None,
        on: None,
        temporary,
        or_existing,
        materialized,
        table: TableBody::default(),
        index: IndexBody {
            unique,
            concurrently,
            ..IndexBody::default()
        },
        domain: None,
    };
    if !words.is("ON") {
        created.name = words.name();
    }
    match kind {
        ObjectKind::Table => created.table = table(words),
        ObjectKind::Index => index(words, &mut created),
        ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::Rule => {
            created.on = table_behind_on(words);
        }
        ObjectKind::Statistics => created.on = table_behind_from(words),
        ObjectKind::Type if is_domain => created.domain = Some(domain::body(words)),
        _ => {}
    }
    let span = words.whole();
    let kind = EffectKind::Create(created);
    Some(Effect { kind, span })
}

/// Reads the kind of an object.
pub(super) fn kind(words: &mut Words<'_>) -> Option<ObjectKind> {
    if words.eat_all(&["USER", "MAPPING"]) {
        return Some(ObjectKind::Other);
    }
    let known = KINDS.iter().find(|(word, _)| words.is(word));
    if let Some((_, kind)) = known {
        words.skip();
        return Some(*kind);
    }
    for (further, kind) in FURTHER {
        if words.eat_all(further) {
            return Some(kind);
        }
    }
    words.identifier().map(|_| ObjectKind::Other)
}

/// Reads what is in a table.
fn table(words: &mut Words<'_>) -> TableBody {
    let mut body = TableBody::default();
    if words.eat_all(&["PARTITION", "OF"]) {
        body.partition_of = words.name();
    }
    for mut item in words.items() {
        if item.is_any(&TABLE_CONSTRAINTS) {
            constraint(&mut item, &mut body);
        } else if !item.is("LIKE") {
            column(&mut item, &mut body);
        }
    }
    if let Some(mut key) = words.behind(&["PARTITION", "BY"]) {
        body.partitioned = true;
        key.skip();
        body.divided_by = key.columns();
    }
    if body.partition_of.is_some() {
        body.is_default = words.is("DEFAULT");
        // They are those of the whole; a few may be said again.
        body.columns.clear();
    }
    body.of_query = words.item_has(&["AS"]);
    body
}

/// Reads a constraint of a table.
fn constraint(item: &mut Words<'_>, body: &mut TableBody) {
    let is_named = item.eat("CONSTRAINT");
    let name = item.clone().identifier().filter(|_| is_named);
    if is_named {
        item.identifier();
    }
    let kind = ConstraintKind::of(item);
    let named = name.clone().zip(kind);
    body.named.extend(named);
    if item.eat_all(&["PRIMARY", "KEY"]) || item.eat("UNIQUE") {
        item.eat_all(&["NULLS", "NOT", "DISTINCT"]);
        body.keys
            .push(item.columns().into_iter().flatten().collect());
    } else {
        if item.is("CHECK") {
            body.checks.push(check(item, name));
        }
        body.references.extend(foreign_key(item));
    }
}

/// Reads what a check asks, without moving on.
pub(super) fn check(item: &Words<'_>, name: Option<String>) -> Check {
    let mut inside = item.clone();
    inside.eat("CHECK");
    let mut end = inside.clone();
    end.skip_parentheses();
    let mut mentions = Vec::new();
    while inside.index() < end.index() {
        let at = inside.clone();
        mentions.extend(at.clone().mentioned());
        inside.skip();
    }
    Check {
        name,
        not_null: not_null(item.clone()),
        mentions,
    }
}

/// Reads which columns a check proves not to be null: `c IS NOT NULL`, or several with `AND` between.
fn not_null(mut words: Words<'_>) -> Vec<String> {
    words.eat("CHECK");
    let mut end = words.clone();
    end.skip_parentheses();
    none_null(words, end.index())
}

/// Reads `c IS NOT NULL`, or several with `AND` between, up to the token at `end` or the statement's end.
fn none_null(mut words: Words<'_>, end: usize) -> Vec<String> {
    let mut columns = Vec::new();
    while words.eat_mark("(") {}
    while words.index() < end && !words.is_done() {
        let column = words.mentioned();
        let Some(column) = column.filter(|_| words.eat_all(&["IS", "NOT", "NULL"])) else {
            return Vec::new();
        };
        columns.push(column);
        while words.eat_mark(")") || words.eat("AND") || words.eat_mark("(") {}
    }
    columns
}

/// Reads `FOREIGN KEY (…) REFERENCES …`.
pub(super) fn foreign_key(item: &mut Words<'_>) -> Option<ForeignKey> {
    let first = item.index();
    if !item.eat_all(&["FOREIGN", "KEY"]) {
        return None;
    }
    // MySQL's name of the key is nobody's here.
    let columns = item.columns().into_iter().flatten().collect();
    references(item, columns, first)
}

/// Reads `REFERENCES …`.
fn references(item: &mut Words<'_>, columns: Vec<String>, first: usize) -> Option<ForeignKey> {
    if !item.eat("REFERENCES") {
        return None;
    }
    let to = item.name()?;
    item.skip_parentheses();
    let span = item.span_from(first);
    Some(ForeignKey {
        columns,
        to,
        on_delete: on_delete(item.clone()),
        span,
    })
}

/// Reads what becomes of the row, as far as it stands before the next column or constraint.
fn on_delete(mut ahead: Words<'_>) -> OnDelete {
    while !ahead.is_item_end() && !ahead.is("REFERENCES") {
        if ahead.eat_all(&["ON", "DELETE"]) {
            let known = [("CASCADE", OnDelete::Cascade), ("SET", OnDelete::Forget)];
            let known = known.iter().find(|(word, _)| ahead.is(word));
            return known.map_or(OnDelete::Refuse, |(_, on_delete)| *on_delete);
        }
        ahead.skip();
    }
    OnDelete::Refuse
}

/// Reads a column.
fn column(item: &mut Words<'_>, body: &mut TableBody) {
    let Some(name) = item.identifier() else {
        return;
    };
    body.columns.push((name.clone(), item.type_name()));
    let mut called = None;
    while !item.is_item_end() {
        if item.is("CHECK") {
            // What it is called stands before it, or nowhere.
            body.checks.push(check(item, called.clone()));
        }
        if let Some(kind) = ConstraintKind::of(item) {
            body.named.extend(called.take().map(|name| (name, kind)));
        }
        if item.eat("CONSTRAINT") {
            called = item.identifier();
        } else if item.eat_all(&["NOT", "NULL"]) {
            called = None;
        } else if item.are(&["PRIMARY", "KEY"]) || item.is("UNIQUE") {
            body.keys.push(vec![name.clone()]);
            item.skip();
        } else if item.is("REFERENCES") {
            body.references.extend(column_reference(item, &name));
        } else if item.is_mark("(") {
            item.skip_parentheses();
        } else {
            item.skip();
        }
    }
}

/// Reads `REFERENCES …` of one column.
pub(super) fn column_reference(item: &mut Words<'_>, column: &str) -> Option<ForeignKey> {
    let first = item.index();
    let found = references(item, vec![column.to_owned()], first);
    if found.is_none() && item.index() == first {
        item.skip();
    }
    found
}

/// Reads what an index is of.
fn index(words: &mut Words<'_>, created: &mut Created) {
    if !words.eat("ON") {
        return;
    }
    words.eat("ONLY");
    created.on = words.name();
    if words.eat("USING") {
        created.index.method = words.identifier();
    }
    created.index.mentions = mentions(words.clone());
    created.index.columns = words.columns();
    if let Some(condition) = words.behind(&["WHERE"]) {
        created.index.partial = true;
        created.index.leaves_nulls_of = none_null(condition, usize::MAX);
    }
}

/// Reads all names up to the end.
fn mentions(mut words: Words<'_>) -> Vec<String> {
    let mut names = Vec::new();
    while !words.is_done() {
        names.extend(words.clone().identifier());
        words.skip();
    }
    names
}

/// Reads the table that something belongs to: behind the `ON` of a trigger or a policy, and behind
/// the `TO` of a rule.
fn table_behind_on(words: &mut Words<'_>) -> Option<Name> {
    while !words.is_done() {
        if !words.eat("ON") {
            words.skip();
            continue;
        }
        if !words.eat_any(&["SELECT", "INSERT", "UPDATE", "DELETE"]) || words.eat("TO") {
            return words.name();
        }
    }
    None
}

/// Reads the table of statistics, whose expressions may hold a `FROM` in parentheses.
fn table_behind_from(words: &mut Words<'_>) -> Option<Name> {
    while !words.is_done() {
        if words.is_mark("(") {
            words.skip_parentheses();
        } else if words.eat("FROM") {
            return words.name();
        } else {
            words.skip();
        }
    }
    None
}
