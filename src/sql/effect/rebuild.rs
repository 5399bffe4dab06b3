//! What makes a table or its indexes anew as they were: `CLUSTER`, `VACUUM FULL`, `REFRESH`, `REINDEX`.

use super::{Effect, EffectKind, Name, Rebuilding, Rebuilt};
use crate::sql::script::Script;
use crate::sql::words::Words;

/// What many indexes are of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whole {
    /// The schema of this name.
    Schema(String),
    /// The database.
    Database,
}

/// What such statements begin with.
pub(super) const VERBS: [&str; 4] = ["CLUSTER", "VACUUM", "REFRESH", "REINDEX"];

/// Reads a statement that begins with one of [`VERBS`].
pub(super) fn read(words: &mut Words<'_>) -> Vec<Effect> {
    let span = words.whole();
    let concurrently = words.item_has(&["CONCURRENTLY"]);
    let (how, names) = rebuilt(words).unwrap_or((Rebuilding::Vacuum, Vec::new()));
    let effect = |name| Effect {
        kind: EffectKind::Rebuild(Rebuilt {
            how,
            name,
            concurrently,
        }),
        span,
    };
    names.into_iter().map(effect).collect()
}

impl Script {
    /// Returns of what all indexes are made anew by the statement at `index`: of a schema by its name, or of
    /// the whole database.
    ///
    /// # Panics
    ///
    /// Panics if there is no statement at `index`.
    pub(crate) fn reindexed_whole(&self, index: usize) -> Option<Whole> {
        let dialect = self.dialect();
        self.with_phrase(index, |statement| {
            let mut words = Words::new(statement, dialect);
            words.eat("REINDEX").then_some(())?;
            words.skip_parentheses();
            if words.eat_any(&["DATABASE", "SYSTEM"]) {
                return Some(Whole::Database);
            }
            words.eat("SCHEMA").then_some(())?;
            words.eat("CONCURRENTLY");
            words.identifier().map(Whole::Schema)
        })
    }
}

fn rebuilt(words: &mut Words<'_>) -> Option<(Rebuilding, Vec<Name>)> {
    if words.eat("CLUSTER") {
        words.skip_parentheses();
        words.eat("VERBOSE");
        let named = words.name();
        // As it was said once: `CLUSTER index ON table`.
        let table = if words.eat("ON") { words.name() } else { named };
        return Some((Rebuilding::Cluster, table.into_iter().collect()));
    }
    if words.eat("VACUUM") {
        return Some((Rebuilding::Vacuum, vacuumed(words)?));
    }
    if words.eat_all(&["REFRESH", "MATERIALIZED", "VIEW"]) {
        words.eat("CONCURRENTLY");
        return Some((Rebuilding::Refresh, words.name().into_iter().collect()));
    }
    words.eat("REINDEX");
    words.skip_parentheses();
    let how = if words.eat("TABLE") {
        Rebuilding::Reindex
    } else if words.eat("INDEX") {
        Rebuilding::ReindexOne
    } else {
        return None;
    };
    words.eat("CONCURRENTLY");
    Some((how, words.name().into_iter().collect()))
}

/// Reads on behind `VACUUM`: the tables, where they are written anew.
fn vacuumed(words: &mut Words<'_>) -> Option<Vec<Name>> {
    let mut is_full = false;
    for mut option in words.items() {
        is_full |= option.eat("FULL") && !option.is_any(&["FALSE", "OFF"]);
    }
    while words.is_any(&["FULL", "FREEZE", "VERBOSE", "ANALYZE"]) {
        is_full |= words.is("FULL");
        words.skip();
    }
    is_full.then(|| words.names())
}
