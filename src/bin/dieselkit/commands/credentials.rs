//! Whether the credentials of a seeding are shown: to somebody at a terminal, or who asks for them,
//! and never in a protected environment.

use dieselkit::environment::Protection;
use dieselkit::seed::{Credential, SeedSet};

use crate::app::App;
use crate::report::{credentials_text, to_terminal};

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// `--show-credentials`.
    Everywhere,
    /// Nothing was said.
    OnTerminal,
}

/// The credentials that may be shown.
pub(super) struct Shown {
    credentials: Vec<Credential>,
    wanted: Wanted,
    /// Why what was asked for is not shown.
    pub(super) warning: Option<String>,
}

impl Shown {
    /// Finds out which credentials of a set may be shown.
    pub(super) fn of(app: &App<'_>, set: &SeedSet, wanted: Wanted) -> Self {
        let protected = app.settings.environment.protection() == Protection::Protected;
        let refused = protected && wanted == Wanted::Everywhere;
        Self {
            credentials: if protected {
                Vec::new()
            } else {
                set.credentials().to_vec()
            },
            wanted,
            warning: refused
                .then(|| "credentials are never shown in a protected environment".to_owned()),
        }
    }

    /// Returns them for people; nothing where nobody would read it but a file or a program.
    pub(super) fn text(&self) -> String {
        if self.wanted == Wanted::Everywhere || to_terminal() {
            credentials_text(&self.credentials)
        } else {
            String::new()
        }
    }

    /// Returns them for programs, where they were asked for.
    pub(super) fn data(&self) -> Option<&[Credential]> {
        (self.wanted == Wanted::Everywhere).then_some(&*self.credentials)
    }
}
