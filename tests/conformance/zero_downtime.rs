//! What `docs/zero-downtime.md` says: each change of it is made as the page says, beside programs that
//! are at work, and does to them what the page says.
//!
//! The statements are those of the page; nothing of a change is known here.

mod asides;
mod beside_programs;
mod chapter;
mod defaults;
mod kept_rows;
mod linted;
mod measure;
mod old_name;
mod on_sqlite;
mod portions;
mod program;
mod side_by_side;
mod writes;

use self::chapter::{Change, changes};

/// The one section whose SQL is SQLite's.
const ON_SQLITE: &str = "On SQLite";

/// Returns the change of a section that is made on PostgreSQL.
fn change(title: &str) -> Change {
    let mut changes = changes().into_iter();
    changes
        .find(|change| change.title == title)
        .unwrap_or_else(|| panic!("there is no section `{title}`"))
}

#[test]
fn the_page_has_what_is_asked_of_it() {
    let changes = changes();
    assert!(changes.len() > 10, "the sections were not found");
    for change in changes {
        let title = &change.title;
        assert!(!change.dangerous.is_empty(), "{title}");
        for dangerous in &change.dangerous {
            assert!(!dangerous.found_by.is_empty(), "{title}");
        }
        let is_told = change.steps.iter().all(|step| !step.told.waits.is_empty());
        assert_eq!(change.tells_locks, title != ON_SQLITE, "{title}");
        assert!(
            is_told || title == ON_SQLITE,
            "{title}: the table lacks a step"
        );
        let mut releases = change.steps.iter().map(|step| step.release);
        assert!(
            releases.clone().is_sorted() && releases.all(|it| it > 1),
            "{title}"
        );
    }
}
