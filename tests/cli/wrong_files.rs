//! Files that are not as they should be: each message names the file, the place and the cure.

use crate::session::{Session, up_of};
use crate::support::project::Project;

fn project() -> Project {
    Project::new().env("DATABASE_URL", "sqlite:x.db")
}

#[test]
fn a_configuration_with_a_mistake_is_a_wrong_usage() {
    let project = project();
    let mut session = Session::of(&project);
    for config in [
        "[migrations]\ndiretory = \"x\"\n",
        "[migrations]\ntransaction = \"all\"\n",
        "[migrations]\nout_of_order = true\n",
        "[migrations\n",
        "[database]\nurl = 5\n",
        "[database]\nurl = [\"postgres://u:s3cret@h/d\"]\n",
        "[environments.production]\nprotekted = true\n",
        "[environments.Production]\n",
        "[environments.production]\n",
        "[environments.development]\nurl = \"$NOPE\"\n",
        "[environments.development]\nurl = \"mysql://u:s3cret@h/d\"\n",
    ] {
        project.write("dieselkit.toml", config);
        let output = session.run("status").exits(2);
        assert!(!output.stderr.contains("s3cret"), "{}", output.stderr);
    }
    project.remove("dieselkit.toml");
    session.run("status --config nowhere.toml").exits(2);
    session.run("status --config migrations").exits(2);
    session.run("status --env ../x").exits(2);
    session.matches("wrong_config");
}

#[test]
fn a_database_in_memory_is_for_the_library() {
    let project = Project::new().file(&up_of("001_a"), "CREATE TABLE a (id INTEGER);\n");
    let mut session = Session::of(&project);
    session.run("up --database-url sqlite::memory:").exits(2);
    session.run("status --database-url :memory:").exits(2);
    session.matches("in_memory");
}

#[test]
fn what_is_no_database_is_told_from_one_that_is_absent() {
    let project = project()
        .file(&up_of("001_a"), "CREATE TABLE a (id INTEGER);\n")
        .file("text.db", "a shopping list, and no database\n");
    std::fs::create_dir(project.path("folder.db")).expect("the folder is ours");
    let mut session = Session::of(&project);
    for address in ["folder.db", "text.db", "nowhere/x.db"] {
        for command in ["status", "up", "up --dry-run", "db create", "db drop --yes"] {
            let line = format!("{command} --database-url {address}");
            session.run(&line).exits(1);
        }
    }
    assert_eq!(
        project.read("text.db"),
        "a shopping list, and no database\n"
    );
    session.matches("no_database");
}

// Without PostgreSQL, its addresses are refused before they are read.
#[cfg(feature = "postgres")]
#[test]
fn variables_with_a_mistake_are_a_wrong_usage() {
    let project = Project::new();
    let mut session = Session::of(&project);
    for dotenv in [
        "A=1\nB=\"open\n",
        "nonsense\n",
        "DATABASE_URL=mysql://u:s3cret@h/d\n",
        "DATABASE_URL=postgres://u:s3cret@h:port/d\n",
        "DATABASE_URL='host=h password=s3cret nonsense'\n",
        "DB_HOST=h\n",
        "APP_ENV=No Name\n",
        "",
    ] {
        project.write(".env", dotenv);
        let output = session.run("status").exits(2);
        assert!(!output.stderr.contains("s3cret"), "{}", output.stderr);
    }
    session.matches("wrong_variables");
}

#[test]
fn a_folder_of_migrations_that_is_not_one_is_named() {
    let project = project();
    project.remove("migrations");
    let mut session = Session::of(&project);
    session.run("status").exits(2);
    session.run("up --migrations elsewhere").exits(2);
    project.write("migrations", "a file\n");
    for command in ["status", "up", "check", "new something", "init"] {
        session.run(command).exits(2);
    }
    session.matches("wrong_folder");
}

#[test]
fn files_that_cannot_be_read_are_named_and_nothing_runs() {
    let project = project();
    let mut session = Session::of(&project);
    project.write(&up_of("2026-01-01-000000_a"), "SELECT 1;\n");
    project.write(&up_of("20260101000000_b"), "SELECT 1;\n");
    session.run("up").exits(1);
    project.remove("migrations/20260101000000_b");
    project.remove(&up_of("2026-01-01-000000_a"));
    session.run("up").exits(1);
    project.write(&up_of("2026-01-01-000000_a"), "");
    session.run("up").exits(1);
    std::fs::write(
        project.path(&up_of("2026-01-01-000000_a")),
        b"SELECT 1; -- \xe9\n",
    )
    .expect("the folder is ours");
    session.run("up").exits(1);
    project.remove("migrations/2026-01-01-000000_a");
    project.write("migrations/003_x.sql", "SELECT 1;\n");
    session.run("up").exits(1);
    project.write(
        "migrations/003_x.sql",
        "-- migrate:up transaktion:false\nSELECT 1;\n",
    );
    session.run("up").exits(1);
    project.remove("migrations/003_x.sql");
    project.write("migrations/4_x.down.sql", "SELECT 1;\n");
    session.run("up").exits(1);
    session.run("check").exits(1);
    assert!(
        !project.path("x.db").exists() || project.run(["history"]).stdout == "no history yet\n"
    );
    session.matches("wrong_files");
}

