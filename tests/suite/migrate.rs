//! The schema: forward, back, and what is refused. Against the library and databases of their own.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use telltale::store::db::Target;
use telltale::store::db::embedded::{EmbeddedOptions, SharedServer, create_database, drop_database};
use telltale::store::db::migrate::{self, MigrateError, STEPS, Step, StepStatus};

use tokio::sync::OnceCell;

use crate::support::wait::within;

const ONE: Step =
    Step { version: 1, name: "V1__one", up: "CREATE TABLE one (n int)", down: "DROP TABLE one" };
const TWO: Step = Step {
    version: 2,
    name: "V2__two",
    up: "ALTER TABLE one ADD COLUMN words text DEFAULT 'new'",
    down: "ALTER TABLE one DROP COLUMN words",
};
const BROKEN: Step =
    Step { version: 3, name: "V3__broken", up: "CREATE TABLE half (n int); SELECT no_such()", down: "" };

/// An empty database on the server that all tests of this machine share; gone with [`Empty::drop_it`].
pub struct Empty {
    server: &'static SharedServer,
    name: String,
    pub target: Target,
}

pub async fn empty() -> Empty {
    static SERVER: OnceCell<SharedServer> = OnceCell::const_new();
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shared-postgres");
    let join = async || SharedServer::join(&EmbeddedOptions::for_tests(dir)).await.unwrap();
    let server = within("the shared server", SERVER.get_or_init(join)).await;
    let name = format!("migrate_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    create_database(server.target(), &name, None).await.unwrap();
    let target = server.target().with_database(&name);
    Empty { server, name, target }
}

impl Empty {
    pub async fn drop_it(self) {
        drop_database(self.server.target(), &self.name).await.unwrap();
    }
}

/// Everything that the schema consists of, to compare it before and after.
async fn shape(target: &Target) -> Vec<String> {
    let text = "SELECT format('%s %s', table_name, column_name) FROM information_schema.columns \
                WHERE table_schema = 'public' AND table_name <> 'refinery_schema_history' \
                UNION ALL SELECT proname || pg_get_function_arguments(oid) FROM pg_proc \
                WHERE pronamespace = 'public'::regnamespace \
                UNION ALL SELECT format('policy of %s %s', tablename, qual) FROM pg_policies WHERE schemaname = 'public' \
                UNION ALL SELECT format('behind policies %s', relname) FROM pg_class \
                WHERE relnamespace = 'public'::regnamespace AND relrowsecurity \
                UNION ALL SELECT format('%s %s', conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint \
                WHERE connamespace = 'public'::regnamespace AND contype = 'c' \
                UNION ALL SELECT indexdef FROM pg_indexes \
                WHERE schemaname = 'public' AND tablename <> 'refinery_schema_history' ORDER BY 1";
    let rows = target.open().await.unwrap().query(text, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn up_down_and_up_again_over_data() {
    let database = empty().await;
    let target = database.target.clone();
    assert_eq!(migrate::steps_up(&target, &[ONE]).await.unwrap(), ["V1__one"]);
    target.open().await.unwrap().batch_execute("INSERT INTO one VALUES (1)").await.unwrap();
    assert_eq!(migrate::steps_up(&target, &[ONE, TWO]).await.unwrap(), ["V2__two"]);
    assert!(migrate::steps_up(&target, &[ONE, TWO]).await.unwrap().is_empty());
    assert_eq!(migrate::steps_down(&target, &[ONE, TWO], 1).await.unwrap(), ["V2__two"]);
    assert_eq!(shape(&target).await, ["one n"]);
    migrate::steps_up(&target, &[ONE, TWO]).await.unwrap();
    let row = target.open().await.unwrap().query_one("SELECT n, words FROM one", &[]).await.unwrap();
    assert_eq!((row.get::<_, i32>(0), row.get::<_, &str>(1)), (1, "new"));
    assert_eq!(migrate::steps_down(&target, &[ONE, TWO], 0).await.unwrap(), ["V2__two", "V1__one"]);
    database.drop_it().await;
}

#[tokio::test]
async fn the_real_steps_leave_nothing_behind_when_taken_back() {
    let database = empty().await;
    let target = database.target.clone();
    let before = shape(&target).await;
    let all: Vec<_> = STEPS.iter().map(|step| step.name).collect();
    assert_eq!(migrate::up(&target).await.unwrap(), all);
    let after = shape(&target).await;
    assert!(after.len() > before.len());
    assert!(migrate::status(&target).await.unwrap().iter().all(|step| step.applied_at.is_some()));
    for step in STEPS.iter().rev() {
        assert_eq!(migrate::down(&target, step.version - 1).await.unwrap(), [step.name]);
    }
    assert_eq!(shape(&target).await, before);
    migrate::up(&target).await.unwrap();
    assert_eq!(shape(&target).await, after);
    database.drop_it().await;
}

#[tokio::test]
async fn a_schema_from_the_future_is_refused_and_untouched() {
    let database = empty().await;
    let target = database.target.clone();
    migrate::steps_up(&target, &[ONE, TWO]).await.unwrap();
    for refused in [
        migrate::steps_up(&target, &[ONE]).await.unwrap_err(),
        migrate::steps_down(&target, &[ONE], 0).await.unwrap_err(),
    ] {
        assert!(matches!(refused, MigrateError::Newer { schema: 2, known: 1 }), "{refused}");
        assert!(!refused.to_string().contains('\n'));
    }
    assert_eq!(shape(&target).await, ["one n", "one words"]);
    database.drop_it().await;
}

#[tokio::test]
async fn a_step_that_fails_leaves_no_half_of_itself() {
    let database = empty().await;
    let target = database.target.clone();
    let refused = migrate::steps_up(&target, &[ONE, TWO, BROKEN]).await.unwrap_err().to_string();
    assert!(refused.contains("no_such") && !refused.contains('\n'), "{refused}");
    assert_eq!(shape(&target).await, ["one n", "one words"]);
    let refused = migrate::steps_down(&target, &[ONE, TWO], 7).await.unwrap_err();
    assert!(matches!(refused, MigrateError::NoSuchVersion(7)));
    database.drop_it().await;
}

#[tokio::test]
async fn of_several_that_migrate_at_once_one_does_it() {
    let database = empty().await;
    let target = database.target.clone();
    let racers = (0..6).map(|_| migrate::steps_up(&target, &[ONE, TWO]));
    let outcomes = within("all", futures_util::future::join_all(racers)).await;
    let applied: usize = outcomes.into_iter().map(|outcome| outcome.unwrap().len()).sum();
    assert_eq!(applied, 2);
    database.drop_it().await;
}

#[tokio::test]
async fn looking_changes_nothing() {
    let database = empty().await;
    let target = database.target.clone();
    let status = migrate::status(&target).await.unwrap();
    let first = StepStatus { version: STEPS[0].version, name: STEPS[0].name.to_owned(), applied_at: None };
    assert_eq!(status.first(), Some(&first));
    assert!(shape(&target).await.is_empty());
    database.drop_it().await;
}
