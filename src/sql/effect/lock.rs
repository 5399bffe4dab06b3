//! `LOCK TABLE …`: one lock each table.

use super::{Effect, EffectKind, Name};
use crate::sql::words::Words;

/// A table that is locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Locked {
    /// The table.
    pub(crate) table: Name,
    /// Whether what inherits from it is left out.
    pub(crate) only: bool,
    /// The mode, in upper case.
    pub(crate) mode: String,
}

/// Reads on behind `LOCK`.
pub(super) fn read(words: &mut Words<'_>) -> Vec<Effect> {
    let span = words.whole();
    words.eat("TABLE");
    let mut tables = Vec::new();
    loop {
        let only = words.eat("ONLY");
        let in_brackets = words.eat_mark("(");
        let Some(table) = words.name() else { break };
        if in_brackets {
            words.eat_mark(")");
        }
        tables.push((table, only));
        if words.text() == "*" {
            words.skip();
        }
        if !words.eat_mark(",") {
            break;
        }
    }
    let mode = mode(words);
    let effect = |(table, only)| Effect {
        kind: EffectKind::Lock(Locked {
            table,
            only,
            mode: mode.clone(),
        }),
        span,
    };
    tables.into_iter().map(effect).collect()
}

/// Reads the mode; where none is said, it is the strongest.
fn mode(words: &mut Words<'_>) -> String {
    let mut said = Vec::new();
    if words.eat("IN") {
        while !words.is_done() && !words.is("MODE") {
            said.push(words.text().to_uppercase());
            words.skip();
        }
    }
    if said.is_empty() {
        return "ACCESS EXCLUSIVE".to_owned();
    }
    said.join(" ")
}
