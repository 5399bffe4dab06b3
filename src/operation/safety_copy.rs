//! A copy that a run has somebody make of its database before it changes anything.
//!
//! It knows neither what the run is about nor what a copy is. The copy is made beneath the lock that
//! the run holds, and takes none: nobody changes anything between it and the first step.

use std::error::Error;
use std::fmt;

/// Proof that a run holds the migration lock of a database, and changes nothing meanwhile.
#[derive(Debug, Clone, Copy)]
pub struct LockHeld<'a> {
    identity: &'a str,
}

impl<'a> LockHeld<'a> {
    /// Notes that the lock of a database of this identity is held.
    pub(super) fn of(identity: &'a str) -> Self {
        Self { identity }
    }

    /// Returns the identity of the database, as it says itself.
    pub fn identity(&self) -> &'a str {
        self.identity
    }
}

/// Whoever makes a copy of a database before a run changes it.
pub trait SafetyCopy: Send {
    /// Makes a copy that can be relied on, and returns its name.
    ///
    /// # Errors
    /// `SafetyCopyError` where there is none; the run then changes nothing.
    fn make(&mut self, held: &LockHeld<'_>) -> Result<String, SafetyCopyError>;

    /// Returns what is worth a warning of the copy that was made last, which can be relied on all the
    /// same.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Why there is no copy, in the words of whoever was to make it.
#[derive(Debug)]
pub struct SafetyCopyError {
    cause: Box<dyn Error + Send + Sync>,
    hint: Option<String>,
}

impl SafetyCopyError {
    /// Says why there is no copy, and what may help.
    pub fn new(cause: impl Error + Send + Sync + 'static, hint: Option<String>) -> Self {
        Self {
            cause: Box::new(cause),
            hint,
        }
    }

    /// Returns why there is none.
    pub fn cause(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.cause
    }

    /// Returns what may help.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for SafetyCopyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(formatter)
    }
}

impl Error for SafetyCopyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.source()
    }
}
