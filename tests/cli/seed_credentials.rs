//! Templates and credentials on the command line: what is shown to whom, and what to nobody.

use std::path::Path;

use crate::session::Session;
use crate::support::engine::Engine;
use crate::support::project::Project;
use crate::terminal::Terminal;

on_both_engines![
    a_terminal_shows_credentials_and_a_pipe_does_not,
    a_narrow_terminal_breaks_no_password,
    a_protected_environment_shows_none,
    a_variable_of_a_template_comes_from_the_environment_or_its_file,
    the_example_seeds_an_admin_for_production,
];

const CREDENTIALS: &str = "[ana]
name = 'Ana Lindqvist'
email = 'ana@example.com'
password = 'hunter2-ana'
role = 'teacher'
description = 'gives sessions'

[bo]
password = 'hunter2-bo'
";

const USERS: &str = "INSERT INTO users (id, password) VALUES
  ({{ credentials.ana.email | sql }}, {{ credentials.ana.password | argon2 | sql }}),
  ('bo', '{{ credentials.bo.password | bcrypt }}')
ON CONFLICT (id) DO UPDATE SET password = excluded.password;
";

fn project(database: &dyn Engine, environment: &str) -> Project {
    Project::new()
        .migration(
            "2026-01-01-000000_create_users",
            "CREATE TABLE users (id TEXT PRIMARY KEY, password TEXT NOT NULL);",
            "DROP TABLE users;",
        )
        .file(
            &format!("seeds/{environment}/credentials.toml"),
            CREDENTIALS,
        )
        .file(&format!("seeds/{environment}/010_users.sql.jinja"), USERS)
        .on(database)
}

fn a_terminal_shows_credentials_and_a_pipe_does_not(database: &dyn Engine) {
    let project = project(database, "development");
    let mut session = Session::of(&project);
    session.run("up -q").succeeds();
    session.run("seed").succeeds();
    session.run("seed --show-credentials").succeeds();
    session
        .run("seed --json --force --show-credentials")
        .succeeds();
    session.matches("seed_credentials");
    for line in ["seed", "reset --yes"] {
        let (code, screen) = Terminal::run(&project, line).ends();
        assert_eq!(code, 0, "{screen}");
        assert!(screen.contains("change these in production"), "{screen}");
        assert!(screen.contains("hunter2-ana"), "{screen}");
    }
    let (_, screen) = Terminal::run(&project, "seed --quiet").ends();
    assert!(!screen.contains("hunter2"), "{screen}");
    let (_, screen) = Terminal::run(&project, "seed --json").ends();
    assert!(!screen.contains("hunter2"), "{screen}");
    for line in [
        "seed -v --force",
        "seed --json --force",
        "seed --dry-run --json --force",
        "seed status --json",
        "history --json",
        "status --json",
        "reset --yes --json",
    ] {
        let output = project.shell(&format!("dieselkit {line}"));
        assert!(
            !output.stdout.contains("hunter2"),
            "{line}: {}",
            output.stdout
        );
        assert!(
            !output.stderr.contains("hunter2"),
            "{line}: {}",
            output.stderr
        );
    }
}

fn a_narrow_terminal_breaks_no_password(database: &dyn Engine) {
    let project = project(database, "development").file(
        "seeds/development/credentials.toml",
        &CREDENTIALS.replace("hunter2-ana", "correct horse battery staple"),
    );
    project.run(["up", "-q"]).succeeds();
    for width in [60, 40, 20] {
        let (_, screen) = Terminal::as_wide_as(width, &project, "seed").ends();
        assert!(screen.contains("correct horse battery staple"), "{screen}");
    }
}

fn a_protected_environment_shows_none(database: &dyn Engine) {
    let project = project(database, "production").env("DIESELKIT_ENV", "production");
    project.run(["up", "-q"]).succeeds();
    let (code, screen) = Terminal::run(&project, "seed").ends();
    assert_eq!(code, 0, "{screen}");
    assert!(!screen.contains("hunter2"), "{screen}");
    let (_, screen) = Terminal::run(&project, "seed --show-credentials").ends();
    assert!(!screen.contains("hunter2"), "{screen}");
    for line in [
        ["seed", "--show-credentials", "-v"],
        ["seed", "--show-credentials", "--json"],
    ] {
        let output = project.run(line).succeeds();
        let all = output.stdout + &output.stderr;
        assert!(!all.contains("hunter2"), "{all}");
        assert!(
            all.contains("never shown in a protected environment"),
            "{all}"
        );
    }
}

fn a_variable_of_a_template_comes_from_the_environment_or_its_file(database: &dyn Engine) {
    let project = project(database, "development")
        .file(
            "seeds/development/020_more.sql",
            "-- seed: template\nINSERT INTO users (id, password)\n\
VALUES ('cy', {{ env(\"CY_PASSWORD\") | bcrypt | sql }})\nON CONFLICT (id) DO UPDATE SET password = excluded.password;\n",
        );
    let mut session = Session::of(&project);
    session.run("up -q").succeeds();
    session.run("seed").exits(1);
    session.run("seed status").exits(1);
    project.write(".env.development", "CY_PASSWORD=hunter2-cy\n");
    session.run("seed").succeeds();
    session.run("seed").succeeds();
    project.write(".env.development", "CY_PASSWORD=hunter3-cy\n");
    session.run("seed --dry-run").succeeds();
    session.run("seed").succeeds();
    session.matches("seed_variables");
    let hash = database
        .query_column("SELECT password FROM users WHERE id = 'cy'")
        .remove(0);
    assert!(
        bcrypt::verify("hunter3-cy", &hash).expect("a hash"),
        "{hash}"
    );
}

fn the_example_seeds_an_admin_for_production(database: &dyn Engine) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let migrations = root.join("migrations").display().to_string();
    let config = format!("[seeds]\ndirectory = '{}'\n", root.join("seeds").display());
    let project = Project::new().config(&config).on(database);
    let up = [
        "up",
        "-q",
        "--env",
        "production",
        "--migrations",
        &migrations,
    ];
    project.run(up).succeeds();
    let seed = ["seed", "--env", "production", "--migrations", &migrations];
    let refused = project.run(seed).exits(1);
    assert!(
        refused.stderr.contains("`ADMIN_PASSWORD` is not set"),
        "{}",
        refused.stderr
    );
    project.write(".env.production", "ADMIN_PASSWORD='correct horse'\n");
    project.run(seed).succeeds();
    project.write(".env.production", "\n");
    let again = project.run(seed).succeeds();
    assert!(again.stdout.contains("nothing to seed"), "{}", again.stdout);
    let hash = database.query_column("SELECT value FROM preferences WHERE user_id = 'admin'");
    assert!(hash[0].starts_with("$argon2id$"), "{hash:?}");
    assert_eq!(
        database.query_i64("SELECT count(*) FROM users WHERE id <> 'studio'"),
        1
    );
}
