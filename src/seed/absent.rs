//! A table that was asked for by a name that no table has: what else has it, or one like it.
//!
//! It knows no file and no option: who named the table is for whoever asks to know.

use similar::{ChangeTag, TextDiff};

use crate::backend::Backend;
use crate::backend::error::{BackendError, During};
use crate::backend::rows::TableName;

/// The share of a name, in hundredths, that two names have in common at least that may be meant for
/// each other.
const ALIKE: usize = 60;

/// Why there is no table of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Absent {
    /// A view has it.
    View,
    /// Nothing has it.
    Unknown {
        /// The table whose name is most like it.
        similar: Option<String>,
    },
}

/// Looks for what was meant by the name of a table that is not there.
pub(super) fn look_for(
    backend: &mut dyn Backend,
    name: &TableName,
) -> Result<Absent, BackendError> {
    if backend.is_view(name).during("ask what the table is like")? {
        return Ok(Absent::View);
    }
    let tables = backend.content_tables().during("list the tables")?;
    let names: Vec<String> = tables.into_iter().map(|table| table.name).collect();
    Ok(Absent::Unknown {
        similar: nearest(&name.to_string(), &names).map(str::to_owned),
    })
}

/// Returns the name that is most like another, where one is like enough.
pub(super) fn nearest<'a>(wanted: &str, names: &'a [String]) -> Option<&'a str> {
    names
        .iter()
        .map(|name| (likeness(wanted, name), name.as_str()))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max()
        .map(|(_, name)| name)
}

/// Returns how much two names have in common, in hundredths, whatever their letters' case.
fn likeness(one: &str, other: &str) -> usize {
    let (one, other) = (one.to_lowercase(), other.to_lowercase());
    let all = one.chars().count() + other.chars().count();
    let difference = TextDiff::from_chars(&one, &other);
    let same = difference
        .iter_all_changes()
        .filter(|change| change.tag() == ChangeTag::Equal);
    200 * same.count() / all.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_for_one_that_is_like_it_whatever_its_case() {
        let names = ["id", "email", "name"].map(str::to_owned);
        assert_eq!(nearest("emial", &names), Some("email"));
        assert_eq!(nearest("ID", &names), Some("id"));
        assert_eq!(nearest("age", &names), None);
    }
}
