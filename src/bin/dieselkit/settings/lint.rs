//! `[lint]`, and what an environment says otherwise: how much each rule weighs, and what counts.

use std::collections::BTreeMap;

use dieselkit::lint::{Level, Options, UnknownRule, rule};
use serde::Deserialize;

use super::config_file::ConfigFile;

/// `[lint]`, or `[environments.NAME.lint]`, which wins key by key.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LintSection {
    deny: Option<Level>,
    big_table_rows: Option<u32>,
    big_table_bytes: Option<u64>,
    rules: BTreeMap<RuleName, Level>,
}

impl LintSection {
    /// Returns the rules with a level that look at PostgreSQL's SQL alone.
    pub(super) fn rules_of_servers(&self) -> Vec<String> {
        let names = self.rules.keys().map(|RuleName(name)| name);
        let of_squawk = names.filter(|name| rule(name).is_ok_and(|rule| rule.source == "squawk"));
        of_squawk.cloned().collect()
    }
}

/// The name of a rule that there is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
struct RuleName(String);

impl TryFrom<String> for RuleName {
    type Error = UnknownRule;

    fn try_from(name: String) -> Result<Self, UnknownRule> {
        rule(&name).map(|_| Self(name))
    }
}

/// What is linted how.
#[derive(Debug, Clone)]
pub(crate) struct LintSettings {
    /// The rules.
    pub(crate) options: Options,
    /// From which level on a finding counts.
    pub(crate) deny: Level,
}

impl LintSettings {
    /// Returns what a configuration says for an environment.
    pub(super) fn of(config: &ConfigFile, environment: &str) -> Self {
        let own = config.environments.get(environment);
        let own = own.map(|section| &section.lint);
        let all = &config.lint;
        let rows = own
            .and_then(|own| own.big_table_rows)
            .or(all.big_table_rows);
        let bytes = own
            .and_then(|own| own.big_table_bytes)
            .or(all.big_table_bytes);
        let bytes = bytes.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
        let mut options = Options::default().with_big_table(rows.map(i64::from), bytes);
        let rules = all
            .rules
            .iter()
            .chain(own.into_iter().flat_map(|own| &own.rules));
        for (RuleName(name), level) in rules {
            options
                .weigh(name, *level)
                .expect("the name was looked up when it was read");
        }
        let deny = own.and_then(|own| own.deny).or(all.deny);
        Self {
            options,
            deny: deny.unwrap_or(Level::Error),
        }
    }
}
