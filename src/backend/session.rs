//! The session of a connection: what a run changes of it, and the way back.

use std::time::Duration;

use super::address::DatabaseAddress;
use super::limits::Limits;
use super::query::Query;
use super::settings::{Belongings, Settings, Subject, Surrounding, Touch};
use super::tables::Tables;
use super::{Backend, BackendError, DatabaseError, Lock};
use crate::sql::Script;

/// The settings of a session as they were found, as queries that put them back.
#[derive(Debug, Default)]
pub(crate) struct Session {
    /// Makes a transaction of another connection like this session, and returns one row of one
    /// number: that of the session which serves it.
    pub(crate) at_begin: Option<Query>,
    /// Puts back what a migration's body may have changed and what our own tables rely on.
    pub(crate) after_body: Option<Query>,
    /// Puts back everything that this run changed.
    pub(crate) at_end: Vec<Query>,
}

/// What an engine does with its sessions.
pub(crate) trait SessionBackend {
    /// Keeps no statement prepared from here on: what is kept under a name stays in a server's
    /// process, where a pooler's next client meets it.
    fn keep_nothing_prepared(&mut self);

    /// Keeps statements prepared from here on, where that saves time: the session is known to be no
    /// pooler's.
    fn keep_prepared(&mut self) {}

    /// Connects anew, to its own address, where the session has ended since it was asked last; returns
    /// whether it had. Of a file there is nothing that ends.
    fn renew(&mut self, _address: &DatabaseAddress) -> Result<bool, BackendError> {
        Ok(false)
    }

    /// Returns what is the session's own beside its settings, where the engine's sessions are ever
    /// somebody else's afterwards.
    fn belongings(&mut self) -> Result<Belongings, DatabaseError> {
        Ok(Belongings::default())
    }

    /// Removes what has come to the session's belongings since they were looked at.
    fn remove_belongings(&mut self, _found: &Belongings) -> Result<(), DatabaseError> {
        Ok(())
    }

    /// Returns this session's settings for the transactions of another connection, which puts
    /// nothing back that outlasts them. Whoever takes the lock next that this session holds waits for
    /// them.
    fn session_for_transactions(&mut self, lock: Option<&Lock>) -> Result<Session, BackendError>;

    /// Lets a role's rights count from here on; returns the way back.
    fn take_role(&mut self, role: &str) -> Result<Query, BackendError>;

    /// Lets the rights of the connection's own user count, where a role's do; returns the way back.
    fn give_up_role(&mut self) -> Result<Option<Query>, BackendError>;

    /// Returns the name of the user whose rights count, where the engine has users.
    fn current_user(&mut self) -> Result<Option<String>, BackendError>;

    /// Returns a number that tells the server's sessions apart, where the engine has sessions.
    fn session_id(&mut self) -> Result<Option<i64>, BackendError>;

    /// Lets whoever reads wait so long for another process's transaction where the engine would fail
    /// at once; where nobody said how long, for as long as the engine finds right. Returns the way
    /// back where something was changed.
    fn wait_for_others(&mut self, limit: Option<Duration>) -> Result<Option<Query>, BackendError>;

    /// Lets statements wait for other programs' transactions so long, where they would fail at
    /// once or sooner; a run's session puts it back at its end.
    fn wait_at_most(&mut self, limit: Duration) -> Result<(), BackendError>;

    /// Changes the session's settings for a run and returns the way back.
    fn open_session(&mut self, owner: &str) -> Result<Session, BackendError>;

    /// Returns what a script may change of the session, by its words.
    fn touch(&self, script: &Script) -> Touch;

    /// Returns what the statement at `index` is about, where it sets something for the rest of the session
    /// or takes it back, and does nothing else.
    fn sets(&self, script: &Script, index: usize) -> Option<Subject>;

    /// Returns the session's settings as a body finds them.
    fn settings(&mut self, script: Option<&Script>) -> Result<Settings, DatabaseError>;

    /// Puts every setting back that is no longer as it was found.
    fn put_settings_back(&mut self, found: &Settings) -> Result<(), DatabaseError>;

    /// Returns whether the transaction that is open may write nothing.
    fn only_reads(&mut self) -> Result<bool, DatabaseError> {
        Ok(false)
    }

    /// Does something as the user that a body found, and then lets the body go on as whom it has
    /// become.
    fn as_found(
        &mut self,
        found: &Settings,
        surrounding: Surrounding,
        work: &mut dyn FnMut(&mut dyn Backend) -> Result<(), DatabaseError>,
    ) -> Result<(), DatabaseError>;

    /// Prepares anew, from here on, whatever the driver keeps prepared.
    fn forget_statements(&mut self) -> Result<(), DatabaseError>;

    /// Lets commits return before they are durable, where that pays; returns the way back.
    fn relax_durability(&mut self) -> Result<Option<Query>, BackendError>;

    /// Goes the way back, and makes everything durable that was committed meanwhile.
    fn restore_durability(&mut self, way_back: &Query, tables: &Tables)
    -> Result<(), BackendError>;

    /// Returns whether the engine keeps statements within limits.
    fn keeps_limits(&self) -> bool;

    /// Keeps the statements that follow within limits until the transaction ends that is open.
    fn limit_transaction(&mut self, limits: Limits) -> Result<(), DatabaseError>;

    /// Keeps the statements that follow within limits, and returns the way back where something was
    /// changed.
    fn limit_session(&mut self, limits: Limits) -> Result<Option<Query>, DatabaseError>;
}
