//! `DROP …`: what is taken away as a whole.

use super::create::kind;
use super::{Dropped, Effect, EffectKind, ObjectKind};
use crate::sql::words::Words;

/// What may stand between `DROP` and the kind of the objects.
const ADJECTIVES: [&str; 4] = ["MATERIALIZED", "FOREIGN", "EVENT", "PROCEDURAL"];

/// Reads on behind `DROP`.
pub(super) fn read(words: &mut Words<'_>) -> Option<Effect> {
    if words.eat_all(&["OWNED", "BY"]) {
        return Some(owned(words));
    }
    while words.eat_any(&ADJECTIVES) {}
    let kind = kind(words)?;
    let concurrently = words.eat("CONCURRENTLY");
    let if_exists = words.eat_all(&["IF", "EXISTS"]);
    let names = words.names();
    let on = words.eat("ON").then(|| words.name()).flatten();
    let mut cascade = false;
    while !words.is_done() {
        cascade |= words.is("CASCADE");
        words.skip();
    }
    let span = words.whole();
    let kind = EffectKind::Drop(Dropped {
        kind,
        names,
        on,
        if_exists,
        cascade,
        concurrently,
    });
    Some(Effect { kind, span })
}

/// Reads on behind `DROP OWNED BY`: the roles whose objects go.
fn owned(words: &mut Words<'_>) -> Effect {
    let names = words.names();
    let kind = EffectKind::Drop(Dropped {
        kind: ObjectKind::Owned,
        names,
        on: None,
        if_exists: false,
        cascade: words.item_has(&["CASCADE"]),
        concurrently: false,
    });
    let span = words.whole();
    Effect { kind, span }
}
