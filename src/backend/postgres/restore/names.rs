//! Names of databases that stand beside another.
//!
//! Pure, but for the chance that tells one from another.

use uuid::Uuid;

use crate::backend::postgres::address::LONGEST;
use crate::backend::restore::is_moment;

/// How many random digits tell one from another.
const CHANCE: usize = 8;

/// What the name of a database says that was replaced, before the time.
const BEFORE: &str = "_before_";

/// Returns `<name>_<what>`, the name being cut where that would be too long.
pub(super) fn beside(name: &str, what: &str) -> String {
    let room = LONGEST.saturating_sub(what.len() + 1);
    let end = name.floor_char_boundary(room);
    format!("{}_{what}", &name[..end])
}

/// Returns the name of a database that is made beside another, of which there are many: this one is
/// told from the others by chance.
pub(super) fn scratch(name: &str, what: &str) -> String {
    let chance = Uuid::new_v4().simple().to_string();
    beside(name, &format!("{what}_{}", &chance[..CHANCE]))
}

/// Returns whether a name may be what [`scratch`] returned.
pub(super) fn is_scratch(candidate: &str, name: &str, what: &str) -> bool {
    let Some(start) = candidate.len().checked_sub(CHANCE) else {
        return false;
    };
    let chance = candidate.get(start..).unwrap_or_default();
    chance.len() == CHANCE
        && chance.bytes().all(|digit| digit.is_ascii_hexdigit())
        && candidate == beside(name, &format!("{what}_{chance}"))
}

/// Returns whether a database of a name was kept that another one was restored in the place of.
pub(super) fn is_kept(candidate: &str, name: &str) -> bool {
    let Some((_, time)) = candidate.rsplit_once(BEFORE) else {
        return false;
    };
    is_moment(time) && candidate == kept(name, time)
}

/// Returns the name under which one is kept that was replaced at a time.
pub(super) fn kept(name: &str, time: &str) -> String {
    beside(name, &format!("{}{time}", &BEFORE[1..]))
}

/// Returns the name of one that was restored at a time without somebody naming it.
pub(super) fn restored(name: &str, time: &str) -> String {
    beside(name, &format!("restored_{time}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_beside_is_known_again() {
        let long = "größe".repeat(20);
        for name in ["shop", "", long.as_str()] {
            let made = scratch(name, "restoring");
            assert!(is_scratch(&made, name, "restoring"), "{made}");
            assert!(!is_scratch(&made, name, "before"), "{made}");
            assert!(!is_scratch(&made, "another", "restoring"), "{made}");
        }
        for other in [
            "shop",
            "shop_restoring_",
            "shop_restoring_1234567x",
            "größe",
            "",
        ] {
            assert!(!is_scratch(other, "shop", "restoring"), "{other}");
        }
    }

    #[test]
    fn a_name_is_cut_and_what_it_is_for_is_not() {
        assert_eq!(beside("shop", "before_1"), "shop_before_1");
        let long = "größe".repeat(20);
        let name = beside(&long, "before_20260131T101500Z");
        assert!(
            name.len() <= 63 && name.ends_with("_before_20260131T101500Z"),
            "{name}"
        );
    }
}
