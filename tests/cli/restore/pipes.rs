//! What comes out of a pipe is read once, and waited for no longer than somebody wants it.

use std::time::Duration;

use super::{backed_up, beside, contents, file_of, name_of, neighbours};
use crate::processes::Running;
use crate::session::studio_applied;
use crate::support::engine::Engine;

on_both_engines![
    what_comes_out_of_a_pipe_is_restored,
    a_pipe_that_nobody_writes_to_ends_when_it_is_asked_to,
];

/// It is read once, and a shell's own pipe has no name.
fn what_comes_out_of_a_pipe_is_restored(database: &dyn Engine) {
    let (project, id) = backed_up(database, &[]);
    let file = file_of(database, &id);
    let before = contents(database, &database.url());
    project.shell("mkfifo pipe; mkdir plain").succeeds();
    let unpacked = format!("gunzip --stdout '{file}'");
    for (end, line) in [
        (
            "a",
            format!("cat '{file}' > pipe & dieselkit restore ./pipe"),
        ),
        ("b", format!("{unpacked} > pipe & dieselkit restore ./pipe")),
        ("c", format!("{unpacked} | dieselkit restore /dev/stdin")),
        ("e", format!("{unpacked} > pipe & dieselkit restore pipe")),
    ] {
        let copy = beside(database, end);
        let line = format!("{line} --into '{}'", name_of(&copy));
        project.shell(&line).succeeds();
        assert_eq!(contents(database, &copy), before, "{line}");
    }
    let there = neighbours(database);
    for line in [
        "printf x | gzip | head -c 3",
        "printf 'PK\\003\\004and more'",
        "true",
    ] {
        let name = name_of(&beside(database, "d"));
        let line = format!("{line} | dieselkit restore /dev/stdin --into '{name}'");
        let output = project.shell(&line);
        assert!(matches!(output.code, Some(1 | 2)), "{line}: {output:?}");
        assert_eq!(neighbours(database), there, "{line}");
    }
}

fn a_pipe_that_nobody_writes_to_ends_when_it_is_asked_to(database: &dyn Engine) {
    let project = studio_applied(database);
    project.shell("mkfifo pipe").succeeds();
    let running = Running::of(&project, &["restore", "./pipe"]);
    // It waits for a writer where the new database stands.
    for _ in 0..400 {
        if neighbours(database).len() > 1 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    running.signal("TERM");
    let output = running.ends(&project);
    assert_eq!(output.code, Some(130), "{output:?}");
    assert!(output.stderr.contains("interrupted"), "{}", output.stderr);
    assert_eq!(neighbours(database).len(), 1, "{:?}", neighbours(database));
}

/// What was written so far is not to blame.
#[cfg(feature = "sqlite")]
#[test]
fn a_pipe_whose_writer_stops_ends_when_it_is_asked_to() {
    let database = crate::support::sqlite::SqliteDatabase::create();
    let (project, id) = backed_up(&database, &[]);
    let file = file_of(&database, &id);
    let writer = format!(
        "mkfifo pipe; ( (gunzip --stdout '{file}' | head -c 4096; sleep 30) > pipe) > /dev/null 2>&1 &"
    );
    project.shell(&writer).succeeds();
    let running = Running::of(&project, &["restore", "./pipe", "--replace", "--yes"]);
    for _ in 0..400 {
        if neighbours(&database).len() > 1 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_millis(500));
    running.signal("TERM");
    let output = running.ends(&project);
    assert_eq!(output.code, Some(130), "{output:?}");
    assert!(output.stderr.contains("interrupted"), "{}", output.stderr);
    assert!(
        !output.stderr.contains("read to its end"),
        "{}",
        output.stderr
    );
    assert_eq!(
        neighbours(&database).len(),
        1,
        "{:?}",
        neighbours(&database)
    );
}
