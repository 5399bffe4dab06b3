//! A connection as it is lent: as itself, or as a role that it takes on when it is first lent, and gives
//! up when it is dropped.
//!
//! What a role may do is for the engine to say.

use std::time::Duration;

use super::Backend;
use super::address::DatabaseAddress;
use super::error::BackendError;
use super::lease::{Lease, Reading};
use super::query::Query;

/// A connection, and the role that it works as.
pub(super) struct Leased {
    lease: Box<dyn Lease>,
    role: Option<String>,
    /// What makes it again who it was; none as long as no role was taken on.
    way_back: Option<Query>,
    /// Whether it was lent before.
    was_lent: bool,
}

impl Leased {
    pub(super) fn new(lease: Box<dyn Lease>) -> Self {
        Self {
            lease,
            role: None,
            way_back: None,
            was_lent: false,
        }
    }

    /// Says as which role it works, before it is lent for the first time.
    pub(super) fn be(&mut self, role: String) {
        self.role = Some(role);
    }

    /// Returns the role that it would have taken on, which it does no more.
    pub(super) fn give_up_role(&mut self) -> Option<String> {
        self.role.take()
    }

    /// Lends the connection; whoever keeps readers out of a file is waited for so long.
    pub(super) fn lend(
        &mut self,
        patience: Option<Duration>,
    ) -> Result<&mut dyn Backend, BackendError> {
        self.was_lent = true;
        if let (Some(role), None) = (&self.role, &self.way_back) {
            self.way_back = Some(self.lease.lend(patience)?.take_role(role)?);
        }
        self.lease.lend(patience)
    }

    /// Connects anew to its address where the session has ended since it was lent.
    pub(super) fn renew(&mut self, address: &DatabaseAddress) -> Result<(), BackendError> {
        if self.was_lent && self.lease.lend(None)?.renew(address)? {
            // The role has ended with the session, and is taken on again.
            self.way_back = None;
        }
        Ok(())
    }

    /// Returns what everything is worth that was read since it was lent last.
    pub(super) fn conclude(&mut self) -> Reading {
        self.lease.conclude()
    }
}

impl Drop for Leased {
    fn drop(&mut self) {
        let Some(way_back) = &self.way_back else {
            return;
        };
        // A connection that cannot do that is gone, and the role with it.
        if let Ok(backend) = self.lease.lend(None) {
            let _ = backend.load(way_back);
        }
    }
}
