//! The migrations, and what became of those that were run.

use dieselkit::Migrator;
use dieselkit::migration::{Finding, State, StatusEntry, Weight};

use super::Doctor;

/// How many findings are told one by one; `check` tells them all.
const TOLD: usize = 5;

impl Doctor<'_, '_> {
    pub(super) fn migrations(&mut self, migrator: &mut Migrator) {
        let status = match migrator.status() {
            Ok(status) => status,
            Err(error) => return self.failed("migrations", error),
        };
        let checked = match migrator.check() {
            Ok(checked) => checked,
            Err(error) => return self.failed("migrations", error),
        };
        let is_finding = |finding: &&Finding| finding.weight == Weight::Finding;
        let findings: Vec<&Finding> = checked.findings.iter().filter(is_finding).collect();
        let failed: Vec<&StatusEntry> = status
            .migrations
            .iter()
            .filter(|entry| entry.state == State::Failed && entry.statements_total.is_none())
            .collect();
        for entry in failed.iter().take(TOLD) {
            self.failed_migration(entry);
        }
        if failed.len() > TOLD {
            let message = format!("{} more migrations failed", failed.len() - TOLD);
            self.problem("migrations", message, Some("`dieselkit status`".to_owned()));
        }
        if findings.is_empty() && failed.is_empty() {
            let totals = &status.totals;
            let message = format!("{} applied, {} pending", totals.applied, totals.pending);
            self.good("migrations", message);
        }
        for finding in findings.iter().take(TOLD) {
            self.problem("migrations", finding.message.clone(), finding.hint.clone());
        }
        if findings.len() > TOLD {
            let message = format!("{} more findings", findings.len() - TOLD);
            self.problem("migrations", message, Some("`dieselkit check`".to_owned()));
        }
    }

    /// Tells of one whose last attempt failed; what stopped half way is among the findings.
    fn failed_migration(&mut self, entry: &StatusEntry) {
        let said = entry.error.as_deref().unwrap_or_default();
        let why = said.lines().next().filter(|line| !line.is_empty());
        let why = why.map(|line| format!(": {line}")).unwrap_or_default();
        let message = format!("`{}` failed when it was last run{why}", entry.name);
        let cure = "mend it and run `dieselkit up`".to_owned();
        self.problem("migrations", message, Some(cure));
    }
}
