//! Templates: SQL seeds that say `-- seed: template`, or whose name ends in `.sql.jinja`.
//!
//! A template is rendered twice over: once with stand-ins for the hashes, for its checksum, and once
//! for good, when it is about to run. What it was filled with is kept out of every error.

mod blot;
mod hash;
mod literal;
mod origin;
mod password;
mod syntax;

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::credentials::Credential;
use super::error::UnfitSeed;
use super::failure::SeedFailure;
use super::model::Seed;
use crate::backend::redact::Redactor;
use crate::migration::Place;
use crate::sql::{Checksum, Dialect, Position, checksum};
use origin::Origins;
use syntax::{Filled, Method};

/// Looks a variable up; none where it is not set.
pub(crate) type Variables = dyn Fn(&str) -> Option<String> + Send + Sync;

/// What templates can be filled with.
#[derive(Clone)]
pub(crate) struct Words {
    pub(crate) credentials: Arc<[Credential]>,
    pub(crate) variables: Arc<Variables>,
}

impl Default for Words {
    fn default() -> Self {
        Self {
            credentials: Arc::new([]),
            variables: Arc::new(|_: &str| None),
        }
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Words")
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}

/// What templates are filled with, for one database.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lent {
    pub(crate) words: Words,
    /// The database's identity; empty before the first writing command, when nothing is tracked.
    pub(crate) identity: String,
}

/// A template, filled.
pub(crate) struct Rendered {
    pub(crate) sql: String,
    template: Arc<str>,
    origins: Origins,
    secrets: Redactor,
}

impl fmt::Debug for Rendered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Rendered").finish_non_exhaustive()
    }
}

impl Lent {
    /// Returns a template's checksum: another one if, and only if, it would give other SQL.
    pub(crate) fn checksum(
        &self,
        seed: &Seed,
        template: &str,
        dialect: &'static dyn Dialect,
    ) -> Result<Checksum, UnfitSeed> {
        let filled = self.fill(&seed.path, template, Method::StandIn, dialect)?;
        let tokens = checksum(&filled.text, dialect);
        hash::checksum(tokens, &self.identity, &seed.name).map_err(|message| UnfitSeed::Malformed {
            place: Place::at(&seed.path, Position { line: 1, column: 1 }),
            message,
            hint: None,
        })
    }

    /// Fills a template.
    pub(crate) fn render(
        &self,
        path: &Path,
        template: &Arc<str>,
        dialect: &'static dyn Dialect,
    ) -> Result<Rendered, UnfitSeed> {
        let filled = self.fill(path, template, Method::Hash, dialect)?;
        // The places of a rendering with stand-ins are those of this one, but for their lengths.
        let plain = self.fill(path, template, Method::StandIn, dialect)?;
        let marked = self.fill(path, &origin::mark(template), Method::StandIn, dialect);
        let origins = marked.map_or_else(
            |_| Origins::default(),
            |marked| Origins::read(&marked.text, &plain.text),
        );
        Ok(Rendered {
            sql: filled.text,
            template: Arc::clone(template),
            origins,
            secrets: redactor(&filled.secrets),
        })
    }

    fn fill(
        &self,
        path: &Path,
        template: &str,
        method: Method,
        dialect: &'static dyn Dialect,
    ) -> Result<Filled, UnfitSeed> {
        syntax::fill(self, template, method, dialect).map_err(|problem| problem.at(path, template))
    }
}

fn redactor(secrets: &BTreeSet<String>) -> Redactor {
    secrets.iter().fold(Redactor::default(), |all, secret| {
        let doubled = secret.replace('\'', "''");
        all.and(Redactor::for_secret(secret))
            .and(Redactor::for_secret(&doubled))
    })
}

impl Rendered {
    /// Returns where in the template a place of the rendering is.
    pub(crate) fn place(&self, path: &Path, position: Position) -> Place {
        let found = self.origins.of(position, &self.sql, &self.template);
        Place::at(path, found.unwrap_or(Position { line: 1, column: 1 }))
    }

    /// Returns a message without what the template was filled with.
    pub(crate) fn blot(&self, message: &str) -> String {
        blot::blot(message, &self.template, &self.secrets)
    }

    /// Takes what the template was filled with out of a failure. The detail and the hint go as a
    /// whole: they quote rows and names, and cut long values off.
    pub(crate) fn blot_failure(&self, failure: SeedFailure) -> SeedFailure {
        SeedFailure {
            message: self.blot(&failure.message),
            value: None,
            detail: None,
            server_hint: None,
            ..failure
        }
    }
}
