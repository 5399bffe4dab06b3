//! The backups: what makes them, where they are, how old they are, and whether they were tried.

use std::time::Duration;

use dieselkit::backup::health::{Health, HealthLimits};
use dieselkit::backup::retention::Span;
use dieselkit::backup::{Backups, CreateError, Listing};
use dieselkit::environment::Protection;

use super::Doctor;
use crate::commands::backup;
use crate::report::size_text;

/// How old the newest one may be: a night and two hours.
const MAX_AGE: Duration = Duration::from_hours(26);
/// How long ago the last test of one may be: a week and a day.
const MAX_VERIFY_AGE: Duration = Duration::from_hours(8 * 24);
/// How many more like the last one there should be room for.
const ROOM_FOR: u64 = 2;

impl Doctor<'_, '_> {
    pub(super) fn backups(&mut self) {
        let app = self.app;
        // Without an address there is nothing to back up, which was told.
        let Ok(backups) = backup::backups(app) else {
            return;
        };
        self.tool(&backups);
        let limits = HealthLimits {
            max_age: MAX_AGE,
            max_verify_age: Some(MAX_VERIFY_AGE),
        };
        match backups.health(&limits) {
            Ok((health, own)) => {
                self.age(&health, &own.listing);
                self.newest(&health, &own.listing);
                self.room(&backups, &own.listing);
            }
            Err(error) => self.failed("backups", error),
        }
    }

    fn tool(&mut self, backups: &Backups) {
        let options = match backup::configured(self.app) {
            Ok(options) => options,
            Err(error) => return self.failed("pg_dump", error),
        };
        match backups.tool(&options) {
            Ok(None) => {}
            Ok(Some(tool)) => self.good(
                "pg_dump",
                format!("{}, at `{}`", tool.version, tool.path.display()),
            ),
            Err(error) => self.failed("pg_dump", CreateError::from(error)),
        }
    }

    /// Where nothing is protected a backup is worth a note.
    fn age(&mut self, health: &Health, listing: &Listing) {
        if health.findings.is_empty() {
            let age = health.age_ms.map(Duration::from_millis).unwrap_or_default();
            let message = format!("the newest good one is {} old", Span::rough(age));
            self.good("backups", message);
        }
        let is_protected = self.app.settings.environment.protection() == Protection::Protected;
        for finding in &health.findings {
            let cure = finding.hint(&listing.folder);
            if is_protected {
                self.problem("backups", finding.to_string(), cure);
            } else {
                self.note("backups", finding.to_string(), Some(cure));
            }
        }
    }

    /// What `backup health` warns of.
    fn newest(&mut self, health: &Health, listing: &Listing) {
        let unfit = backup::unfit(self.app, listing);
        for warning in health.warning().into_iter().chain(unfit) {
            self.note("backups", warning, None);
        }
    }

    fn room(&mut self, backups: &Backups, listing: &Listing) {
        let Some(free) = backups.free_bytes() else {
            return;
        };
        let newest = listing.backups.first().map(|it| it.manifest.bytes());
        let message = format!("{} free for backups", size_text(free));
        match newest {
            Some(bytes) if free < bytes.saturating_mul(ROOM_FOR) => {
                let message = format!("{message}, and the last one took {}", size_text(bytes));
                let cure = "make room, or keep fewer: `dieselkit backup prune --dry-run`";
                self.problem("disk", message, cure);
            }
            _ => self.good("disk", message),
        }
    }
}
