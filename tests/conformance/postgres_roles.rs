//! Migrations as a role: it owns what they make, its rights count, and nobody has it afterwards.

use diesel::r2d2::{ConnectionManager, Pool};
use diesel::{PgConnection, RunQueryDsl as _};
use dieselkit::migration::TransactionMode;
use dieselkit::seed::{CommonSeeds, SeedOptions, SeedSet, Seeder};
use dieselkit::{
    Access, Database, Environment, MigrationSet, Migrator, RustMigration, Target, UpOptions,
};

use crate::scene::{Folder, done, failure, shown, tables};
use crate::support::engine::Engine;
use crate::support::pgbouncer::PgBouncer;
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    the_role_owns_everything,
    what_a_migration_becomes_ends_with_it,
    seeds_and_a_reset_are_the_roles,
    a_connection_of_a_pool_comes_back_as_it_was,
    it_goes_through_a_pooler,
];

type Server = PostgresDatabase<'static>;

/// A role that owns, and somebody without any right of their own who is a member of it.
struct Cast {
    owner: String,
    url: String,
}

fn cast(server: &Server) -> Cast {
    let (owner, member) = (server.create_role("o"), server.create_role("m"));
    server.execute(&format!(
        "ALTER ROLE {1} NOINHERIT; GRANT {0} TO {1}; GRANT CREATE ON SCHEMA public TO {0}",
        owner.name, member.name
    ));
    Cast {
        owner: owner.name.clone(),
        url: server.url_as(&member),
    }
}

impl Cast {
    fn database(&self) -> Database {
        let address = self.url.parse().expect("the support's URL is right");
        let database = Database::open(&address, Access::ReadWrite).expect("it is there");
        database.with_role(&*self.owner)
    }

    fn migrator(&self, folder: &Folder) -> Migrator {
        let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
        Migrator::new(self.database(), set)
    }
}

/// Returns who owns the tables of the database.
fn owners(server: &Server) -> Vec<String> {
    server.query_column(
        "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
    )
}

fn the_role_owns_everything(server: &Server) {
    let (cast, folder) = (cast(server), Folder::of_six());
    folder.add_statementwise(
        "7_index",
        "CREATE TABLE t7 (id INTEGER);\nCREATE INDEX CONCURRENTLY by_id ON t1 (id);",
        "DROP INDEX CONCURRENTLY by_id;\nDROP TABLE t7;",
    );
    for _ in 0..2 {
        let mut runner = cast.migrator(&folder);
        assert_eq!(shown(runner.up(&UpOptions::default())).done.len(), 7);
        assert_eq!(owners(server), [&*cast.owner]);
        assert_eq!(tables(server).len(), 7);
        assert_eq!(shown(runner.status()).totals.applied, 7);
        shown(runner.redo(Target::Steps(2)));
        shown(runner.rollback(Target::All));
        let batch = UpOptions::default().in_transactions(TransactionMode::Batch);
        folder.remove("7_index");
        assert_eq!(shown(cast.migrator(&folder).up(&batch)).done.len(), 6);
        assert_eq!(owners(server), [&*cast.owner]);
        shown(cast.migrator(&folder).rollback(Target::All));
        folder.add_statementwise("7_index", "CREATE TABLE t7 (id INTEGER);", "DROP TABLE t7;");
    }
}

fn what_a_migration_becomes_ends_with_it(server: &Server) {
    let (cast, folder) = (cast(server), Folder::new());
    folder.add(
        "1_reset",
        "CREATE TABLE t1 (); RESET ROLE;",
        "DROP TABLE t1; SET ROLE NONE;",
    );
    folder.add("2_bad", "RESET ROLE; SELECT 1 / 0;", "");
    folder.add_statementwise(
        "3_reset",
        "CREATE TABLE t3 ();\nRESET ROLE;",
        "DROP TABLE t3;\nRESET ROLE;",
    );
    folder.add("4_t", "CREATE TABLE t4 ();", "DROP TABLE t4;");
    let keep_going = UpOptions::default().keep_going();
    let mut runner = cast.migrator(&folder);
    let (_, report) = failure(runner.up(&keep_going));
    assert_eq!(done(&report), ["1", "3", "4"]);
    assert_eq!(report.failures.len(), 1);
    assert_eq!(report.failures[0].not_recorded, None);
    assert_eq!(owners(server), [&*cast.owner]);
    assert_eq!(done(&shown(runner.rollback(Target::All))), ["4", "3", "1"]);
}

