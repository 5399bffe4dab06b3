//! `backup create`: what it says of what it made, and of what it could not make.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::session::studio_applied;
use crate::support::engine::Engine;

on_both_engines![
    a_backup_stands_where_its_numbers_cannot_be_written,
    numbers_are_written_through_links,
    a_folder_that_others_look_into_is_told_of,
    a_folder_that_cannot_be_changed_is_named,
    a_folder_that_nobody_means_is_refused,
    a_manifest_that_cannot_be_read_is_told_of_beside_a_new_backup,
];

fn a_backup_stands_where_its_numbers_cannot_be_written(database: &dyn Engine) {
    let project = studio_applied(database);
    let failed = project.run(["backup", "--metrics", "nowhere/x.prom"]);
    let failed = failed.exits(1);
    assert!(failed.stdout.starts_with("backed up "), "{}", failed.stdout);
    let said = &failed.stderr;
    assert!(said.contains("` stands, but the numbers"), "{said}");
    assert!(said.contains("hint: `ls -ld nowhere`"), "{said}");
    let failed = project.run(["backup", "--json", "--metrics", "nowhere/x.prom"]);
    let document = failed.exits(1).json();
    let id = document["data"]["backup"]["id"]
        .as_str()
        .expect("it is told");
    let message = document["error"]["message"].as_str().expect("it is told");
    assert!(message.contains(id), "{document:#}");
    project.run(["backup", "verify", id]).succeeds();
    let verified = project.run(["backup", "verify", id, "--metrics", "nowhere/x.prom"]);
    let verified = verified.exits(1);
    assert!(verified.stdout.contains(id), "{}", verified.stdout);
    let said = project.run(["backup", "--metrics", "."]).exits(1).stderr;
    assert!(said.contains("hint: it is a folder"), "{said}");
    let pruned = project.run(["backup", "prune", "--metrics", "nowhere/x.prom"]);
    let pruned = pruned.exits(1);
    assert_ne!(pruned.stdout, "");
    assert!(
        pruned.stderr.contains("policy was applied, but"),
        "{}",
        pruned.stderr
    );
}

fn numbers_are_written_through_links(database: &dyn Engine) {
    let project = studio_applied(database);
    project.write("collector/there.prom", "before");
    let links = [
        ("one.prom", "collector/there.prom"),
        ("two.prom", "collector/new.prom"),
    ];
    for (link, target) in links {
        symlink(target, project.path(link)).expect("it is ours");
        project.run(["backup", "--metrics", link]).succeeds();
        let kept = project.path(link).symlink_metadata().expect("it is there");
        assert!(kept.is_symlink(), "{link}");
        let text = project.read(target);
        assert!(text.contains("dieselkit_backup_kept"), "{text}");
    }
    let written = fs::read_dir(project.path("collector")).expect("it is there");
    assert_eq!(written.count(), 2, "nothing else is left beside");
}

fn a_folder_that_others_look_into_is_told_of(database: &dyn Engine) {
    let project = studio_applied(database);
    let first = project.run(["backup"]).succeeds().stderr;
    assert!(!first.contains("chmod"), "{first}");
    let open = Permissions::from_mode(0o777);
    fs::set_permissions(project.path("backups"), open).expect("it is ours");
    let said = project.run(["backup"]).succeeds().stderr;
    assert!(
        said.contains("(its rights are 777): `chmod 700 backups`"),
        "{said}"
    );
}

