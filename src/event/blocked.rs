//! Who keeps a step from a lock that it waits for.
//!
//! How that is found out the engine knows; what is done about it, the runner.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// Somebody who holds what a step waits for, or waits for it before the step, as far as it can be
/// known: what others do, a server tells not everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blocker {
    /// The server's process that serves it; 0 where it is a prepared transaction, which has none.
    pub pid: i64,
    /// The name under which it was prepared, where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prepared: Option<String>,
    /// The role that it works as.
    pub user: Option<String>,
    /// What it calls itself.
    pub application: Option<String>,
    /// What it is at: `active`, `idle in transaction`.
    pub state: Option<String>,
    /// Since when its transaction is open, as RFC 3339 in UTC.
    pub transaction_since: Option<String>,
    /// How long that was when it was asked, in milliseconds.
    pub transaction_age_ms: Option<u64>,
    /// The head of the query that it runs, or ran last, with `?` in the place of each literal.
    pub query: Option<String>,
}

impl Blocker {
    /// Returns whether two are the same transaction of the same session.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.pid == other.pid
            && self.prepared == other.prepared
            && self.transaction_since == other.transaction_since
    }

    /// Returns the statement that ends its transaction, with what is not committed of it.
    pub(crate) fn ends(&self) -> Option<String> {
        ends(self.pid, self.prepared.as_deref())
    }
}

/// Returns the statement that ends the transaction of a process, or the prepared one of a name.
pub(crate) fn ends(pid: i64, prepared: Option<&str>) -> Option<String> {
    match (pid, prepared) {
        (_, Some(name)) => Some(format!("ROLLBACK PREPARED '{}';", name.replace('\'', "''"))),
        (0, None) => None,
        (pid, None) => Some(format!("SELECT pg_terminate_backend({pid});")),
    }
}

impl fmt::Display for Blocker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.pid, &self.prepared) {
            (_, Some(name)) => write!(formatter, "the prepared transaction `{name}`")?,
            (0, None) => formatter.write_str("a prepared transaction")?,
            (pid, None) => write!(formatter, "pid {pid}")?,
        }
        if let Some(application) = &self.application {
            write!(formatter, ", {application}")?;
        }
        if let Some(user) = &self.user {
            write!(formatter, ", user {user}")?;
        }
        if let Some(age_ms) = self.transaction_age_ms {
            let age = Duration::from_millis(age_ms);
            write!(formatter, ", in a transaction for {age:.1?}")?;
        }
        match (&self.state, &self.query) {
            (Some(state), Some(query)) => write!(formatter, ", {state}: `{query}`"),
            (Some(text), None) => write!(formatter, ", {text}"),
            (None, Some(query)) => write!(formatter, ": `{query}`"),
            (None, None) => Ok(()),
        }
    }
}

/// A lock that a step waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AwaitedLock {
    /// Its mode, as `LOCK TABLE` names it: `ACCESS EXCLUSIVE`.
    pub mode: String,
    /// What it is on, qualified, and in quotes where it needs them; none where that is no table, but
    /// another's transaction.
    pub on: Option<String>,
}

impl fmt::Display for AwaitedLock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.on {
            Some(on) => write!(formatter, "{} on {on}", self.mode),
            None => formatter.write_str("the end of another transaction"),
        }
    }
}

/// What was seen of a wait while it went on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Blocked {
    /// What was waited for.
    pub lock: Option<AwaitedLock>,
    /// Who was in the way, the oldest transaction first.
    pub by: Vec<Blocker>,
    /// Why nobody could be seen, where a second session is needed to look and there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unseen: Option<String>,
}

impl Blocked {
    /// Adds what was seen later.
    pub(crate) fn add(&mut self, later: Self) {
        self.lock = later.lock.or(self.lock.take());
        for blocker in later.by {
            match self.by.iter_mut().find(|known| known.is(&blocker)) {
                Some(known) => *known = blocker,
                None => self.by.push(blocker),
            }
        }
        self.unseen = later.unseen.or(self.unseen.take());
    }
}

impl fmt::Display for Blocked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.lock {
            Some(lock) => write!(formatter, "waited for {lock}")?,
            None => formatter.write_str("waited for a lock")?,
        }
        for blocker in &self.by {
            write!(formatter, "\nblocked by {blocker}")?;
        }
        match (&self.unseen, self.by.is_empty()) {
            (Some(why), true) => write!(formatter, "\nwho was in the way is not known: {why}"),
            (None, true) => formatter.write_str("\nwho was in the way was not seen in time"),
            (_, false) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocker(pid: i64, since: &str) -> Blocker {
        Blocker {
            pid,
            prepared: None,
            user: None,
            application: None,
            state: None,
            transaction_since: Some(since.to_owned()),
            transaction_age_ms: None,
            query: None,
        }
    }

    #[test]
    fn each_blocker_is_kept_once_as_it_was_seen_last() {
        let seen = |by: Vec<Blocker>| Blocked {
            by,
            ..Blocked::default()
        };
        let mut blocked = seen(vec![blocker(1, "a")]);
        let older = Blocker {
            transaction_age_ms: Some(7),
            ..blocker(1, "a")
        };
        blocked.add(seen(vec![older.clone(), blocker(2, "a"), blocker(1, "b")]));
        assert_eq!(blocked.by, [older, blocker(2, "a"), blocker(1, "b")]);
    }

    #[test]
    fn what_is_known_is_told() {
        let ada = Blocker {
            user: Some("ada".to_owned()),
            application: Some("psql".to_owned()),
            state: Some("idle in transaction".to_owned()),
            transaction_age_ms: Some(12_345),
            query: Some("UPDATE users SET name = ?".to_owned()),
            ..blocker(4711, "2026-01-31T10:15:00Z")
        };
        let prepared = Blocker {
            prepared: Some("transfer".to_owned()),
            user: Some("bank".to_owned()),
            transaction_age_ms: Some(60_000),
            ..blocker(0, "2026-01-31T10:15:00Z")
        };
        let lock = AwaitedLock {
            mode: "ACCESS EXCLUSIVE".to_owned(),
            on: Some("public.users".to_owned()),
        };
        let told = [
            Blocked {
                lock: Some(lock.clone()),
                by: vec![ada, prepared, blocker(0, "2026-01-31T10:15:00Z")],
                unseen: Some("never told beside somebody".to_owned()),
            },
            Blocked {
                lock: Some(AwaitedLock { on: None, ..lock }),
                unseen: Some("too many clients already".to_owned()),
                ..Blocked::default()
            },
            Blocked::default(),
        ];
        insta::assert_snapshot!(told.map(|blocked| blocked.to_string()).join("\n\n"));
    }
}
