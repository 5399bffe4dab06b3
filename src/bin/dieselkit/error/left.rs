//! What a reset that did not get to its end has left to do.

use std::fmt;

/// What a reset has left to do that dropped everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// To apply the rest of the migrations; no seeds were to follow.
    Migrations,
    /// To apply the rest of the migrations, and to seed.
    MigrationsAndSeeds,
    /// To seed: all migrations are applied.
    Seeds,
}

impl fmt::Display for Left {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Migrations | Self::MigrationsAndSeeds => {
                "everything was dropped, and not all migrations were applied again"
            }
            Self::Seeds => {
                "everything was dropped and all migrations were applied again, but not all is seeded"
            }
        })
    }
}
