//! A foreign key of a partitioned table that is added as `NOT VALID`.
//!
//! <https://www.postgresql.org/docs/17/sql-altertable.html>: "Foreign key constraints on partitioned tables
//! may not be declared NOT VALID at present"; since 18 they may.

use crate::backend::address::Engine;
use crate::backend::lint::Level;
use crate::lint::advice;
use crate::lint::context::Context;
use crate::lint::rule::{BOTH, Claim, Example, Hit, Needs, Rule};
use crate::sql::effect::{Action, ConstraintKind, EffectKind};

const POSTGRES: &[Engine] = &[Engine::Postgres];
const TABLE: &str = "CREATE TABLE people (id INT PRIMARY KEY); CREATE TABLE visits (id INT, person INT) PARTITION BY RANGE (id); CREATE TABLE visits_1 PARTITION OF visits DEFAULT; CREATE INDEX visits_person ON visits (person);";

pub(super) const RULE: Rule = Rule {
    name: "partitioned-not-valid",
    level: Level::Error,
    ways: BOTH,
    needs: Needs::Files,
    finds: "a foreign key of a partitioned table that is added as `NOT VALID`, for a server before PostgreSQL 18; a warning where the server is not known",
    hurts: "it fails, wherever it runs",
    instead: advice::KEY,
    examples: &[
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE visits ADD CONSTRAINT visits_person_fkey FOREIGN KEY (person) REFERENCES people (id) NOT VALID;",
            server_version: Some("17.5"),
            claim: Claim::RefusedBefore(18, "NOT VALID"),
            ..Example::BAD
        },
        Example {
            // Nobody knows for which server it is.
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE visits ADD FOREIGN KEY (person) REFERENCES people (id) NOT VALID;",
            claim: Claim::RefusedBefore(18, "NOT VALID"),
            ..Example::BAD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE visits_1 ADD CONSTRAINT visits_person_fkey FOREIGN KEY (person) REFERENCES people (id) NOT VALID;\nALTER TABLE visits_1 VALIDATE CONSTRAINT visits_person_fkey;\nALTER TABLE visits ADD CONSTRAINT visits_person_fkey FOREIGN KEY (person) REFERENCES people (id);",
            ..Example::GOOD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE visits ADD CONSTRAINT visits_person_fkey FOREIGN KEY (person) REFERENCES people (id) NOT VALID;",
            server_version: Some("18.0"),
            claim: Claim::NotRun,
            ..Example::GOOD
        },
        Example {
            engines: POSTGRES,
            before: TABLE,
            up: "ALTER TABLE visits ADD CONSTRAINT known CHECK (person > 0) NOT VALID;",
            ..Example::GOOD
        },
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Hit> {
    if !advice::refuses_not_valid(context) {
        return Vec::new();
    }
    let found = context.way.effects().filter_map(|(_, effect)| {
        let EffectKind::Alter(altered) = &effect.kind else {
            return None;
        };
        let Action::AddConstraint(added) = &altered.action else {
            return None;
        };
        let is_meant = added.kind == ConstraintKind::ForeignKey && added.not_valid;
        if !is_meant || !context.is_partitioned(&altered.table) {
            return None;
        }
        let message = format!(
            "`{}` is partitioned: before PostgreSQL 18 its foreign keys cannot be added as `NOT VALID`",
            altered.table
        );
        let hit = Hit::new(effect.span, message);
        Some(match context.situation.major_version() {
            Some(_) => hit,
            None => hit.at_most(Level::Warning),
        })
    });
    found.collect()
}