fn a_folder_that_cannot_be_changed_is_named(database: &dyn Engine) {
    let project = studio_applied(database);
    project.run(["backup"]).succeeds();
    project.remove("backups/.dieselkit-backups.lock");
    let rights = |mode| {
        let rights = Permissions::from_mode(mode);
        fs::set_permissions(project.path("backups"), rights).expect("it is ours");
    };
    rights(0o500);
    // The superuser's right to write anywhere is given up for it.
    let unbound = "setpriv --bounding-set=-dac_override,-dac_read_search";
    let run = |line: &str| {
        project.shell(&format!(
            "if [ $(id -u) = 0 ]; then {unbound} dieselkit {line}; else dieselkit {line}; fi"
        ))
    };
    let verified = run("backup verify all").succeeds().stderr;
    assert!(verified.contains("Permission denied"), "{verified}");
    for line in ["backup", "backup prune", "backup pin latest"] {
        let said = run(line).exits(1).stderr;
        assert!(said.contains("hint: `ls -ld backups`"), "{line}: {said}");
    }
    rights(0o700);
}

fn a_folder_that_nobody_means_is_refused(database: &dyn Engine) {
    let project = studio_applied(database);
    for directory in ["$NOPE/x", "~/x", ""] {
        let config = format!("[backups]\ndirectory = \"{directory}\"\n");
        project.write("dieselkit.toml", &config);
        let said = project.run(["backup"]).exits(2).stderr;
        assert!(said.contains("\nhint: "), "{said}");
        // Whoever needs no folder of backups is not kept from anything.
        project.run(["status"]).succeeds();
    }
    let project = project.env("NOPE", "there");
    project.write("dieselkit.toml", "[backups]\ndirectory = \"$NOPE/x\"\n");
    project.run(["backup"]).succeeds();
    assert!(project.path("there/x").is_dir());
}

fn a_manifest_that_cannot_be_read_is_told_of_beside_a_new_backup(database: &dyn Engine) {
    let project = studio_applied(database);
    project.write("backups/shop_20260101T030000Z_003.json", "{");
    let said = project.run(["backup"]).succeeds().stderr;
    assert!(
        said.contains("`backups/shop_20260101T030000Z_003.json` cannot be read, and counts as no"),
        "{said}"
    );
}

/// Nobody else's program is run because a variable is not set.
#[cfg(feature = "postgres")]
#[test]
fn the_program_may_be_named_by_a_variable() {
    use crate::support::postgres::PostgresDatabase;
    let database = PostgresDatabase::create();
    let project = studio_applied(&database);
    let said = "echo 'not that one' >&2; exit 1";
    database.cluster().stand_in(&project, "pg_dump", said);
    project.write(
        "dieselkit.toml",
        "[backups]\npg_dump = \"$FOLDER/pg_dump\"\n",
    );
    let unset = project.run(["backup"]).exits(2).stderr;
    assert!(
        unset.contains("`FOLDER`") && unset.contains("`[backups] pg_dump`"),
        "{unset}"
    );
    project.run(["status"]).succeeds();
    let folder = project.path("").display().to_string();
    let project = project.env("FOLDER", folder.trim_end_matches('/'));
    let run = project.run(["backup"]).exits(1).stderr;
    assert!(run.contains("not that one"), "{run}");
}

#[cfg(feature = "postgres")]
mod rights {
    use super::*;
    use crate::support::postgres::PostgresDatabase;

    #[test]
    fn who_may_not_read_a_table_is_told_what_lets_it() {
        let database = PostgresDatabase::create();
        let project = studio_applied(&database);
        let reader = database.create_reader("secret");
        let project = project.env("DATABASE_URL", &database.url_as(&reader));
        let user = &reader.name;
        let all = format!("GRANT pg_read_all_data TO {user};");
        let sequences = format!("GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {user}");
        for (object, cure) in [
            ("sequence __dieselkit_history_id_seq", &sequences),
            ("table later", &all),
        ] {
            let said = project.run(["backup"]).exits(1).stderr;
            assert!(said.contains("nothing of a backup is left"), "{said}");
            let may_not = format!("`{user}` may not read the {object}");
            assert!(said.contains(&may_not) && said.contains(&all), "{said}");
            database.execute(cure);
            project.run(["backup"]).succeeds();
            database.execute("CREATE TABLE IF NOT EXISTS later (id INT)");
        }
    }
}
