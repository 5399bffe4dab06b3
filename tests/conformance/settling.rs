//! What somebody settles by hand: resolve, both ways, and repair.

use dieselkit::UpOptions;
use dieselkit::migration::{Mark, Resolution, RunError, State};

use crate::scene::{
    Folder, attempts, done, entry, failing_up, migrator, rollback, shown, state, status, up,
    version,
};
use crate::support::engine::Engine;

on_both_engines![
    resolve_applied_settles_what_stopped_half_way,
    resolve_reverted_settles_what_stopped_half_way,
    resolve_without_a_file_keeps_what_the_history_has,
    resolve_without_a_file_keeps_a_half_way_down,
    resolve_settles_a_failure_of_a_whole_transaction,
    resolve_settles_a_way_down_that_failed_whole,
    resolve_settles_a_failure_to_apply_again_and_accepts_no_file,
    resolve_refuses_what_is_settled,
    resolve_and_repair_need_a_reason,
    repair_accepts_a_modified_file_and_keeps_the_old_checksum,
    repair_accepts_a_reformatted_file,
    repair_refuses_what_is_not_modified,
    a_repaired_migration_rolls_back_in_its_turn,
];

fn half_way(database: &dyn Engine) -> Folder {
    let folder = Folder::new();
    folder.add_table(1);
    folder.add_statementwise(
        "2_half",
        "CREATE TABLE a (id INTEGER);\nDROP TABLE nowhere;\nCREATE TABLE b (id INTEGER);",
        "DROP TABLE b;\nDROP TABLE a;",
    );
    failing_up(database, &folder, &UpOptions::default());
    folder
}

fn resolve_applied_settles_what_stopped_half_way(database: &dyn Engine) {
    let folder = half_way(database);
    database.execute("CREATE TABLE b (id INTEGER)");
    let version = version("2");
    let mut by_hand = migrator(database, &folder);
    shown(by_hand.resolve(&version, Resolution::Applied, "made b by hand"));
    let entry = entry(database, &folder, "2");
    assert_eq!(entry.state, State::Applied);
    assert!(entry.has(Mark::Resolved), "{entry:?}");
    assert_eq!(
        (entry.statements_done, entry.statements_total),
        (None, None)
    );
    assert!(status(database, &folder).is_clean());
    assert_eq!(done(&up(database, &folder)), [""; 0]);
    assert_eq!(database.applied(), ["1", "2"]);
    // What failed has failed; that it was settled is a row of its own.
    let expected = ["1 apply SUCCESS", "2 apply FAILED", "2 resolve SUCCESS"];
    assert_eq!(attempts(database), expected);
    let reason = "SELECT reason FROM __dieselkit_history WHERE operation = 'resolve'";
    assert_eq!(database.query_text(reason), "made b by hand");
    assert_eq!(
        done(&rollback(database, &folder, dieselkit::Target::Steps(1))),
        ["2"]
    );
}

fn resolve_reverted_settles_what_stopped_half_way(database: &dyn Engine) {
    let folder = half_way(database);
    database.execute("DROP TABLE a");
    let version = version("2");
    let mut by_hand = migrator(database, &folder);
    shown(by_hand.resolve(&version, Resolution::Reverted, "dropped a"));
    assert_eq!(entry(database, &folder, "2").state, State::Pending);
    folder.write(
        "2_half/up.sql",
        "CREATE TABLE a (id INTEGER);\nCREATE TABLE b (id INTEGER);",
    );
    assert_eq!(done(&up(database, &folder)), ["2"]);
    assert!(status(database, &folder).is_clean());
}

/// What the last two rows of migration 2 keep, without the times.
const KEPT: &str = "SELECT coalesce(checksum, '') || coalesce(checksum_raw, '') || \
    coalesce(up_sql, '') || coalesce(down_sql, '') || \
    CASE WHEN transactional THEN 'whole' ELSE 'each' END \
    FROM __dieselkit_history WHERE version = '2' ORDER BY id";

