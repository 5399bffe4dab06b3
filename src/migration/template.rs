//! The text of a new migration, and how a file that is still that text is known.
//!
//! Pure. Where the text is written to is for `scaffold` to say.

/// Stands in every file that was made from the template. A file that has it and holds no statement
/// was never written.
const MARKER: &str = "dieselkit:template";

/// The way up.
pub(crate) const UP: &str = include_str!("template/up.sql");
/// The way down.
pub(crate) const DOWN: &str = include_str!("template/down.sql");
/// What a way up outside of a transaction has to mind.
pub(crate) const NO_TRANSACTION: &str = include_str!("template/no_transaction.sql");

/// How a folder says that it is irreversible, in [`DOWN`].
const BY_METADATA: &str = "leave this file without a statement and write
--     `irreversible = \"why\"` into metadata.toml";

/// How a single file says so.
const BY_MARKER: &str = "leave this section without a statement and
--     write `irreversible WHY` behind `migrate:down`";

/// Returns the way down as a section of a single file.
pub(crate) fn down_section() -> String {
    DOWN.replace(BY_METADATA, BY_MARKER)
}

/// Returns whether a text that holds no statement is the template.
pub(crate) fn is_template(text: &str) -> bool {
    text.contains(MARKER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_says_that_it_is_irreversible_in_its_own_way() {
        let section = down_section();
        assert!(DOWN.contains(BY_METADATA), "{DOWN}");
        assert!(section.contains(BY_MARKER), "{section}");
    }
}