#[test]
fn settings_and_sql_with_a_mistake_are_placed() {
    let project = project();
    let mut session = Session::of(&project);
    project.write(&up_of("1_a"), "CREATE TABLE a (id INTEGER);\n");
    for settings in [
        "run_in_transaktion = true\n",
        "foreign_keys = \"off\"\n",
        "run_in_transaction = \"no\"\n",
        "run_in_transaction =\n",
    ] {
        project.write("migrations/1_a/metadata.toml", settings);
        session.run("up").exits(1);
    }
    project.remove("migrations/1_a/metadata.toml");
    for sql in [
        "SELECT 1;\nCREATE TABEL a (id INTEGER);\n",
        "SELECT 1;\n\nSELECT 'open;\n",
        "CREATE TABLE a (id INTEGER;\n",
        "SELECT \"open;\n",
    ] {
        project.write(&up_of("1_a"), sql);
        session.run("up").exits(1);
    }
    assert_eq!(project.run(["history"]).stdout, "no history yet\n");
    session.matches("wrong_sql");
}

#[test]
fn a_database_that_is_none_is_named() {
    let project = project().file(
        "x.db",
        &"no database at all, and long enough to be seen\n".repeat(9),
    );
    let before = project.read("x.db");
    let mut session = Session::of(&project);
    for line in ["status", "up", "history", "reset --yes"] {
        session.run(line).exits(1);
        assert_eq!(project.read("x.db"), before);
    }
    session.matches("wrong_database");
}

/// What stands in the place of a file is not passed over: protection would be lost unseen, or
/// another project's file would count.
#[cfg(feature = "sqlite")]
#[test]
fn what_stands_in_the_place_of_a_configuration_is_named() {
    let project = Project::new()
        .config("[environments.parents]\n")
        .env("DATABASE_URL", "sqlite:x.db");
    for (place, name) in [
        ("folder", "dieselkit.toml"),
        ("link", "dieselkit.toml"),
        ("folder", "diesel.toml"),
        ("link", "diesel.toml"),
        ("link", ".env"),
        ("link", ".env.parents"),
    ] {
        let make = match place {
            "folder" => "mkdir",
            _ => "ln -s nowhere",
        };
        project
            .shell(&format!(
                "rm -rf sub; mkdir -p sub/migrations; {make} sub/{name}"
            ))
            .succeeds();
        // The project is where its `dieselkit.toml` is, and `init` makes one here.
        let lines: &[_] = match name {
            "diesel.toml" => &["init --env parents"],
            _ => &["init --env parents", "up --env parents"],
        };
        for line in lines {
            let refused = project.shell(&format!("cd sub; dieselkit {line}")).exits(2);
            let path = project.path("sub").join(name);
            let path = path.display();
            let said = match place {
                "folder" => format!(
                    "error: `{path}` is a folder, not a file\nhint: put the file there, or take away what is: `ls -ld {path}`\n"
                ),
                _ => format!(
                    "error: `{path}` is a link to `{}/nowhere`, which does not exist\nhint: put the file where it leads, or remove the link: `rm {path}`\n",
                    project.path("sub").display()
                ),
            };
            assert!(refused.stderr.contains(&said), "{line}: {}", refused.stderr);
        }
    }
    // Python's environments are often called so.
    project
        .shell("rm -rf sub; mkdir -p sub/migrations sub/.env; touch sub/.env/pyvenv.cfg")
        .succeeds();
    project
        .shell("cd sub; dieselkit up --env parents")
        .succeeds();
    for name in [".env", ".env.parents"] {
        project
            .shell(&format!("rm -rf sub; mkdir -p sub/migrations sub/{name}"))
            .succeeds();
        let refused = project.shell("cd sub; dieselkit up --env parents").exits(2);
        let path = project.path("sub").join(name);
        let said = format!(
            "error: `{0}` is a folder, not a file\nhint: put the file there, or take away what is: `ls -ld {0}`\n",
            path.display()
        );
        assert!(refused.stderr.contains(&said), "{}", refused.stderr);
    }
}

#[cfg(feature = "sqlite")]
#[test]
fn a_project_s_root_is_no_folder_of_migrations() {
    let project = Project::new()
        .file("dieselkit.toml", "[database]\nurl = \"sqlite:a.db\"\n")
        .file("2026_reports/january.txt", "\n");
    for folder in [".", "./"] {
        let refused = project.run(["up", "--migrations", folder]).exits(1);
        let hint = "hint: the folder of the migrations is the project's root: ";
        assert!(refused.stderr.contains(hint), "{}", refused.stderr);
    }
}
