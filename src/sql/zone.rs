//! In which time zone a session tells moments from a statement on.

use super::script::Script;
use super::words::Words;

/// What shows a moment with a zone as one without is shown in universal time.
const UNIVERSAL: [&str; 6] = ["utc", "gmt", "etc/utc", "etc/gmt", "zulu", "universal"];

/// In which zone a session tells moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Zone {
    /// In universal time.
    #[default]
    Universal,
    /// In another, or in one that the words do not name.
    Other,
}

impl Script {
    /// Returns the zone that the statement at `index` sets; none where it sets none.
    ///
    /// # Panics
    ///
    /// Panics if there is no statement at `index`.
    pub(crate) fn sets_zone(&self, index: usize) -> Option<Zone> {
        let dialect = self.dialect();
        self.with_phrase(index, |phrase| read(&mut Words::new(phrase, dialect)))
    }
}

/// <https://www.postgresql.org/docs/current/sql-set.html>
fn read(words: &mut Words<'_>) -> Option<Zone> {
    if words.eat_any(&["RESET", "DISCARD"]) {
        let is_it = words.is_any(&["ALL", "TIMEZONE"]) || words.are(&["TIME", "ZONE"]);
        return is_it.then_some(Zone::Other);
    }
    if words.is("SELECT") && words.has_ahead("SET_CONFIG") {
        let statement = words.phrase();
        let mut places = 0..statement.tokens().len();
        let says_it = places.any(|place| {
            let text = statement.text_at(place).trim_matches('\'');
            text.eq_ignore_ascii_case("TimeZone")
        });
        return says_it.then_some(Zone::Other);
    }
    if !words.eat("SET") {
        return None;
    }
    words.eat_all_of(&["LOCAL", "SESSION"]);
    if !words.eat_all(&["TIME", "ZONE"]) {
        if !words.eat("TIMEZONE") {
            return None;
        }
        if words.text() == "=" || words.is("TO") {
            words.skip();
        }
    }
    let zone = words.string().or_else(|| words.identifier());
    let zone = zone.map(|zone| zone.to_lowercase());
    let is_universal = zone.is_some_and(|zone| UNIVERSAL.contains(&zone.as_str()));
    Some(if is_universal {
        Zone::Universal
    } else {
        Zone::Other
    })
}
