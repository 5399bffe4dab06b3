//! The credentials as templates see them: a password is no text, so that it goes nowhere but into a
//! hash.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, Value};

use super::syntax::refused;
use crate::seed::credentials::Credential;

/// What a password says of itself where a template takes it for a text; of Unicode's private use.
///
/// One character without case, so that no filter makes another text of it, or takes a part of it.
const UNREADABLE: char = '\u{f8fe}';
/// The same as the filter `pprint` quotes it, in lower case.
const QUOTED: &str = "\\u{f8fe}";

/// A password of the credentials, which goes nowhere but into a hash.
#[derive(Clone)]
pub(super) struct Password(pub(super) String);

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The filter `pprint` makes a text of this.
        write!(formatter, "{UNREADABLE}")
    }
}

impl Object for Password {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{UNREADABLE}")
    }
}

/// Returns the credentials by key, each with the fields that it has.
pub(super) fn credentials(all: &[Credential]) -> Value {
    let people = all.iter().map(|one| {
        let mut fields = BTreeMap::from([
            ("name", Value::from(one.name.clone())),
            (
                "password",
                Value::from_object(Password(one.password.clone())),
            ),
        ]);
        for (field, value) in [
            ("email", &one.email),
            ("role", &one.role),
            ("description", &one.description),
        ] {
            if let Some(value) = value {
                fields.insert(field, Value::from(value.clone()));
            }
        }
        (one.key.clone(), Value::from(fields))
    });
    Value::from(people.collect::<BTreeMap<_, _>>())
}

/// Returns whether a value is a password, or a text that was made of one.
pub(super) fn is_password(value: &Value) -> bool {
    value.as_str().is_some_and(is_made_of_one) || value.downcast_object_ref::<Password>().is_some()
}

fn is_made_of_one(text: &str) -> bool {
    text.contains(UNREADABLE) || text.to_ascii_lowercase().contains(QUOTED)
}

/// What made a text of a password by another way, such as a macro, is found in the end.
pub(super) fn refuse_unreadable(text: String) -> Result<String, Error> {
    if is_made_of_one(&text) {
        return Err(unhashed());
    }
    Ok(text)
}

pub(super) fn unhashed() -> Error {
    refused("a password goes into SQL as a hash, by the filter `argon2` or `bcrypt`")
}
