//! The numbers of seeds: which one the next file gets.
//!
//! It looks at nothing but file names.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// The digits of a number where no other says how many.
const WIDTH: usize = 3;
/// What numbers are apart, so that one fits between them later.
const STEP: u64 = 10;

/// The numbers that are taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    taken: BTreeSet<u64>,
    width: Option<usize>,
}

impl Numbers {
    /// Reads the numbers of folders; one that is absent has none.
    pub(super) fn of_folders(
        root: &Path,
        folders: impl IntoIterator<Item = String>,
    ) -> std::io::Result<Self> {
        let mut numbers = Self::default();
        for folder in folders {
            for name in file_names(&root.join(folder))? {
                numbers.note(&name);
            }
        }
        Ok(numbers)
    }

    fn note(&mut self, file_name: &str) {
        let digits = file_name.split('_').next().unwrap_or_default();
        let is_number = file_name.contains('_') && digits.bytes().all(|byte| byte.is_ascii_digit());
        if let (true, Ok(number)) = (is_number, digits.parse()) {
            self.taken.insert(number);
            self.width = self.width.max(Some(digits.len()));
        }
    }

    /// Takes the number behind all others: the next ten where all are tens, else the next; `None`
    /// where it has too many digits to be last by its text.
    pub(super) fn take(&mut self) -> Option<String> {
        let in_tens = self.taken.iter().all(|number| number % STEP == 0);
        let step = if in_tens { STEP } else { 1 };
        let next = self.taken.last().copied().unwrap_or(0).checked_add(step)?;
        let width = self.width.unwrap_or(WIDTH);
        let number = format!("{next:0width$}");
        (number.len() == width).then(|| {
            self.taken.insert(next);
            number
        })
    }
}

/// Returns the names in a folder, sorted; none where it is absent.
pub(super) fn file_names(folder: &Path) -> std::io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names: Vec<String> = names.collect::<std::io::Result<_>>()?;
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(names: &[&str]) -> Option<String> {
        let mut numbers = Numbers::default();
        for name in names {
            numbers.note(name);
        }
        numbers.take()
    }

    #[test]
    fn the_next_number_follows_the_style_that_is_there() {
        for (names, expected) in [
            (&[][..], Some("010")),
            (&["010_a.csv", "020_b.sql", "README.md"], Some("030")),
            (&["001_a.csv", "002_b.sql"], Some("003")),
            (&["010_a.csv", "015_b.csv"], Some("016")),
            (&["0010_a.csv"], Some("0020")),
            (&["999_a.csv"], None),
        ] {
            assert_eq!(next(names).as_deref(), expected, "{names:?}");
        }
    }
}
