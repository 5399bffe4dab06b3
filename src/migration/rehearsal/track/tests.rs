//! What is new after a statement, and what is not.

use super::*;
use crate::backend::rehearsal::Relation;

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
        relation.on = Some(table.to_owned());
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
    let noticed = track.notice(vec![table("1", "people", 10, &[STRONG])], false);
    assert_eq!(told(&noticed), ["ACCESS EXCLUSIVE public.users"]);
    let again = vec![table("1", "people", 10, &[TableLock::RowExclusive, STRONG])];
    let noticed = track.notice(again, false);
    assert_eq!(told(&noticed), ["ROW EXCLUSIVE public.users"]);
    // What is dropped is locked all the same.
    let mut track = Track::of(vec![table("1", "users", 10, &[])]);
    let noticed = track.notice(vec![gone("1", &[STRONG])], false);
    assert_eq!(told(&noticed), ["ACCESS EXCLUSIVE public.users"]);
}

#[test]
fn nobody_waits_for_what_the_run_has_made() {
    let mut track = Track::of(Vec::new());
    let noticed = track.notice(vec![table("7", "new", 70, &[STRONG])], false);
    assert_eq!(noticed, Noticed::default());
    let noticed = track.notice(
        vec![
            table("7", "new", 71, &[STRONG]),
            index("8", "new_pk", 80, "7"),
        ],
        false,
    );
    assert_eq!(noticed, Noticed::default());
}

#[test]
fn new_storage_is_a_rewrite_unless_the_table_is_emptied() {
    let all = vec![
        table("1", "users", 10, &[]),
        index("2", "users_pk", 20, "1"),
    ];
    let mut track = Track::of(all.clone());
    let after = || {
        vec![
            table("1", "users", 11, &[]),
            index("2", "users_pk", 21, "1"),
        ]
    };
    let noticed = track.notice(after(), false);
    assert_eq!(noticed.rewritten, ["public.users"]);
    assert_eq!(noticed.built.len(), 1);
    // Once is once.
    assert_eq!(track.notice(after(), false), Noticed::default());
    let mut track = Track::of(all);
    assert_eq!(track.notice(after(), true), Noticed::default());
}

#[test]
fn an_index_that_keeps_its_storage_is_not_built() {
    let mut track = Track::of(vec![
        table("1", "users", 10, &[]),
        index("2", "users_name", 20, "1"),
    ]);
    let reused = track.notice(vec![index("3", "users_name", 20, "1")], false);
    assert_eq!(reused.built, []);
    let built = track.notice(vec![index("4", "users_email", 40, "1")], false);
    assert_eq!(built.built[0].index, "public.users_email");
}

#[test]
fn a_table_that_was_gone_and_is_back_is_rewritten() {
    let mut track = Track::of(vec![table("users", "users", 0, &[])]);
    let both = |names: [&str; 2]| names.map(|name| table(name, name, 0, &[])).to_vec();
    let noticed = track.notice(both(["users", "users_new"]), false);
    assert_eq!(noticed, Noticed::default());
    let dropped = vec![table("users_new", "users_new", 0, &[])];
    track.mark_gone(&dropped);
    track.notice(dropped, false);
    let renamed = vec![table("users", "users", 0, &[])];
    let noticed = track.notice(renamed, false);
    assert_eq!(noticed.rewritten, ["public.users"]);
}

#[test]
fn what_an_earlier_step_has_locked_is_known() {
    let mut track = Track::of(vec![table("1", "users", 10, &[])]);
    track.begin_step();
    track.notice(vec![table("1", "users", 10, &[STRONG])], false);
    let expected = ExpectedLock {
        on: LockOn::Itself,
        schema: None,
        name: "users".to_owned(),
        lock: TableLock::Share,
    };
    let earlier = |track: &Track| !track.locked_earlier(&expected).is_empty();
    // It is the step's own.
    assert!(!earlier(&track));
    track.begin_step();
    assert!(earlier(&track));
    track.end_transaction();
    track.begin_step();
    assert!(!earlier(&track));
}