fn seeds_and_a_reset_are_the_roles(server: &Server) {
    let (cast, folder, seeds) = (cast(server), Folder::new(), Folder::new());
    folder.add("1_t1", "CREATE TABLE t1 (id INTEGER PRIMARY KEY);", "");
    seeds.write("development/010_t1.csv", "id\n1\n2\n");
    seeds.write(
        "development/020_t2.sql",
        "CREATE TABLE t2 AS SELECT * FROM t1;",
    );
    shown(cast.migrator(&folder).up(&UpOptions::default()));
    let environment = Environment::new("development").expect("a name");
    let set = SeedSet::from_folder(seeds.path(), &environment, CommonSeeds::NeedCompany);
    let mut seeder = Seeder::new(cast.database(), set.expect("they are readable"));
    let ran = seeder.seed(&SeedOptions::default());
    assert_eq!(ran.expect("they fit").done.len(), 2);
    assert_eq!(owners(server), [&*cast.owner]);
    let report = shown(cast.migrator(&folder).reset());
    assert_eq!(done(&report.applied), ["1"]);
    assert_eq!(tables(server), ["t1"]);
    assert_eq!(owners(server), [&*cast.owner]);
}

#[derive(diesel::QueryableByName)]
struct Who {
    #[diesel(sql_type = diesel::sql_types::Text)]
    who: String,
}

fn a_connection_of_a_pool_comes_back_as_it_was(server: &Server) {
    let (cast, folder) = (cast(server), Folder::new());
    folder.add("1_t", "CREATE TABLE t1 ();", "");
    let add_bad = |folder: &Folder| folder.add("2_bad", "SELECT 1 / 0;", "");
    let manager = ConnectionManager::<PgConnection>::new(&cast.url);
    let pool = Pool::builder().max_size(1).build(manager);
    let pool = pool.expect("the server is there");
    let whoever = || {
        let mut connection = pool.get().expect("it is free");
        let asked =
            diesel::sql_query("SELECT current_user::text AS who").get_result(&mut connection);
        asked.map(|found: Who| found.who).expect("it answers")
    };
    let before = whoever();
    for is_bad in [false, true] {
        if is_bad {
            add_bad(&folder);
        }
        let database = Database::from_pool(&pool).expect("it is free");
        let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
        let mut runner = Migrator::new(database.with_role(&*cast.owner), set);
        assert_eq!(runner.up(&UpOptions::default()).is_err(), is_bad);
        drop(runner);
        assert_eq!(whoever(), before);
    }
    assert_eq!(owners(server), [&*cast.owner]);
}

fn it_goes_through_a_pooler(server: &Server) {
    let (cast, folder) = (cast(server), Folder::of_six());
    let pooler = PgBouncer::before(server, 1);
    folder.add(
        "7_reset",
        "CREATE TABLE t7 (); RESET ROLE;",
        "DROP TABLE t7;",
    );
    let open = |url: String| {
        let address = url.parse().expect("the support's URL is right");
        Database::open(&address, Access::ReadWrite).expect("it listens")
    };
    for _ in 0..2 {
        let database = open(pooler.url()).with_role(&*cast.owner);
        let database = database.with_lock_over(open(server.url()));
        let rust = RustMigration::new("8_rust", "1", |db: &mut PgConnection| {
            diesel::sql_query("CREATE TABLE t8 ()").execute(db)?;
            Ok(())
        });
        let rust = rust.with_down(|db: &mut PgConnection| {
            diesel::sql_query("DROP TABLE t8").execute(db)?;
            Ok(())
        });
        let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
        let mut runner = Migrator::new(database, set.with([rust]).expect("each version once"));
        assert_eq!(shown(runner.up(&UpOptions::default())).done.len(), 8);
        assert_eq!(owners(server), [&*cast.owner]);
        assert_eq!(done(&shown(runner.rollback(Target::All))).len(), 8);
    }
}
