//! Who is connected to a database that is to be replaced.

use std::thread;
use std::time::Duration;

use crate::backend::error::{BackendError, During};
use crate::backend::postgres::address::PostgresAddress;
use crate::backend::postgres::database::{Whose, maintenance, named, sessions};

/// How long whoever is leaving has for it: as long as the server itself waits before it refuses to
/// rename a database (`CountOtherDBBackends` in its `procarray.c`).
const PATIENCE: Duration = Duration::from_secs(5);
/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// What the session of a backup under way says, before the one that it belongs to.
const OF_BACKUP: &str = ", pg_dump of dieselkit's session ";

/// Says of a session that it is a backup's.
fn told(session: String) -> String {
    if session.contains(OF_BACKUP) {
        return format!("a backup is running ({session})");
    }
    session
}

/// Returns the sessions of other programs on a database that do not end by themselves: one that was
/// closed just now is there for a moment still. A run of this tool is waited for by its lock.
pub(in crate::backend) fn users(original: &PostgresAddress) -> Result<Vec<String>, BackendError> {
    let name = named(original)?;
    let mut server = maintenance(original)?;
    let mut looks = PATIENCE.as_millis() / PAUSE.as_millis();
    loop {
        let found = sessions(&mut server, &name, Whose::OfOtherPrograms);
        let found = found.during("ask who is connected")?;
        if found.is_empty() || looks == 0 {
            return Ok(found.into_iter().map(told).collect());
        }
        looks -= 1;
        thread::sleep(PAUSE);
    }
}