fn resolve_without_a_file_keeps_what_the_history_has(database: &dyn Engine) {
    let folder = half_way(database);
    folder.remove("2_half");
    database.execute("CREATE TABLE b (id INTEGER)");
    let mut by_hand = migrator(database, &folder);
    shown(by_hand.resolve(&version("2"), Resolution::Applied, "made b by hand"));
    let kept = database.query_column(KEPT);
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[0], kept[1]);
    assert!(kept[1].contains("DROP TABLE b;"), "{}", kept[1]);
    assert_eq!(
        done(&rollback(database, &folder, dieselkit::Target::Steps(1))),
        ["2"]
    );
}

fn resolve_without_a_file_keeps_a_half_way_down(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add_table(1);
    folder.add_statementwise(
        "2_half",
        "CREATE TABLE a (id INTEGER);\nCREATE TABLE b (id INTEGER);",
        "DROP TABLE b;\nDROP TABLE a;\nDROP TABLE nowhere;",
    );
    up(database, &folder);
    let failed = migrator(database, &folder).rollback(dieselkit::Target::Steps(1));
    failed.expect_err("there is no such table");
    folder.remove("2_half");
    database.execute(
        "CREATE TABLE a (id INTEGER); CREATE TABLE b (id INTEGER); CREATE TABLE nowhere (id INTEGER)",
    );
    let mut by_hand = migrator(database, &folder);
    shown(by_hand.resolve(&version("2"), Resolution::Applied, "made them again"));
    let kept = database.query_column(KEPT);
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[0], kept[1]);
    assert_eq!(
        done(&rollback(database, &folder, dieselkit::Target::Steps(1))),
        ["2"]
    );
}

fn resolve_settles_a_failure_of_a_whole_transaction(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add("1_bad", "DROP TABLE nowhere;", "SELECT 1;");
    failing_up(database, &folder, &UpOptions::default());
    let first = version("1");
    let mut by_hand = migrator(database, &folder);
    shown(by_hand.resolve(&first, Resolution::Reverted, "known"));
    assert_eq!(entry(database, &folder, "1").state, State::Pending);
    shown(by_hand.resolve(&first, Resolution::Applied, "done by hand"));
    assert_eq!(entry(database, &folder, "1").state, State::Applied);
}

fn resolve_settles_a_way_down_that_failed_whole(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    folder.write("6_t/down.sql", "DROP TABLE nowhere;");
    let failed = migrator(database, &folder).rollback(dieselkit::Target::Steps(1));
    failed.expect_err("there is no such table");
    folder.write("6_t/down.sql", "DROP TABLE t6;");
    let noted = entry(database, &folder, "6");
    assert!(noted.has(Mark::LastAttemptFailed) && noted.error.is_some());
    let mut by_hand = migrator(database, &folder);
    shown(by_hand.resolve(&version("6"), Resolution::Applied, "mended it"));
    let settled = entry(database, &folder, "6");
    assert_eq!((settled.state, settled.batch), (State::Applied, Some(1)));
    assert_eq!(
        (settled.marks.as_slice(), settled.error),
        ([Mark::Resolved].as_slice(), None)
    );
    assert_eq!(
        done(&rollback(database, &folder, dieselkit::Target::Batch(None))),
        ["6", "5", "4", "3", "2", "1"]
    );
}

fn resolve_settles_a_failure_to_apply_again_and_accepts_no_file(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    let was = std::fs::read_to_string(folder.file("3_t/up.sql")).expect("it is there");
    folder.write(
        "3_t/up.sql",
        "CREATE TABLE t3 (id INTEGER);\nDROP TABLE nowhere;",
    );
    failing_up(database, &folder, &UpOptions::default().force());
    let mut by_hand = migrator(database, &folder);
    shown(by_hand.resolve(&version("3"), Resolution::Applied, "it is as it was"));
    // What the file says now was not applied.
    assert_eq!(
        entry(database, &folder, "3").marks,
        [Mark::Modified, Mark::Resolved]
    );
    folder.write("3_t/up.sql", &was);
    let settled = entry(database, &folder, "3");
    assert_eq!(
        (settled.marks.as_slice(), settled.error),
        ([Mark::Resolved].as_slice(), None)
    );
    folder.remove("6_t");
    let mut by_hand = migrator(database, &folder);
    let nothing = by_hand.resolve(&version("3"), Resolution::Applied, "twice");
    assert!(matches!(nothing, Err(RunError::NothingToResolve { .. })));
    // The way down is kept as well.
    folder.remove("3_t");
    let report = rollback(database, &folder, dieselkit::Target::To(version("2")));
    assert_eq!(done(&report), ["6", "5", "4", "3"]);
}

