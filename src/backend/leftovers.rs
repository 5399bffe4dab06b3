//! What an earlier attempt at a statement may have left, and what of it is its own.
//!
//! Pure. The engines look for it.

/// What stands in the word of a failure where a statement was canceled: its code, or what the server says.
/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
const CANCELED: [&str; 2] = ["(SQLSTATE 57014)", "canceling statement due to"];

/// How an earlier attempt ended that began a statement, or may have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Earlier {
    /// There was none.
    #[default]
    None,
    /// It failed, and left this word of it.
    Failed(String),
    /// It was cut off, and left none.
    CutOff,
}

impl Earlier {
    /// What stands before the names of invalid indexes in the word of a failure.
    pub(crate) const INVALID: &str = "invalid indexes: ";

    /// What stands before the name of an index in the word of a failure, where it is not known whether an
    /// attempt before that one had dropped it.
    pub(crate) const DROPPED_PERHAPS: &str = "an earlier attempt may have dropped the index";

    /// What stands behind the name of the index that is found now, before the schema that may have had one.
    const ANOTHER_PERHAPS: &str = " is there, and another one may have been in ";

    /// Returns what is said where it is not known whether an earlier attempt has dropped the index of a name
    /// that was meant: another one is `found` now, and there may have been one in the schema `before` it.
    #[cfg_attr(
        not(any(feature = "postgres", test)),
        expect(dead_code, reason = "the other engine drops nothing by halves")
    )]
    pub(crate) fn dropped_perhaps(name: &str, found: &str, before: &str) -> String {
        format!(
            "{} `{name}` that was meant: {found}{}{before}",
            Self::DROPPED_PERHAPS,
            Self::ANOTHER_PERHAPS
        )
    }

    /// Returns the index that was found, where that is what was said.
    pub(crate) fn found_perhaps(said: &str) -> Option<&str> {
        let rest = said.strip_prefix(Self::DROPPED_PERHAPS)?;
        let (_, rest) = rest.split_once("` that was meant: ")?;
        let (found, _) = rest.rsplit_once(Self::ANOTHER_PERHAPS)?;
        Some(found)
    }

    /// Returns whether it ended in the middle of its statement: its process, or the time that it had.
    #[cfg_attr(
        not(any(feature = "postgres", test)),
        expect(dead_code, reason = "the other engine does nothing by halves")
    )]
    pub(crate) fn was_cut_off(&self) -> bool {
        match self {
            Self::None => false,
            Self::Failed(word) => {
                let mut said = CANCELED.into_iter().chain([Self::DROPPED_PERHAPS]);
                said.any(|said| word.contains(said))
            }
            Self::CutOff => true,
        }
    }

    /// Returns whether it says that it has left the index of a name, qualified and quoted as there.
    #[cfg_attr(
        not(any(feature = "postgres", test)),
        expect(dead_code, reason = "the other engine leaves nothing")
    )]
    pub(crate) fn names(&self, index: &str) -> bool {
        let Self::Failed(word) = self else {
            return false;
        };
        let mut lines = word.lines();
        let names = lines.find_map(|line| line.strip_prefix(Self::INVALID));
        names.is_some_and(|names| format!(", {names}, ").contains(&format!(", {index}, ")))
    }
}

/// The indexes that cannot be used, on the table of which a statement builds one under a name that
/// the engine chooses; each qualified and quoted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Leftovers {
    /// What an earlier attempt at this very statement has left.
    pub(crate) own: Vec<String>,
    /// Those of others.
    pub(crate) others: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_whole_names_alone() {
        let word = format!("it failed\n{}public.a, \"b, c\".d\nmore", Earlier::INVALID);
        let failed = Earlier::Failed(word);
        for (index, is_named) in [
            ("public.a", true),
            ("\"b, c\".d", true),
            ("a", false),
            ("public.a1", false),
            ("more", false),
        ] {
            assert_eq!(failed.names(index), is_named, "{index}");
        }
        assert!(!Earlier::CutOff.names("public.a"));
    }

    #[test]
    fn what_is_found_in_place_of_another_is_named() {
        let said = Earlier::dropped_perhaps("By Id", "public.\"By Id\"", "app");
        assert_eq!(Earlier::found_perhaps(&said), Some("public.\"By Id\""));
        assert!(Earlier::Failed(said).was_cut_off());
        assert_eq!(Earlier::found_perhaps("relation \"a\" is there"), None);
    }

    #[test]
    fn what_failed_of_itself_was_not_cut_off() {
        for (word, was_cut_off) in [
            ("relation \"a\" already exists", false),
            (
                "canceling statement due to statement timeout (SQLSTATE 57014)",
                true,
            ),
        ] {
            let failed = Earlier::Failed(word.to_owned());
            assert_eq!(failed.was_cut_off(), was_cut_off, "{word}");
        }
        assert!(Earlier::CutOff.was_cut_off());
        assert!(!Earlier::None.was_cut_off());
    }
}
