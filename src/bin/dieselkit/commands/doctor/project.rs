//! The project's own files: what the configuration says, and what of it does nothing.

use dieselkit::environment::Protection;

use super::Doctor;
use crate::settings::UrlOrigin;

impl Doctor<'_, '_> {
    pub(super) fn project(&mut self) {
        self.configuration();
        self.environment();
        self.address();
    }

    fn configuration(&mut self) {
        let settings = &self.app.settings;
        let idle = settings.idle_keys();
        match &settings.config_file {
            Some(file) => self.good("configuration", format!("`{}`", self.app.shown(file))),
            None => self.good("configuration", "none; everything is as by default"),
        }
        for key in idle {
            self.note(
                "configuration",
                format!("{key}, so that it does nothing"),
                None,
            );
        }
    }

    fn environment(&mut self) {
        let settings = &self.app.settings;
        let protected = match settings.environment.protection() {
            Protection::Protected => "protected",
            Protection::Open => "not protected",
        };
        let message = format!(
            "`{}` (from {}), {protected}",
            settings.environment.name(),
            settings.environment_origin
        );
        self.good("environment", message);
    }

    fn address(&mut self) {
        // Where there is none, the attempt to connect says why.
        let Ok(database) = self.app.settings.database() else {
            return;
        };
        let message = format!("{} (from {})", database.address, database.origin);
        let overruled = self.overruled(&database.origin);
        self.good("address", message);
        if let Some(overruled) = overruled {
            self.note("address", overruled, None);
        }
        match self.app.settings.lock() {
            Ok(None) => {}
            Ok(Some(lock)) => {
                let message = format!("the lock is held over {lock}");
                self.good("address", message);
            }
            Err(error) => self.failed("address", error),
        }
        match self.app.settings.role() {
            Ok(None) => {}
            Ok(Some(role)) => self.good("address", format!("everything is done as `{role}`")),
            Err(error) => self.failed("address", error),
        }
    }

    /// Returns which variables name a database as well, and do not count.
    fn overruled(&self, origin: &UrlOrigin) -> Option<String> {
        let parts = ["DB_HOST", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD"];
        let variables = &self.app.settings.variables;
        let counts = |name: &str| match origin {
            UrlOrigin::Parts => true,
            UrlOrigin::Variable { .. } => name == "DATABASE_URL",
            _ => false,
        };
        let names = ["DATABASE_URL"].into_iter().chain(parts);
        let idle: Vec<String> = names
            .filter(|name| variables.contains_key(*name) && !counts(name))
            .map(|name| format!("`{name}`"))
            .collect();
        if idle.is_empty() {
            return None;
        }
        let (is, does) = if idle.len() == 1 {
            ("is", "does")
        } else {
            ("are", "do")
        };
        Some(format!(
            "{} {is} set too, and {does} not count",
            idle.join(", ")
        ))
    }
}
