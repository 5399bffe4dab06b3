//! The migrations, and what became of those that were run.

use dieselkit::Migrator;
use dieselkit::migration::{Finding, Weight};

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
        if findings.is_empty() {
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
}
