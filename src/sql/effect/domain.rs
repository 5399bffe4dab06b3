//! `CREATE DOMAIN …` and `ALTER DOMAIN …`: what is asked of the values of a type.

use super::{Effect, EffectKind, Name};
use crate::sql::words::Words;

/// What a domain is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct DomainBody {
    /// The type beneath it, in lower case.
    pub(crate) of_type: String,
    /// The names of its checks; none of one that is given no name.
    pub(crate) checks: Vec<Option<String>>,
    /// Whether it is never null.
    pub(crate) not_null: bool,
}

/// A change of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AlteredDomain {
    /// The domain.
    pub(crate) domain: Name,
    /// What is done to it.
    pub(crate) action: DomainAction,
}

/// What is done to a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DomainAction {
    /// A check is added.
    Add {
        /// Its name, where it is given one.
        name: Option<String>,
        /// Whether the values that are there are left unchecked.
        not_valid: bool,
    },
    /// A constraint is dropped.
    Drop(String),
    /// A check that was not checked is.
    Validate(String),
    /// It is no longer to be null.
    SetNotNull,
    /// It may be null again.
    DropNotNull,
    /// Something else.
    Other,
}

/// Reads on behind the name of a domain that is made.
pub(super) fn body(words: &mut Words<'_>) -> DomainBody {
    words.eat("AS");
    let mut body = DomainBody {
        of_type: words.type_name(),
        ..DomainBody::default()
    };
    let mut called = None;
    while !words.is_done() {
        if words.eat("CONSTRAINT") {
            called = words.identifier();
        } else if words.eat("CHECK") {
            body.checks.push(called.take());
        } else if words.eat_all(&["NOT", "NULL"]) {
            body.not_null = true;
        } else if words.is_mark("(") {
            words.skip_parentheses();
        } else {
            words.skip();
        }
    }
    body
}

/// Reads on behind `ALTER DOMAIN`.
pub(super) fn altered(words: &mut Words<'_>) -> Option<Effect> {
    let domain = words.name()?;
    let action = action(words).unwrap_or(DomainAction::Other);
    let kind = EffectKind::AlterDomain(AlteredDomain { domain, action });
    let span = words.whole();
    Some(Effect { kind, span })
}

fn action(words: &mut Words<'_>) -> Option<DomainAction> {
    if words.eat("ADD") {
        let is_named = words.eat("CONSTRAINT");
        let name = words.clone().identifier().filter(|_| is_named);
        if words.is_done() {
            return None;
        }
        if is_named {
            words.skip();
        }
        // PostgreSQL 17 adds `NOT NULL` so, too.
        if words.eat_all(&["NOT", "NULL"]) {
            return Some(DomainAction::SetNotNull);
        }
        let not_valid = words.item_has(&["NOT", "VALID"]);
        return Some(DomainAction::Add { name, not_valid });
    }
    if words.eat_all(&["DROP", "CONSTRAINT"]) {
        words.eat_all(&["IF", "EXISTS"]);
        return words.identifier().map(DomainAction::Drop);
    }
    if words.eat_all(&["VALIDATE", "CONSTRAINT"]) {
        return words.identifier().map(DomainAction::Validate);
    }
    if words.eat_all(&["SET", "NOT", "NULL"]) {
        return Some(DomainAction::SetNotNull);
    }
    let forgets = words.eat_all(&["DROP", "NOT", "NULL"]);
    forgets.then_some(DomainAction::DropNotNull)
}
