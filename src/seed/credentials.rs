//! `credentials.toml`: the one place for the passwords of people who are seeded for trying things
//! out, read strictly.
//!
//! It must not know what becomes of them. No error of it quotes a value.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::SeedSourceError;
use crate::migration::Place;
use crate::sql::Lines;

/// The file's name, in the folder of an environment.
pub(crate) const FILE: &str = "credentials.toml";

/// Somebody who can log in to a database that is seeded for trying things out.
///
/// `Debug` masks the password; `Serialize` and the field do not.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Credential {
    /// The name of the section, by which templates find it: `credentials.<key>`.
    pub key: String,
    /// What the person is called; the key where the file says nothing else.
    pub name: String,
    /// Where mail goes to.
    pub email: Option<String>,
    /// What is typed to log in.
    pub password: String,
    /// What the person may do.
    pub role: Option<String>,
    /// What the account is for.
    pub description: Option<String>,
}

impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Credential")
            .field("key", &self.key)
            .field("email", &self.email)
            .field("password", &"***")
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    name: Option<String>,
    email: Option<String>,
    password: String,
    role: Option<String>,
    description: Option<String>,
}

/// Reads the text of a file of credentials, sorted by key.
pub(crate) fn parse(path: &Path, text: &str) -> Result<Vec<Credential>, SeedSourceError> {
    let malformed = |offset: usize, message: String| SeedSourceError::Credentials {
        place: Place::at(path, Lines::new(text, 1).position(text, offset)),
        message,
    };
    let sections: BTreeMap<String, toml::Spanned<Section>> =
        toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            malformed(offset, without_values(error.message()))
        })?;
    sections
        .into_iter()
        .map(|(key, section)| {
            let offset = section.span().start;
            let section = section.into_inner();
            if section.password.is_empty() {
                return Err(malformed(
                    offset,
                    format!("the password of `{key}` is empty"),
                ));
            }
            Ok(Credential {
                name: section.name.unwrap_or_else(|| key.clone()),
                key,
                email: section.email,
                password: section.password,
                role: section.role,
                description: section.description,
            })
        })
        .collect()
}

/// Returns the parser's message up to the value that it quotes: `invalid type: integer `7`, …`.
fn without_values(message: &str) -> String {
    let message = message.trim().replace('\n', " ");
    match message.split_once("invalid type: ") {
        None => message,
        Some(_) => "every field is a text in quotes, in a section such as `[admin]`".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_somebody() {
        let text = "[ana]\nname = 'Ana'\nemail = 'a@example.com'\npassword = 'let me in'\n\
role = 'teacher'\ndescription = 'gives sessions'\n[bo]\npassword = 'x'\n";
        let read = parse(Path::new("credentials.toml"), text).expect("it reads");
        assert_eq!(read.len(), 2);
        assert_eq!(
            (read[0].key.as_str(), read[0].name.as_str()),
            ("ana", "Ana")
        );
        assert_eq!(read[0].password, "let me in");
        assert_eq!((read[1].name.as_str(), &read[1].email), ("bo", &None));
        assert!(!format!("{read:?}").contains("let me in"));
    }

    #[test]
    fn mistakes_are_placed_and_quote_no_value() {
        let refused = |text| {
            let path = Path::new("seeds/development/credentials.toml");
            parse(path, text).expect_err("refused").to_string()
        };
        let errors = [
            "[ana]\nemail = 'a@example.com'\n",
            "[ana]\npasswort = 's3cret'\n",
            "[ana]\npassword = 731946\n",
            "[ana]\npassword = ''\n",
            "[ana]\npassword = 's3cret\n",
            "password = 's3cret'\n",
            "[ana]\npassword = 's3cret'\n[ana]\npassword = 's3cret'\n",
        ]
        .map(refused)
        .join("\n");
        assert!(
            !errors.contains("s3cret") && !errors.contains("731946"),
            "{errors}"
        );
        insta::assert_snapshot!(errors);
    }
}
