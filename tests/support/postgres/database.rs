//! A database in a cluster, for one test, with the roles that were made for it.

use std::path::Path;
use std::sync::Mutex;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};
use uuid::Uuid;

use super::cluster::Cluster;
use super::{connect, execute};
use crate::support::engine::{Engine, column, plain_diesel};

/// A role with a password, dropped with the database that it was made for.
pub(crate) struct Role {
    /// The name, unique in the cluster.
    pub(crate) name: String,
    /// The password as it is, not encoded for a URL.
    pub(crate) password: String,
}

/// A database in a cluster, dropped when this is, with those whose names begin with its own.
pub(crate) struct PostgresDatabase<'cluster> {
    cluster: &'cluster Cluster,
    name: String,
    roles: Mutex<Vec<String>>,
}

impl<'cluster> PostgresDatabase<'cluster> {
    /// Takes a database that was just made.
    pub(super) fn new(cluster: &'cluster Cluster, name: String) -> Self {
        Self {
            cluster,
            name,
            roles: Mutex::default(),
        }
    }
}

impl PostgresDatabase<'static> {
    /// Makes an empty database in the suite's cluster.
    pub(crate) fn create() -> Self {
        Cluster::shared().create_database()
    }
}

impl PostgresDatabase<'_> {
    /// Returns the database's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the cluster that it lies in.
    pub(crate) fn cluster(&self) -> &Cluster {
        self.cluster
    }

    /// Opens a connection as the superuser.
    pub(crate) fn connect(&self) -> PgConnection {
        connect(&self.url())
    }

    /// Makes a role that may log in with this password, and nothing more.
    pub(crate) fn create_role(&self, password: &str) -> Role {
        let name = format!("role_{}", Uuid::new_v4().simple());
        let quoted = password.replace('\'', "''");
        self.execute(&format!("CREATE ROLE {name} LOGIN PASSWORD '{quoted}'"));
        let mut roles = self
            .roles
            .lock()
            .expect("no test panics while it adds a role");
        roles.push(name.clone());
        Role {
            name,
            password: password.to_owned(),
        }
    }

    /// Makes a role that may read every table that there is now, and write none.
    pub(crate) fn create_reader(&self, password: &str) -> Role {
        let role = self.create_role(password);
        let grant = format!(
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}",
            role.name
        );
        self.execute(&grant);
        role
    }

    /// Returns the URL with which a role logs in over TCP.
    pub(crate) fn url_as(&self, role: &Role) -> String {
        use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
        let password = utf8_percent_encode(&role.password, NON_ALPHANUMERIC);
        let address = self.cluster.address();
        format!(
            "postgres://{}:{password}@{address}/{}",
            role.name, self.name
        )
    }
}

impl Engine for PostgresDatabase<'_> {
    fn url(&self) -> String {
        self.cluster.url_of(&self.name)
    }

    fn either<'a>(&self, _sqlite: &'a str, postgres: &'a str) -> &'a str {
        postgres
    }

    fn execute(&self, sql: &str) {
        execute(&self.url(), sql);
    }

    fn query_column(&self, sql: &str) -> Vec<String> {
        column!(&mut self.connect(), sql)
    }

    fn tables(&self) -> Vec<String> {
        self.query_column(
            "SELECT tablename FROM pg_catalog.pg_tables
             WHERE schemaname NOT LIKE 'pg\\_%' AND schemaname <> 'information_schema'
             ORDER BY tablename COLLATE \"C\"",
        )
    }

    fn schema_dump(&self) -> String {
        let address = format!(
            "postgres://postgres@{}/{}",
            self.cluster.address(),
            self.name
        );
        let dump = self
            .cluster
            .program("pg_dump")
            .args([
                "--schema-only",
                "--no-owner",
                "--exclude-table=*.__dieselkit*",
            ])
            .arg(format!("--dbname={address}"))
            .env("PGPASSWORD", self.cluster.password())
            .output()
            .expect("pg_dump is installed with the server");
        let errors = String::from_utf8_lossy(&dump.stderr);
        assert!(dump.status.success(), "pg_dump failed: {errors}");
        without_noise(&String::from_utf8_lossy(&dump.stdout))
    }

    fn diesel_run(&self, migrations: &Path) -> Vec<String> {
        let mut connection = self.connect();
        let versions = plain_diesel!(run_pending_migrations, &mut connection, migrations);
        versions.iter().map(ToString::to_string).collect()
    }

    fn diesel_revert(&self, migrations: &Path) -> String {
        plain_diesel!(revert_last_migration, &mut self.connect(), migrations).to_string()
    }
}

/// Returns a dump without comments, blank lines and what differs from one dump to the next:
/// `\restrict` carries a random word.
fn without_noise(dump: &str) -> String {
    let noise = |line: &&str| {
        line.is_empty()
            || line.starts_with("--")
            || line.starts_with("\\restrict")
            || line.starts_with("\\unrestrict")
    };
    let kept: Vec<_> = dump.lines().filter(|line| !noise(line)).collect();
    kept.join("\n")
}

impl Drop for PostgresDatabase<'_> {
    fn drop(&mut self) {
        // A test may have stopped the server or left it broken; a second panic would abort.
        let Ok(mut connection) = PgConnection::establish(&self.cluster.url_of("postgres")) else {
            return;
        };
        let own = format!(
            "SELECT quote_ident(datname) FROM pg_database WHERE starts_with(datname, '{}')",
            self.name.replace('\'', "''")
        );
        for name in column!(&mut connection, own) {
            let _ = connection.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"));
        }
        // After the database, which takes all grants to them along.
        for role in self.roles.get_mut().into_iter().flatten() {
            let _ = connection.batch_execute(&format!("DROP ROLE IF EXISTS {role}"));
        }
    }
}
