//! Proves that the tests' own support keeps its promises: roles, private servers, the pooler, a
//! clean environment for the program.

mod support;

#[cfg(feature = "postgres")]
mod postgres {
    use diesel::{Connection, PgConnection};

    use crate::support::engine::Engine;
    use crate::support::pgbouncer::PgBouncer;
    use crate::support::postgres::{Cluster, PostgresDatabase};

    #[test]
    fn a_role_logs_in_with_its_password_alone() {
        let database = PostgresDatabase::create();
        let mut role = database.create_role("p@ss:w/o%rd #\\");
        PgConnection::establish(&database.url_as(&role)).expect("the password is right");

        role.password.push('x');
        let refused = PgConnection::establish(&database.url_as(&role));
        assert!(refused.is_err(), "a wrong password was let in");
    }

    #[test]
    fn a_database_is_gone_when_its_test_ends() {
        let (url, role) = {
            let database = PostgresDatabase::create();
            (database.url(), database.create_role("secret").name)
        };
        assert!(
            PgConnection::establish(&url).is_err(),
            "the database is still there"
        );
        let other = PostgresDatabase::create();
        let count = format!("SELECT count(*) FROM pg_roles WHERE rolname = '{role}'");
        assert_eq!(other.query_i64(&count), 0);
    }

    #[test]
    fn a_private_cluster_stops_and_leaves_no_folder() {
        let cluster = Cluster::start();
        let url = cluster.url_of("postgres");
        PgConnection::establish(&url).expect("the server runs");
        let folder = cluster.socket().to_owned();

        cluster.stop();
        assert!(
            PgConnection::establish(&url).is_err(),
            "the server still runs"
        );
        assert!(!folder.exists(), "the folder is still there");
    }

    #[test]
    fn the_pooler_hands_a_transaction_to_any_of_its_connections() {
        let database = PostgresDatabase::create();
        let pooler = PgBouncer::before(&database, 1);
        let mut first = PgConnection::establish(&pooler.url()).expect("the pooler listens");
        let mut second = PgConnection::establish(&pooler.url()).expect("the pooler listens");
        assert_eq!(backend_of(&mut first), backend_of(&mut second));
    }

    fn backend_of(connection: &mut PgConnection) -> i32 {
        let pid = diesel::dsl::sql::<diesel::sql_types::Integer>("SELECT pg_backend_pid()");
        diesel::RunQueryDsl::get_result(pid, connection).expect("one row")
    }
}

#[cfg(feature = "cli")]
mod project {
    use crate::support::project::Project;

    #[test]
    fn only_what_a_test_sets_reaches_the_program() {
        let project = Project::new().env("DATABASE_URL", "sqlite:app.db");
        let mut command = project.command(["status"]);
        let shown = format!("{:?}", command.env("PATH", "-"));
        // `env -i` is how a command shows that it inherits nothing.
        let (_, environment) = shown.split_once("env -i ").expect("nothing is inherited");
        let names: Vec<_> = environment
            .split_inclusive('=')
            .filter(|word| word.ends_with('='))
            .collect();
        assert_eq!(names.len(), 4, "{environment}");
        assert!(environment.starts_with("DATABASE_URL="), "{environment}");
    }

    #[test]
    fn the_program_is_found_and_its_output_read() {
        let output = Project::new().run(["--version"]).succeeds();
        let expected = concat!("dieselkit ", env!("CARGO_PKG_VERSION"), "\n");
        assert_eq!((&*output.stdout, &*output.stderr), (expected, ""));
    }
}
