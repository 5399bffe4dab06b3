//! What is lost by steps, by the names of before.

use super::*;
use crate::sql::{Copied, RowCopy, Savepoint, Value};

fn name(name: &str) -> Name {
    Name {
        schema: None,
        name: name.to_owned(),
    }
}

/// The name of a table as it is told: with the schema where it was.
fn at_home(name: &str) -> Name {
    Name {
        schema: Some("public".to_owned()),
        name: name.to_owned(),
    }
}

fn typed(columns: &[&str]) -> Vec<(String, String)> {
    let columns = columns.iter();
    columns
        .map(|&column| (column.to_owned(), "integer".to_owned()))
        .collect()
}

fn create(table: &str, columns: &[&str], taken: Taken) -> Change {
    Change::Create {
        table: name(table),
        columns: typed(columns),
        taken,
    }
}

fn drop(table: &str) -> Change {
    Change::Drop {
        table: name(table),
        along: Along::Nothing,
    }
}

fn rename(from: &str, to: &str) -> Change {
    Change::Rename {
        from: name(from),
        to: name(to),
    }
}

fn drop_column(table: &str, column: &str) -> Change {
    Change::DropColumn {
        table: name(table),
        column: column.to_owned(),
    }
}

/// Every table is there, at home where nothing else is said.
fn gone(trace: &mut Trace, changes: &[Change]) -> Vec<Gone> {
    let mut find = |name: &Name| Some(name.clone());
    let mut names = Names {
        home: "public".to_owned(),
        find: &mut find,
    };
    let changes = changes.iter().cloned().enumerate().collect();
    let gone = trace.step(&mut names, changes).into_iter();
    let gone = gone.map(|(_, gone)| gone);
    gone.filter(|gone| !matches!(gone, Gone::Further { .. }))
        .collect()
}

fn of(changes: &[Change]) -> Vec<Gone> {
    gone(&mut Trace::default(), changes)
}

#[test]
fn what_the_run_has_made_is_no_loss() {
    let made = create("a", &["id"], Taken::Fails);
    assert_eq!(of(&[made.clone(), drop("a")]), []);
    assert_eq!(of(&[made, drop_column("a", "id")]), []);
    let maybe = create("a", &["id"], Taken::Stays);
    let dropped = [maybe, drop("a")];
    assert_eq!(of(&dropped), [Gone::Table(at_home("a"))]);
}

#[test]
fn a_loss_has_the_name_of_before_the_run() {
    let renamed = Change::RenameColumn {
        table: name("b"),
        from: "x".to_owned(),
        to: "y".to_owned(),
    };
    let changes = [rename("a", "b"), renamed, drop_column("b", "y")];
    assert_eq!(of(&changes), [Gone::Column(at_home("a"), "x".to_owned())]);
    let changes = [rename("a", "b"), drop("b")];
    assert_eq!(of(&changes), [Gone::Table(at_home("a"))]);
}

#[test]
fn a_table_that_is_rebuilt_loses_what_the_new_one_lacks() {
    let copied = Copied::Values(vec![Value::Column {
        from: "id".to_owned(),
        to: Some("id".to_owned()),
    }]);
    let lost = [Gone::Rebuilt(TableCopy {
        from: at_home("a"),
        copied: copied.clone(),
        columns: typed(&["id"]),
        overwritten: Vec::new(),
    })];
    let fill = |table, from| Change::Fill {
        table: name(table),
        copy: Some(RowCopy {
            from: name(from),
            copied: copied.clone(),
        }),
    };
    let made = |table| create(table, &["id"], Taken::Fails);
    let new_first = [made("new"), fill("new", "a"), drop("a"), rename("new", "a")];
    assert_eq!(of(&new_first), lost);
    let old_aside = [rename("a", "old"), made("a"), fill("a", "old"), drop("old")];
    assert_eq!(of(&old_aside), lost);
    // Nobody saved the rows.
    assert_eq!(of(&[drop("a"), made("a")]), [Gone::Table(at_home("a"))]);
    let mut trace = Trace::default();
    assert_eq!(gone(&mut trace, &[drop("a")]), [Gone::Table(at_home("a"))]);
    assert_eq!(
        gone(&mut trace, &[made("a"), fill("a", "b"), drop("a")]),
        []
    );
}

#[test]
fn a_schema_that_is_not_said_is_the_usual_one() {
    let made = Change::Create {
        table: at_home("a"),
        columns: Vec::new(),
        taken: Taken::Fails,
    };
    assert_eq!(of(&[made.clone(), drop("a")]), []);
    let other = Name {
        schema: Some("other".to_owned()),
        name: "a".to_owned(),
    };
    let gone = Gone::Table(other.clone());
    assert_eq!(
        of(&[
            made,
            Change::Drop {
                table: other,
                along: Along::Nothing,
            }
        ]),
        [gone]
    );
}

#[test]
fn what_refers_to_rows_goes_along_unless_it_is_gone() {
    let mut find = |name: &Name| Some(name.clone());
    let mut names = Names {
        home: "public".to_owned(),
        find: &mut find,
    };
    let changes = [drop("a"), Change::Thin(name("b"))];
    let changes = changes.into_iter().enumerate().collect();
    let gone = Trace::default().step(&mut names, changes);
    let further = |table, removal, gone: &[&str]| Gone::Further {
        table: at_home(table),
        removal,
        gone: gone.iter().map(|&name| at_home(name)).collect(),
    };
    let expected = [
        (0, Gone::Table(at_home("a"))),
        (0, further("a", Removal::Drop, &[])),
        (1, Gone::SomeRows(at_home("b"))),
        (1, further("b", Removal::Delete, &["a"])),
    ];
    assert_eq!(gone, expected);
}

#[test]
fn what_is_undone_is_as_it_was() {
    let set = || Change::Savepoint(Savepoint::Set("p".to_owned()));
    let back = || Change::Savepoint(Savepoint::RollbackTo("p".to_owned()));
    let lost = [Gone::Table(at_home("a"))];
    let renamed = [set(), rename("a", "b"), back(), drop("a")];
    assert_eq!(of(&renamed), lost);
    let begun = Change::Savepoint(Savepoint::Begin);
    let undone = Change::Savepoint(Savepoint::Rollback);
    assert_eq!(of(&[begun, rename("a", "b"), undone, drop("a")]), lost);
    assert_eq!(of(&[set(), drop("a"), back()]), []);
    // It may be gone back to again.
    let twice = [
        set(),
        drop("a"),
        back(),
        rename("a", "b"),
        back(),
        drop("a"),
    ];
    assert_eq!(of(&twice), lost);
    // The later one of a name hides the earlier one.
    let two = [set(), rename("a", "b"), set(), back(), drop("b")];
    assert_eq!(of(&two), lost);
    let released = Change::Savepoint(Savepoint::Release("p".to_owned()));
    let earlier = [set(), rename("a", "b"), set(), released, back(), drop("a")];
    assert_eq!(of(&earlier), lost);
    // Nobody knows how it was there.
    assert_eq!(of(&[back()]), [Gone::Untold]);
}

#[test]
fn what_is_changed_where_no_table_is_left_is_not_told() {
    let table = at_home("a");
    let columns = vec!["x".to_owned()];
    let which = Which::Every;
    let overwrite = Change::Overwrite {
        table,
        columns,
        which,
    };
    for change in [
        overwrite,
        Change::Thin(at_home("a")),
        Change::Empty(at_home("a")),
    ] {
        assert_eq!(of(&[rename("a", "b"), change]), [Gone::Untold]);
    }
}
