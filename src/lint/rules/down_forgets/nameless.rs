//! What a way up makes that has no name to mention: casts, transforms, operators, user mappings.

use super::undone::Undone;
use super::words::{is_name, said};
use crate::lint::context::Way;
use crate::sql::Phrase;

/// What has no name, by the words behind `CREATE`.
const KINDS: [(&str, &[&str]); 4] = [
    ("cast", &["CAST"]),
    ("transform", &["TRANSFORM"]),
    ("operator", &["OPERATOR"]),
    ("user mapping", &["USER", "MAPPING"]),
];

/// What begins with the word of an operator, and has a name.
const NAMED: [&str; 2] = ["CLASS", "FAMILY"];

/// Something without a name.
struct Nameless {
    /// The statement that makes, or drops it.
    index: usize,
    /// What it is.
    kind: &'static str,
    /// What tells it from others of its kind.
    told: String,
}

/// Returns what a way up makes that its way down leaves. Types have several names: where as many are
/// dropped as are made, each is.
pub(super) fn forgotten(up: &Way<'_>, down: &Way<'_>, undone: &Undone) -> Vec<String> {
    // What a block drops is not told apart.
    if runs_blocks(down) {
        return Vec::new();
    }
    let mut left = stated(up, "CREATE");
    for gone in stated(up, "DROP") {
        left.retain(|made| made.index > gone.index || !is_same(made, &gone));
    }
    let dropped = stated(down, "DROP");
    let count = |of: &[Nameless], kind| of.iter().filter(|it| it.kind == kind).count();
    let are_left = KINDS.map(|(kind, _)| (kind, count(&dropped, kind) < count(&left, kind)));
    left.retain(|made| are_left.contains(&(made.kind, true)));
    left.retain(|made| !dropped.iter().any(|gone| is_same(made, gone)));
    left.retain(|made| !goes_along(up, made, undone));
    let told = left.into_iter();
    told.map(|made| format!("the {} `{}`", made.kind, made.told))
        .collect()
}

fn is_same(one: &Nameless, other: &Nameless) -> bool {
    one.kind == other.kind && one.told.eq_ignore_ascii_case(&other.told)
}

/// Returns whether something goes with what the way down drops with `CASCADE`.
fn goes_along(up: &Way<'_>, made: &Nameless, undone: &Undone) -> bool {
    let mut names = said(up, made.index).into_iter();
    names.any(|name| undone.cascaded.contains(&name.name))
}

fn runs_blocks(way: &Way<'_>) -> bool {
    let mut indices = 0..way.script.statements().len();
    indices.any(|index| {
        way.script
            .with_phrase(index, |statement| statement.is_word(0, "DO"))
    })
}

/// Returns what is made, or dropped, by the first word of the statements.
fn stated(way: &Way<'_>, verb: &str) -> Vec<Nameless> {
    let indices = 0..way.script.statements().len();
    let lasting = indices.filter(|index| way.lasts(*index));
    let read = |index| {
        way.script.with_phrase(index, |statement| {
            let (kind, told) = statement
                .is_word(0, verb)
                .then(|| read(statement))
                .flatten()?;
            Some(Nameless { index, kind, told })
        })
    };
    lasting.filter_map(read).collect()
}

/// Reads what a statement makes or drops; nothing where one that exists is left, or replaced.
fn read(statement: Phrase<'_>) -> Option<(&'static str, String)> {
    let are = |words: &[&str]| {
        let mut words = words.iter().enumerate();
        words.all(|(distance, word)| statement.is_word(1 + distance, word))
    };
    let (kind, words) = KINDS.iter().find(|(_, words)| are(words))?;
    let mut place = 1 + words.len();
    if statement.is_word(0, "CREATE") && statement.is_word(place, "IF") {
        return None;
    }
    while statement.is_any_word(place, &["IF", "EXISTS"]) {
        place += 1;
    }
    if *kind == "operator" && statement.is_any_word(place, &NAMED) {
        return None;
    }
    Some((kind, told(kind, statement, place)))
}

/// Returns what tells something from others of its kind, from this place on.
fn told(kind: &str, statement: Phrase<'_>, first: usize) -> String {
    let count = statement.tokens().len();
    let places = match kind {
        "cast" => first + 1..within(statement, first),
        "operator" => {
            let mut places = first..count;
            first
                ..places
                    .find(|place| statement.is_mark(*place, "("))
                    .unwrap_or(count)
        }
        // The name behind the word belongs to it.
        _ => {
            let words = ["LANGUAGE", "SERVER"];
            let mut places = first..count;
            let end = places.find(|place| statement.is_any_word(*place, &words));
            first..end.map_or(count, |end| (end + 2).min(count))
        }
    };
    let mut said = String::new();
    for place in places {
        let is_glued =
            place > first && !(is_name(statement, place) && is_name(statement, place - 1));
        if !said.is_empty() && !is_glued {
            said.push(' ');
        }
        said += statement.text_at(place);
    }
    said
}

/// Returns the place of the mark that closes the parentheses that open here.
fn within(statement: Phrase<'_>, first: usize) -> usize {
    let mut depth = 0_usize;
    for place in first..statement.tokens().len() {
        if statement.is_mark(place, "(") {
            depth += 1;
        } else if statement.is_mark(place, ")") {
            depth = depth.saturating_sub(1);
        }
        if depth == 0 {
            return place;
        }
    }
    statement.tokens().len()
}
