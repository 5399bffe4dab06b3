//! What a name of a table or a column is made of.
//!
//! Pure.

/// The words of a name in small letters: `billing_address`, `billingAddress` and
/// `Billing Address` are of the same two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words(Vec<String>);

impl Words {
    pub(super) fn of(name: &str) -> Self {
        let mut words = vec![String::new()];
        let mut before_is_small = false;
        for character in name.chars() {
            let begins = character.is_uppercase() && before_is_small;
            if (begins || !character.is_alphanumeric()) && words.last() != Some(&String::new()) {
                words.push(String::new());
            }
            if character.is_alphanumeric()
                && let Some(word) = words.last_mut()
            {
                word.extend(character.to_lowercase());
            }
            before_is_small = character.is_lowercase() || character.is_numeric();
        }
        words.retain(|word| !word.is_empty());
        Self(words)
    }

    /// Returns whether one of these is among the words.
    pub(super) fn has(&self, any: &[&str]) -> bool {
        self.0.iter().any(|word| any.contains(&word.as_str()))
    }

    /// Returns whether one of these is the last word, which says what it is.
    pub(super) fn ends_in(&self, any: &[&str]) -> bool {
        let last = self.0.last();
        last.is_some_and(|word| any.contains(&word.as_str()))
    }

    /// Returns whether these are all of the words.
    pub(super) fn are(&self, all: &[&str]) -> bool {
        self.0 == all
    }

    /// Returns whether these follow each other somewhere.
    pub(super) fn follow(&self, some: &[&str]) -> bool {
        self.0.windows(some.len()).any(|window| window == some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_divided_however_they_are_written() {
        for name in [
            "billing_address",
            "billingAddress",
            "Billing Address",
            "BILLING_ADDRESS",
        ] {
            let words = Words::of(name);
            assert!(words.are(&["billing", "address"]), "{name}: {words:?}");
        }
        assert!(Words::of("__id").ends_in(&["id"]));
        assert!(Words::of("line1").are(&["line1"]));
    }
}
