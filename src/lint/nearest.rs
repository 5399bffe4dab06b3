//! The name that somebody may have meant.

use similar::TextDiff;

/// How much of two names has to be the same, of 1.
const LIKE: f32 = 0.6;

/// Returns the known name that is most like what was written, if one is like enough to have been
/// meant.
pub(super) fn nearest<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |name: &str| TextDiff::from_chars(written, name).ratio();
    let likely = known.map(|name| (likeness(name), name));
    let (likeness, name) = likely.max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    (likeness >= LIKE).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_slip_is_recognized_and_another_word_is_not() {
        let known = ["ban-char-field", "big-table", "drops-data"];
        for (written, meant) in [
            ("big-tabel", Some("big-table")),
            ("drop-data", Some("drops-data")),
            ("big_table", Some("big-table")),
            ("something-else", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, known.into_iter()), meant, "{written}");
        }
    }
}
