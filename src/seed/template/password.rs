//! The credentials as templates see them: a password is no text, so that it goes nowhere but into a
//! hash.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, Value};

use super::syntax::refused;
use crate::seed::credentials::Credential;

/// What a password says of itself where a template takes it for a text: nothing can be made of it.
const UNREADABLE: &str = "\u{f8fe}password\u{f8fe}";

/// A password of the credentials, which goes nowhere but into a hash.
#[derive(Clone)]
pub(super) struct Password(pub(super) String);

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

impl Object for Password {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(UNREADABLE)
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
    let made_of_one = value.as_str().is_some_and(|text| text.contains(UNREADABLE));
    made_of_one || value.downcast_object_ref::<Password>().is_some()
}

/// What made a text of a password by another way, such as a macro, is found in the end.
pub(super) fn refuse_unreadable(text: String) -> Result<String, Error> {
    if text.contains(UNREADABLE) {
        return Err(unhashed());
    }
    Ok(text)
}

pub(super) fn unhashed() -> Error {
    refused("a password goes into SQL as a hash, by the filter `argon2` or `bcrypt`")
}
