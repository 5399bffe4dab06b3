//! Panics of others' code that are caught, of which nobody has to hear.
//!
//! Whatever panics is told of on the standard error first, by the hook of the whole process. That
//! belongs to the program, and is not the library's to replace: a program that wants to hear nothing
//! of what is caught asks here, in a hook of its own.

use std::cell::Cell;
#[cfg(any(feature = "postgres", test))]
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    /// How many calls of this thread would catch a panic.
    static CATCHING: Cell<usize> = const { Cell::new(0) };
}

/// Returns whether a panic of this thread would be caught, and passed over, by this library: a program's
/// own panic hook need not tell of it.
///
/// squawk's parser panics on some texts that no server takes; what is wrong with those is told in
/// another way. Without such a hook the usual one prints a line for each on the standard error.
///
/// ```
/// let usual = std::panic::take_hook();
/// std::panic::set_hook(Box::new(move |panic| {
///     if !dieselkit::lint::is_panic_caught() {
///         usual(panic);
///     }
/// }));
/// ```
pub fn is_panic_caught() -> bool {
    CATCHING.get() > 0
}

/// Returns what others' code makes; nothing where it panics.
#[cfg(any(feature = "postgres", test))]
pub(crate) fn catch<T>(run: impl FnOnce() -> T) -> Option<T> {
    CATCHING.set(CATCHING.get() + 1);
    let made = catch_unwind(AssertUnwindSafe(run));
    CATCHING.set(CATCHING.get() - 1);
    made.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_caught_only_where_that_is_said() {
        assert!(!is_panic_caught());
        assert_eq!(catch(is_panic_caught), Some(true));
        let elsewhere = || std::thread::spawn(is_panic_caught).join();
        assert_eq!(catch(elsewhere).and_then(Result::ok), Some(false));
        assert_eq!(catch(|| panic!("it is meant")), None::<()>);
        assert!(!is_panic_caught());
    }
}
