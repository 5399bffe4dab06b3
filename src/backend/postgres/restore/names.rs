//! Names of databases that stand beside another.
//!
//! Pure, but for the chance that tells one from another.

use uuid::Uuid;

/// How many random digits tell one from another.
const CHANCE: usize = 8;

/// The longest name of a database that a `PostgreSQL` server takes, in bytes; it cuts off the rest.
/// <https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS>
const LONGEST: usize = 63;

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
