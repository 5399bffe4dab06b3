//! What is new after a statement, and what is not.

use super::*;

fn table(id: &str, name: &str, storage: i64, locks: &[TableLock]) -> Seen {
    Seen {
        id: id.to_owned(),
        relation: Some(Relation {
            schema: "public".to_owned(),
            name: name.to_owned(),
            shown: format!("public.{name}"),
            kind: RelationKind::Table,
            storage,
            on: None,
        }),
        locks: locks.to_vec(),
    }
}

fn index(id: &str, name: &str, storage: i64, table: &str) -> Seen {
    let mut seen = self::table(id, name, storage, &[]);
    if let Some(relation) = &mut seen.relation {
        relation.kind = RelationKind::Index;
        relation.on = Some(format!("public.{table}"));
    }
    seen
}

fn gone(id: &str, locks: &[TableLock]) -> Seen {
    Seen {
        id: id.to_owned(),
        relation: None,
        locks: locks.to_vec(),
    }
}

fn told(noticed: &Noticed) -> Vec<String> {
    let locks = noticed.locks.iter();
    locks.map(|it| format!("{} {}", it.lock, it.on)).collect()
}

const STRONG: TableLock = TableLock::AccessExclusive;

#[test]
fn a_lock_is_told_of_once_and_by_the_name_that_others_know() {
    let mut track = Track::of(vec![table("1", "users", 10, &[])]);
    let noticed = track.notice(
        vec![table("1", "people", 10, &[STRONG])],
        Look::Changed,
        false,
    );
    assert_eq!(told(&noticed), ["ACCESS EXCLUSIVE public.users"]);
    let again = vec![table("1", "people", 10, &[TableLock::RowExclusive, STRONG])];
    let noticed = track.notice(again, Look::Changed, false);
    assert_eq!(told(&noticed), ["ROW EXCLUSIVE public.users"]);
    // What is dropped is locked all the same.
    let mut track = Track::of(vec![table("1", "users", 10, &[])]);
    let noticed = track.notice(vec![gone("1", &[STRONG])], Look::Changed, false);
    assert_eq!(told(&noticed), ["ACCESS EXCLUSIVE public.users"]);
}

#[test]
fn nobody_waits_for_what_the_run_has_made() {
    let mut track = Track::of(Vec::new());
    let noticed = track.notice(vec![table("7", "new", 70, &[STRONG])], Look::Changed, false);
    assert_eq!(noticed, Noticed::default());
    let noticed = track.notice(
        vec![
            table("7", "new", 71, &[STRONG]),
            index("8", "new_pk", 80, "new"),
        ],
        Look::Changed,
        false,
    );
    assert_eq!(noticed, Noticed::default());
}

#[test]
fn new_storage_is_a_rewrite_unless_the_table_is_emptied() {
    let all = vec![
        table("1", "users", 10, &[]),
        index("2", "users_pk", 20, "users"),
    ];
    let mut track = Track::of(all.clone());
    let after = || {
        vec![
            table("1", "users", 11, &[]),
            index("2", "users_pk", 21, "users"),
        ]
    };
    let noticed = track.notice(after(), Look::Changed, false);
    assert_eq!(noticed.rewritten, ["public.users"]);
    assert_eq!(noticed.built.len(), 1);
    // Once is once.
    assert_eq!(
        track.notice(after(), Look::Changed, false),
        Noticed::default()
    );
    let mut track = Track::of(all);
    assert_eq!(
        track.notice(after(), Look::Changed, true),
        Noticed::default()
    );
}

#[test]
fn an_index_that_keeps_its_storage_is_not_built() {
    let mut track = Track::of(vec![
        table("1", "users", 10, &[]),
        index("2", "users_name", 20, "users"),
    ]);
    let reused = track.notice(
        vec![index("3", "users_name", 20, "users")],
        Look::Changed,
        false,
    );
    assert_eq!(reused.built, []);
    let built = track.notice(
        vec![index("4", "users_email", 40, "users")],
        Look::Changed,
        false,
    );
    assert_eq!(built.built[0].index, "public.users_email");
}

#[test]
fn a_table_that_was_gone_and_is_back_is_rewritten() {
    let mut track = Track::of(vec![table("users", "users", 0, &[])]);
    let both = |names: [&str; 2]| names.map(|name| table(name, name, 0, &[])).to_vec();
    let noticed = track.notice(both(["users", "users_new"]), Look::Everything, false);
    assert_eq!(noticed, Noticed::default());
    let dropped = vec![table("users_new", "users_new", 0, &[])];
    track.notice(dropped, Look::Everything, false);
    let renamed = vec![table("users", "users", 0, &[])];
    let noticed = track.notice(renamed, Look::Everything, false);
    assert_eq!(noticed.rewritten, ["public.users"]);
}

#[test]
fn what_an_earlier_step_has_locked_is_known() {
    let mut track = Track::of(vec![table("1", "users", 10, &[])]);
    track.begin_step();
    track.notice(
        vec![table("1", "users", 10, &[STRONG])],
        Look::Changed,
        false,
    );
    let expected = ExpectedLock {
        on: LockOn::Itself,
        schema: None,
        name: "users".to_owned(),
        lock: TableLock::Share,
    };
    let earlier = |track: &Track| track.locked_earlier(&expected).is_some();
    // It is the step's own.
    assert!(!earlier(&track));
    track.begin_step();
    assert!(earlier(&track));
    track.end_transaction();
    track.begin_step();
    assert!(!earlier(&track));
}
