//! What an SQL seed says of itself, in a comment of its own: `-- seed: once`.

use super::error::SeedSourceError;
use crate::migration::Place;

/// What a directive can say.
pub(super) const WORDS: [&str; 3] = ["once", "always", "template"];

/// When a seed runs again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Repeat {
    /// When its file changed.
    #[default]
    WhenChanged,
    /// Never.
    Once,
    /// Every time.
    Always,
}

/// What an SQL seed's directives say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Directives {
    pub(crate) repeat: Repeat,
    /// Whether the text is a template.
    pub(crate) is_template: bool,
}

/// Reads the directives of a text, each a line of its own, or several on one with commas between
/// them; a later one contradicting an earlier one is an error, and so is one that nobody knows.
pub(crate) fn read(file: &str, text: &str) -> Result<Directives, SeedSourceError> {
    let mut found: Option<Repeat> = None;
    let mut is_template = false;
    for (index, line) in text.lines().enumerate() {
        for word in directive(line).into_iter().flat_map(|all| all.split(',')) {
            let place = Place {
                file: file.to_owned(),
                line: index + 1,
                column: 1,
            };
            let repeat = match word.trim().to_ascii_lowercase().as_str() {
                "once" => Repeat::Once,
                "always" => Repeat::Always,
                "template" => {
                    is_template = true;
                    continue;
                }
                _ => {
                    return Err(SeedSourceError::UnknownDirective {
                        place,
                        word: word.trim().to_owned(),
                    });
                }
            };
            if found.is_some_and(|before| before != repeat) {
                return Err(SeedSourceError::Contradiction { place });
            }
            found = Some(repeat);
        }
    }
    Ok(Directives {
        repeat: found.unwrap_or_default(),
        is_template,
    })
}

/// Returns the words behind `-- seed:`, in whatever case, where the line is a directive.
fn directive(line: &str) -> Option<&str> {
    let comment = line
        .trim_start_matches('\u{feff}')
        .trim()
        .strip_prefix("--")?;
    let (key, words) = comment.split_once(':')?;
    key.trim_start()
        .eq_ignore_ascii_case("seed")
        .then(|| words.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directive_is_a_line_of_its_own() {
        let repeat = |text| read("a.sql", text).expect("it reads").repeat;
        assert_eq!(repeat("SELECT 1;"), Repeat::WhenChanged);
        assert_eq!(repeat("\u{feff}-- seed: once\r\nSELECT 1;"), Repeat::Once);
        assert_eq!(repeat("SELECT 1;\n  --seed:  always \n"), Repeat::Always);
        assert_eq!(repeat("-- Seed: Always\nSELECT 1;"), Repeat::Always);
        assert_eq!(repeat("--SEED: ONCE"), Repeat::Once);
        assert_eq!(repeat("SELECT 1; -- seed: once"), Repeat::WhenChanged);
        assert_eq!(repeat("-- seed once\n-- seeds: never"), Repeat::WhenChanged);
    }

    #[test]
    fn directives_stand_together() {
        let both = Directives {
            repeat: Repeat::Once,
            is_template: true,
        };
        for text in [
            "-- seed: template\n-- seed: once\n",
            "-- seed: once, template",
            "-- seed: once\nSELECT 1;\n-- seed: template",
        ] {
            assert_eq!(read("a.sql", text).expect("it reads"), both);
        }
        let none = read("a.sql", "SELECT '-- seed: template';").expect("it reads");
        assert_eq!(none, Directives::default());
    }

    #[test]
    fn what_nobody_knows_and_what_contradicts_is_an_error_with_its_line() {
        let refused = |text| read("seeds/a.sql", text).expect_err("refused").to_string();
        insta::assert_snapshot!(
            [
                "SELECT 1;\n-- seed: onec",
                "-- seed: once\n-- seed: always",
                "-- seed:",
                "-- Seed: Twice",
            ]
            .map(refused)
            .join("\n")
        );
    }
}
