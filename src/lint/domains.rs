//! Which domains there are at one place of the migrations, and what they ask of values.
//!
//! Pure, as `checks` is.

use crate::sql::effect::{DomainAction, EffectKind, Name};

/// The domains that there are.
#[derive(Debug, Default)]
pub(super) struct Domains {
    all: Vec<Domain>,
}

/// A domain.
#[derive(Debug)]
struct Domain {
    name: Name,
    /// The type beneath it.
    of_type: String,
    /// The names of its checks.
    checks: Vec<Option<String>>,
    not_null: bool,
    /// Whether the database has it now, whatever the migrations say.
    is_given: bool,
}

impl Domains {
    /// Makes those that the database has now, by the statements that would make them.
    pub(super) fn given(definitions: &[EffectKind]) -> Self {
        let mut domains = Self::default();
        for definition in definitions {
            domains.learn(definition);
        }
        for domain in &mut domains.all {
            domain.is_given = true;
        }
        domains
    }

    /// Learns what a change makes of them.
    pub(super) fn learn(&mut self, kind: &EffectKind) {
        match kind {
            EffectKind::Create(created) => {
                let (Some(name), Some(body)) = (&created.name, &created.domain) else {
                    return;
                };
                // The database knows it as it is now.
                if !self
                    .all
                    .iter()
                    .any(|it| it.is_given && it.name.may_be(name))
                {
                    self.all.push(Domain {
                        name: name.clone(),
                        of_type: body.of_type.clone(),
                        checks: body.checks.clone(),
                        not_null: body.not_null,
                        is_given: false,
                    });
                }
            }
            EffectKind::Drop(dropped) => self
                .all
                .retain(|it| !dropped.names.iter().any(|gone| gone.may_be(&it.name))),
            EffectKind::AlterDomain(altered) => {
                let mut all = self.all.iter_mut().rev();
                if let Some(domain) = all.find(|it| it.name.may_be(&altered.domain)) {
                    domain.alter(&altered.action);
                }
            }
            _ => {}
        }
    }

    /// Returns the domain that a type, in lower case, is.
    fn find(&self, of_type: &str) -> Option<&Domain> {
        let written = of_type.replace('"', "").replace(" . ", ".");
        let (schema, last) = match written.rsplit_once('.') {
            Some((schema, last)) => (Some(schema), last),
            None => (None, &*written),
        };
        let is_it = |domain: &&Domain| {
            let same_schema = match (schema, &domain.name.schema) {
                (Some(one), Some(other)) => *one == other.to_lowercase(),
                _ => true,
            };
            same_schema && domain.name.name.to_lowercase() == last
        };
        self.all.iter().rev().find(is_it)
    }

    /// Returns a type's domain and those beneath it, the outermost first.
    fn chain(&self, of_type: &str) -> Vec<&Domain> {
        let mut chain = Vec::new();
        let mut next = self.find(of_type);
        // None is over itself; a file may say so.
        while let Some(domain) = next.filter(|_| chain.len() < self.all.len()) {
            chain.push(domain);
            next = self.find(&domain.of_type);
        }
        chain
    }

    /// Returns whether values of a type are checked by a domain.
    pub(super) fn check(&self, of_type: &str) -> bool {
        let mut chain = self.chain(of_type).into_iter();
        chain.any(|domain| domain.not_null || !domain.checks.is_empty())
    }

    /// Returns the type that is stored for a type: what is beneath all domains.
    pub(super) fn stored<'a>(&'a self, of_type: &'a str) -> &'a str {
        let chain = self.chain(of_type);
        chain.last().map_or(of_type, |domain| &domain.of_type)
    }

    /// Returns whether a type is a domain, or one over it.
    pub(super) fn is_over(&self, of_type: &str, domain: &Name) -> bool {
        let mut chain = self.chain(of_type).into_iter();
        chain.any(|it| it.name.may_be(domain))
    }
}

impl Domain {
    fn alter(&mut self, action: &DomainAction) {
        match action {
            DomainAction::Add { name, .. } => {
                if name.is_none() || !self.checks.contains(name) {
                    self.checks.push(name.clone());
                }
            }
            DomainAction::Drop(name) => {
                let count = self.checks.len();
                self.checks.retain(|check| check.as_ref() != Some(name));
                if self.checks.len() == count {
                    // What has no name in the migrations has one in the database.
                    self.checks.retain(Option::is_some);
                }
            }
            DomainAction::SetNotNull => self.not_null = true,
            DomainAction::DropNotNull => self.not_null = false,
            DomainAction::Validate(_) | DomainAction::Other => {}
        }
    }
}
