//! A way down that does not mention what its way up made.
//!
//! KingYoSun/kukuri's pull request 458 found three such ways down, which a full round trip had hidden.

mod examples;
mod made;
mod nameless;
mod undone;
mod up;
mod words;

use crate::backend::lint::Level;
use crate::lint::context::Context;
use crate::lint::rule::{DOWN, Hit, Needs, Rule};
use undone::Undone;
use up::Up;

pub(super) const RULE: Rule = Rule {
    name: "down-forgets",
    level: Level::Warning,
    ways: DOWN,
    needs: Needs::Files,
    finds: "a way down that does not mention a table, a column or another object that its way up made",
    hurts: "what it leaves is in the way when the migration is applied again, and nobody knows of it until then",
    instead: "Undo all that the way up makes, in reverse order; `dieselkit redo` goes down and up again.",
    examples: examples::EXAMPLES,
    check,
};

fn check(context: &Context<'_>) -> Vec<Hit> {
    let (down, Some(up)) = (context.way, context.other) else {
        return Vec::new();
    };
    // An empty way down is found by `check`, and says so itself.
    if down.script.is_empty() {
        return Vec::new();
    }
    let mut undone = Undone::by(down, up, context.grammar);
    let read = Up::of(up);
    let made = up
        .lasting()
        .filter_map(|(index, effect)| made::made(&read, index, effect));
    let mut forgotten = Vec::new();
    for made in made {
        if !undone.takes(&made) {
            forgotten.push(made.told);
        }
    }
    forgotten.extend(nameless::forgotten(up, down, &undone));
    let hit = |told| {
        Hit::new(
            down.head(),
            format!("it does not mention {told}, which the way up makes"),
        )
    };
    forgotten.into_iter().map(hit).collect()
}
