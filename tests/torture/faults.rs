//! The faults. Each is over when its function returns, but for connections that are broken by then.

use std::time::Duration;

use crate::clock;
use crate::support::ledger::Load;
use crate::support::rng::Rng;
use crate::support::within;
use crate::world::World;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    KillServer(usize),
    StopServer(usize),
    KillDatabase,
    RestartDatabase,
    DatabaseSlow,
    DatabaseHalfOpen,
    DatabaseReset,
    /// A commit whose answer never comes.
    DatabaseMute,
    ClientsSlow,
    ClientsHalfOpen,
    ClientsReset,
    LokiKilled,
    /// PostgreSQL answers every NOTIFY as it does when its queue is full.
    NotifyQueueFull,
    /// A transaction in another database of the cluster that stays open.
    LongTransaction,
    ClockStep(i64),
}

/// Everything that the random part chooses from.
pub const ALL: &[(&str, Fault)] = &[
    ("kill -9 of a server", Fault::KillServer(0)),
    ("kill -9 of the other server", Fault::KillServer(1)),
    ("a server stopped and started", Fault::StopServer(0)),
    ("kill -9 of PostgreSQL", Fault::KillDatabase),
    ("PostgreSQL restarted", Fault::RestartDatabase),
    ("database: 30 ms latency", Fault::DatabaseSlow),
    ("database: half-open", Fault::DatabaseHalfOpen),
    ("database: connections reset", Fault::DatabaseReset),
    ("database: committed, answer lost", Fault::DatabaseMute),
    ("clients: 100 ms latency", Fault::ClientsSlow),
    ("clients: half-open", Fault::ClientsHalfOpen),
    ("clients: connections reset", Fault::ClientsReset),
    ("Loki killed and started", Fault::LokiKilled),
    ("notification queue full", Fault::NotifyQueueFull),
    ("a long transaction elsewhere", Fault::LongTransaction),
];

/// Events acknowledged while something is slow: it goes on under load.
const MEANWHILE: usize = 200;
/// Nothing tells that something does not happen: a half-open connection has to be left so for a while.
const HALF_OPEN: Duration = Duration::from_secs(4);

pub async fn commit(fault: Fault, world: &mut World, load: &mut Load, rng: &mut Rng) {
    match fault {
        Fault::KillServer(which) => {
            world.servers[which].kill9();
            world.servers[which].restart().await;
        }
        Fault::StopServer(which) => {
            world.servers[which].stop().await;
            world.servers[which].restart().await;
        }
        Fault::KillDatabase => {
            world.cluster.kill9().await;
            world.cluster.start().await;
        }
        Fault::RestartDatabase => {
            world.cluster.stop().await;
            world.cluster.start().await;
        }
        Fault::DatabaseSlow => {
            world.database_proxy.delay(Duration::from_millis(30));
            load.progress(MEANWHILE).await;
            world.database_proxy.pass();
        }
        Fault::DatabaseHalfOpen => {
            world.database_proxy.stall();
            tokio::time::sleep(HALF_OPEN).await;
            // Those that were half-open stay so for good: a machine that has gone.
            world.database_proxy.pass();
            world.database_proxy.cut_all();
        }
        Fault::DatabaseReset => {
            for _ in 0..5 {
                world.database_proxy.cut_all();
                load.progress(1 + rng.below(100)).await;
            }
        }
        Fault::DatabaseMute => {
            let mut cuts = world.database_proxy.cuts();
            for _ in 0..5 {
                cuts.mark_unchanged();
                // An event on its way to PostgreSQL: what comes back next is the answer to that flush.
                world.database_proxy.cut_before_answer(b"NODE_PROGRESS", b"");
                within("a flush whose answer is lost", cuts.changed()).await.expect("the proxy");
                load.progress(50).await;
            }
        }
        Fault::ClientsSlow => {
            world.fronts.iter().for_each(|front| front.delay(Duration::from_millis(100)));
            load.progress(MEANWHILE).await;
        }
        Fault::ClientsHalfOpen => {
            world.fronts[0].stall();
            tokio::time::sleep(HALF_OPEN).await;
            world.fronts[0].pass();
            world.fronts[0].cut_all();
        }
        Fault::ClientsReset => {
            for _ in 0..5 {
                world.fronts.iter().for_each(crate::support::TcpProxy::cut_all);
                world.fronts[rng.below(2)].cut_after(1 + rng.below(5_000));
                load.progress(1 + rng.below(100)).await;
            }
        }
        Fault::LokiKilled => {
            world.loki.kill9();
            load.progress(MEANWHILE).await;
            world.loki.restart().await;
        }
        Fault::NotifyQueueFull => notify_queue_full(world, load).await,
        Fault::LongTransaction => {
            let elsewhere = world.database.cluster().session("postgres").await;
            elsewhere
                .batch_execute("BEGIN; SELECT pg_current_xact_id()")
                .await
                .expect("a transaction elsewhere");
            load.progress(5 * MEANWHILE).await;
            elsewhere.batch_execute("COMMIT").await.expect("its end");
        }
        Fault::ClockStep(seconds) => {
            if let Some(file) = &world.clock {
                clock::step(file, seconds);
            }
            load.progress(5 * MEANWHILE).await;
        }
    }
    world.heal();
}

/// The real queue holds 8 GiB, so the error is had in another way: each new session finds a `pg_notify` that raises it.
async fn notify_queue_full(world: &World, load: &mut Load) {
    let name = world.database.name();
    let full = format!(
        "CREATE FUNCTION public.pg_notify(text, text) RETURNS void LANGUAGE plpgsql AS \
         $$ BEGIN RAISE EXCEPTION 'too many notifications in the NOTIFY queue' USING ERRCODE = '54000'; END $$; \
         ALTER DATABASE {name} SET search_path = public, pg_catalog"
    );
    let empty =
        format!("DROP FUNCTION public.pg_notify(text, text); ALTER DATABASE {name} RESET search_path");
    for step in [full, empty] {
        world.database.session().await.batch_execute(&step).await.expect("a step of the notification queue");
        world.database_proxy.cut_all();
        load.progress(5 * MEANWHILE).await;
    }
}
