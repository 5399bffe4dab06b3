//! Values that others stand in for, and joins that survive it.

use dieselkit::seed::CaptureOptions;

use super::{EMPTY, anonymize, captured, tables};
use crate::scene::{Folder, up};
use crate::seeds::seed;
use crate::support::engine::Engine;

on_both_engines![anonymized_values_still_join,];

/// Makes the database's identity, without which nothing is anonymized.
fn identified(database: &dyn Engine) {
    let migrations = Folder::new();
    migrations.add_table(1);
    up(database, &migrations);
}

fn anonymized_values_still_join(database: &dyn Engine) {
    identified(database);
    tables(database);
    let folder = Folder::new();
    let options = CaptureOptions::of(["bookings", "users"]).anonymize(anonymize(&[
        "users.email=fake:email",
        "users.name=hash",
        "note=null",
    ]));
    let files = captured(database, &folder, &options);
    assert_eq!(files, captured(database, &Folder::new(), &options));
    let text: String = files.into_iter().map(|(_, text)| text).collect();
    assert!(
        !text.contains("corp.test") && !text.contains("Ana"),
        "{text}"
    );
    database.execute(EMPTY);
    seed(database, &folder);
    let joined = "SELECT count(*) FROM bookings AS b JOIN users AS u ON u.email = b.guest
                  WHERE u.name IS NOT NULL AND b.note IS NULL";
    assert_eq!(database.query_i64(joined), 2);
}
