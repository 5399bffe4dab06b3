//! Names of databases that stand beside another.
//!
//! Pure.

/// The longest name of a database that a `PostgreSQL` server takes, in bytes; it cuts off the rest.
/// <https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS>
const LONGEST: usize = 63;

/// Returns `<name>_<what>`, the name being cut where that would be too long.
pub(super) fn beside(name: &str, what: &str) -> String {
    let room = LONGEST.saturating_sub(what.len() + 1);
    let end = name.floor_char_boundary(room);
    format!("{}_{what}", &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

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