#[test]
fn what_stands_as_it_stood_is_not_looked_at_again() {
    let locked = |signs: &[(&str, &str)]| {
        let locked = signs.iter().map(|(id, sign)| Locked {
            id: (*id).to_owned(),
            sign: (*sign).to_owned(),
        });
        locked.collect::<Vec<_>>()
    };
    let mut track = Track::of(vec![table("1", "users", 10, &[])]);
    track.begin_step();
    let both = || locked(&[("1", "share"), ("2", "share")]);
    assert_eq!(track.new_of(both()), ["1", "2"]);
    assert_eq!(track.new_of(both()), [""; 0]);
    let moved = || locked(&[("1", "share moved"), ("2", "share")]);
    assert_eq!(track.new_of(moved()), ["1"]);
    // A step that is rolled back has let go of its locks, and the next may take the same.
    track.undo_step();
    track.begin_step();
    assert_eq!(track.new_of(moved()), ["1", "2"]);
    track.end_transaction();
    assert_eq!(track.new_of(moved()), ["1", "2"]);
}

#[test]
fn a_step_that_is_rolled_back_is_forgotten() {
    let mut track = Track::of(vec![
        table("1", "users", 10, &[]),
        index("2", "users_name", 20, "1"),
    ]);
    track.begin_step();
    track.notice(
        vec![
            table("1", "people", 11, &[STRONG]),
            gone("2", &[STRONG]),
            table("3", "users", 30, &[STRONG]),
        ],
        false,
    );
    track.undo_step();
    track.begin_step();
    let noticed = track.notice(
        vec![
            table("1", "users", 11, &[STRONG]),
            index("2", "users_name", 20, "1"),
            table("3", "users", 10, &[]),
        ],
        false,
    );
    assert_eq!(told(&noticed), ["ACCESS EXCLUSIVE public.users"]);
    assert_eq!(noticed.rewritten, ["public.users"]);
    assert_eq!(noticed.built, []);
}

#[test]
fn an_index_is_that_of_the_table_in_the_place_of_one_that_is_dropped() {
    // Many, so that none is found by chance.
    let tables = (10..30).map(|id| table(&id.to_string(), &format!("t{id}"), id, &[]));
    let mut track = Track::of(tables.collect());
    track.begin_step();
    for id in 10..30 {
        let (old, new) = (id.to_string(), (id + 100).to_string());
        let name = format!("t{id}");
        track.notice(
            vec![
                gone(&old, &[STRONG]),
                table(&new, &name, id + 100, &[STRONG]),
            ],
            false,
        );
        let of_new = index(&format!("{new}0"), &format!("{name}_id"), id + 1000, &new);
        let noticed = track.notice(vec![of_new], false);
        assert_eq!(noticed.built, [], "{name}");
    }
}

#[test]
fn the_table_of_an_index_is_known_under_another_name() {
    let mut track = Track::of(vec![
        table("1", "users", 10, &[]),
        index("2", "users_name", 20, "1"),
    ]);
    track.begin_step();
    track.notice(vec![table("1", "people", 10, &[STRONG])], false);
    track.begin_step();
    let dropped = ExpectedLock {
        on: LockOn::ItsTable,
        schema: None,
        name: "users_name".to_owned(),
        lock: STRONG,
    };
    let taken = track.locked_earlier(&dropped);
    assert_eq!(taken[0].on, "public.users");
}

#[test]
fn of_two_of_a_name_that_is_meant_which_is_locked() {
    for locked in ["1", "2"] {
        let mut all = vec![table("1", "users", 10, &[]), table("2", "users", 20, &[])];
        if let Some(relation) = &mut all[1].relation {
            relation.schema = "audit".to_owned();
            relation.shown = "audit.users".to_owned();
        }
        let mut track = Track::of(all.clone());
        track.begin_step();
        let mut seen = all.into_iter().find(|seen| seen.id == locked);
        let seen = seen.as_mut().expect("it is one of them");
        seen.locks = vec![STRONG];
        track.notice(vec![seen.clone()], false);
        track.begin_step();
        let expected = ExpectedLock {
            on: LockOn::Itself,
            schema: None,
            name: "users".to_owned(),
            lock: STRONG,
        };
        let shown = seen.relation.as_ref().map(|it| it.shown.as_str());
        let taken = track.locked_earlier(&expected);
        assert_eq!(taken.first().map(|it| it.on.as_str()), shown);
    }
}
