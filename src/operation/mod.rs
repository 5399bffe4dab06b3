//! What every verb goes through, whatever it is about: who asks, the lock, the session, and the
//! environment that the database belongs to.
//!
//! It knows nothing of migrations, seeds or backups: it hands a locked database to whoever asked.

mod caller;
mod carrier;
mod dropping;
mod environment;
mod error;
mod pooler;
mod reading;
mod remembered;
mod replacing;
mod safety_copy;
mod scope;
mod second_look;
mod sharing;

pub(crate) use caller::{Caller, Held, HeldForNothing, Identity, lend_through_caller};
pub(crate) use carrier::{Carrier, Route};
pub(crate) use environment::refuse_other_environment;
pub(crate) use error::{OperationError, other_environment, words_for_operation_errors};
pub(crate) use pooler::refuse_pooler_of;
pub(crate) use reading::reading;
pub(crate) use remembered::Remembered;
pub(crate) use replacing::{Replacing, Unread};
pub use safety_copy::{LockHeld, SafetyCopy, SafetyCopyError};
pub(crate) use scope::{answers, refuse_lack};
pub(crate) use second_look::{WORTH_A_LOCK, WORTH_A_SECOND_LOOK, look_again};
pub(crate) use sharing::Sharing;
