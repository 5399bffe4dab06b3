//! The migrations, and what became of those that were run.

use dieselkit::migration::{CheckReport, Finding, State, StatusEntry, Weight, check_files};
use dieselkit::{MigrationSet, Migrator};

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
            self.problem("migrations", message, "`dieselkit status`");
        }
        if found(&checked).is_empty() && failed.is_empty() {
            let totals = &status.totals;
            let message = format!("{} applied, {} pending", totals.applied, totals.pending);
            self.good("migrations", message);
        }
        self.findings(&checked);
    }

    /// Looks at the files alone, where no database can be asked.
    pub(super) fn files(&mut self, set: &MigrationSet) {
        // As SQL of which kind, an address has to say.
        let [engine] = self.app.settings.engines.as_slice() else {
            return;
        };
        match check_files(set, *engine) {
            Ok(checked) => self.findings(&checked),
            Err(error) => self.failed("migrations", error),
        }
    }

    fn findings(&mut self, checked: &CheckReport) {
        let findings = found(checked);
        for finding in findings.iter().take(TOLD) {
            let place = finding.place.as_ref();
            let message = match place {
                Some(place) => format!("{place}: {}", finding.message),
                None => finding.message.clone(),
            };
            let cure = finding.hint.clone().unwrap_or_else(|| match place {
                Some(place) => format!("mend `{}` there, and run `dieselkit check`", place.file),
                None => "`dieselkit check`".to_owned(),
            });
            self.problem("migrations", message, cure);
        }
        if findings.len() > TOLD {
            let message = format!("{} more findings", findings.len() - TOLD);
            self.problem("migrations", message, "`dieselkit check`");
        }
    }

    /// Tells of one whose last attempt failed; what stopped half way is among the findings.
    fn failed_migration(&mut self, entry: &StatusEntry) {
        let said = entry.error.as_deref().unwrap_or_default();
        let lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
        let mut message = format!("`{}` failed when it was last run", entry.name);
        for (index, line) in lines.enumerate() {
            message += if index == 0 { ": " } else { "; " };
            message += line;
        }
        self.problem("migrations", message, "mend it and run `dieselkit up`");
    }
}

/// Returns what has to be settled.
fn found(checked: &CheckReport) -> Vec<&Finding> {
    let findings = checked.findings.iter();
    findings
        .filter(|finding| finding.weight == Weight::Finding)
        .collect()
}
