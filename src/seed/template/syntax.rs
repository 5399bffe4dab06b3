//! The language of templates: minijinja, with what a seed needs, and without what would put a text
//! into SQL by accident.
//!
//! A text goes into SQL through the filter `sql`, or as a hash or a UUID, which hold no quotes.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::ValueKind;
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value,
};

use super::literal::{as_literal, text};
use super::password::{Password, credentials, is_password, refuse_unreadable, unhashed};
use super::{Lent, Variables, hash};
use crate::migration::Place;
use crate::seed::error::UnfitSeed;
use crate::sql::{Dialect, Lines};

/// What becomes of what is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Hash,
    /// Something takes its place that is the same for the same value, and costs nothing.
    StandIn,
}

/// A template, filled.
pub(super) struct Filled {
    pub(super) text: String,
    /// What it was filled with that may be secret.
    pub(super) secrets: BTreeSet<String>,
}

/// Why a template could not be filled.
pub(super) struct Problem {
    error: Error,
    unset: Option<String>,
    secrets: BTreeSet<String>,
}

/// What the functions and filters of one filling share.
struct Desk {
    variables: Arc<Variables>,
    identity: String,
    method: Method,
    noted: Mutex<Noted>,
}

/// What was noticed while a template was filled.
#[derive(Default)]
struct Noted {
    unset: Option<String>,
    secrets: BTreeSet<String>,
}

impl Desk {
    fn noted(&self) -> std::sync::MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn variable(&self, name: &str) -> Result<String, Error> {
        let value = (self.variables)(name);
        let Some(value) = value else {
            self.noted().unset = Some(name.to_owned());
            return Err(refused(format!("the variable `{name}` is not set")));
        };
        self.noted().secrets.insert(value.clone());
        Ok(value)
    }

    fn hashed(&self, name: &str, hash: Hasher, value: &Value) -> Result<Value, Error> {
        let value = match value.downcast_object_ref::<Password>() {
            Some(password) => password.0.clone(),
            None => text(value)?,
        };
        let made = match self.method {
            Method::StandIn => hash::stand_in(name, &value),
            Method::Hash => hash(&value, &self.identity).map_err(refused)?,
        };
        let mut noted = self.noted();
        noted.secrets.insert(value);
        noted.secrets.insert(made.clone());
        Ok(Value::from_safe_string(made))
    }
}

type Hasher = fn(&str, &str) -> Result<String, String>;

/// Fills a template.
pub(super) fn fill(
    lent: &Lent,
    template: &str,
    method: Method,
    dialect: &'static dyn Dialect,
) -> Result<Filled, Problem> {
    let passwords = lent.words.credentials.iter();
    let desk = Arc::new(Desk {
        variables: Arc::clone(&lent.words.variables),
        identity: lent.identity.clone(),
        method,
        noted: Mutex::new(Noted {
            unset: None,
            secrets: passwords.map(|one| one.password.clone()).collect(),
        }),
    });
    let environment = environment(&desk, lent, dialect);
    let filled = environment.render_named_str("seed", template, ());
    let noted = std::mem::take(&mut *desk.noted());
    match filled.and_then(refuse_unreadable) {
        Ok(text) => Ok(Filled {
            text,
            secrets: noted.secrets,
        }),
        Err(error) => Err(Problem {
            error,
            unset: noted.unset,
            secrets: noted.secrets,
        }),
    }
}

fn environment(
    desk: &Arc<Desk>,
    lent: &Lent,
    dialect: &'static dyn Dialect,
) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_debug(true);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // What a block or a macro gives went through the formatter, and is not to be refused again.
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("sql".into()));
    environment.set_formatter(write);
    environment.add_global("credentials", credentials(&lent.words.credentials));
    environment.add_filter("sql", move |value: &Value| as_literal(value, dialect));
    environment.add_filter("uuid5", uuid5);
    environment.add_function("uuid5", uuid5);
    let of = Arc::clone(desk);
    environment.add_function("env", move |name: String| of.variable(&name));
    for (name, hash) in [("argon2", hash::argon2 as Hasher), ("bcrypt", hash::bcrypt)] {
        let of = Arc::clone(desk);
        environment.add_filter(name, move |value: &Value| of.hashed(name, hash, value));
    }
    environment
}

/// Writes a value into SQL as it is: a number, or what is known to need no quotes.
fn write(out: &mut Output, _state: &mut State, value: &Value) -> Result<(), Error> {
    let as_it_is = value.is_safe() || matches!(value.kind(), ValueKind::Number | ValueKind::Bool);
    if is_password(value) {
        return Err(unhashed());
    }
    if !as_it_is {
        return Err(match value.kind() {
            ValueKind::Undefined => Error::from(ErrorKind::UndefinedError),
            ValueKind::String => refused("a text goes into SQL through the filter `sql`"),
            ValueKind::None => refused("`none` goes into SQL through the filter `sql`"),
            kind => refused(format!("a {kind} is nothing that SQL can hold")),
        });
    }
    out.write_str(&value.to_string()).map_err(Error::from)
}

/// Returns the UUID of a name: of version 5, in the namespace of URLs, the same everywhere.
fn uuid5(name: &Value) -> Result<Value, Error> {
    let name = text(name)?;
    let made = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, name.as_bytes());
    Ok(Value::from_safe_string(made.to_string()))
}

pub(super) fn refused(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

impl Problem {
    /// Says where it is, and what, without what the template was filled with.
    pub(super) fn at(self, path: &Path, template: &str) -> UnfitSeed {
        let mut place = Place {
            file: path.display().to_string(),
            line: self.error.line().unwrap_or(1),
            column: 1,
        };
        if let Some(range) = self.error.range() {
            let position = Lines::new(template, 1).position(template, range.start);
            if position.line == place.line {
                place.column = position.column;
            }
        }
        if let Some(mut name) = self.unset {
            if !template.contains(&name) {
                // The template made the name of something else, such as another variable.
                "***".clone_into(&mut name);
            }
            return UnfitSeed::UnsetVariable { place, name };
        }
        let message = match (self.error.kind(), self.error.detail()) {
            (ErrorKind::InvalidOperation, Some(detail)) => detail.to_owned(),
            (kind, Some(detail)) => format!("{kind}: {detail}"),
            (kind, None) => kind.to_string(),
        };
        let secrets = super::redactor(&self.secrets);
        UnfitSeed::Template {
            place,
            message: super::blot::blot(&message, template, &secrets),
        }
    }
}