fn resolve_refuses_what_is_settled(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add_table(1);
    up(database, &folder);
    folder.add_table(2);
    let before = state(database);
    let mut migrator = migrator(database, &folder);
    let applied = migrator.resolve(&version("1"), Resolution::Applied, "why");
    assert!(matches!(applied, Err(RunError::NothingToResolve { .. })));
    let pending = migrator.resolve(&version("2"), Resolution::Reverted, "why");
    assert!(matches!(pending, Err(RunError::NothingToResolve { .. })));
    assert_eq!(state(database), before);
}

fn resolve_and_repair_need_a_reason(database: &dyn Engine) {
    let folder = half_way(database);
    let before = state(database);
    let mut migrator = migrator(database, &folder);
    let resolved = migrator.resolve(&version("2"), Resolution::Applied, "  ");
    assert!(matches!(resolved, Err(RunError::NoReason)));
    folder.write("1_t/up.sql", "CREATE TABLE other (id INTEGER);");
    let mut migrator = crate::scene::migrator(database, &folder);
    let repaired = migrator.repair(&version("1"), "");
    assert!(matches!(repaired, Err(RunError::NoReason)));
    assert_eq!(state(database), before);
}

fn repair_accepts_a_modified_file_and_keeps_the_old_checksum(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    let checksums = "SELECT checksum FROM __dieselkit_history WHERE version = '2' ORDER BY id";
    let old = database.query_text(checksums);
    folder.write("2_t/up.sql", "CREATE TABLE t2 (id BIGINT);");
    shown(migrator(database, &folder).repair(&version("2"), "widened by hand"));
    assert_eq!(entry(database, &folder, "2").marks, []);
    assert_eq!(done(&up(database, &folder)), [""; 0]);
    let kept = database.query_column(checksums);
    assert_eq!((kept.len(), &kept[0]), (2, &old));
    assert_ne!(kept[1], old);
    assert_eq!(attempts(database)[6], "2 repair SUCCESS");
}

fn repair_accepts_a_reformatted_file(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    folder.write("2_t/up.sql", "create table t2 (id INTEGER);");
    shown(migrator(database, &folder).repair(&version("2"), "formatter"));
    assert_eq!(entry(database, &folder, "2").marks, []);
}

fn repair_refuses_what_is_not_modified(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    folder.remove("3_t");
    folder.add_table(7);
    for (number, said) in [
        ("2", "is what was applied"),
        ("3", "no file"),
        ("7", "not applied"),
    ] {
        let refused = migrator(database, &folder).repair(&version(number), "why");
        let error = refused.expect_err("nothing was modified");
        assert!(matches!(error, RunError::NothingToRepair { .. }), "{error}");
        assert!(error.to_string().contains(said), "{error}");
    }
    assert_eq!(attempts(database).len(), 6);
}

fn a_repaired_migration_rolls_back_in_its_turn(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    folder.write("2_t/up.sql", "CREATE TABLE t2 (id BIGINT);");
    shown(migrator(database, &folder).repair(&version("2"), "widened by hand"));
    let report = rollback(database, &folder, dieselkit::Target::To(version("1")));
    assert_eq!(done(&report), ["6", "5", "4", "3", "2"]);
    let rolled_back = "SELECT count(*) FROM __dieselkit_history WHERE status = 'ROLLED_BACK'";
    assert_eq!(database.query_i64(rolled_back), 6);
}
