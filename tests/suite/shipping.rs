//! Who ships: one server of several, also behind a pooler, and the doctor that looks along the whole way.

use std::process::{Output, Stdio};

use crate::support::loki::Loki;
use crate::support::loki::stand_in::limits::Limits;
use crate::support::pgbouncer::PgBouncer;
use crate::support::server::{Options, tempdir};
use crate::support::shipping::{in_loki, lines, options, started, trimming, write};
use crate::support::{Database, Server, until};

/// Which server has the duty now.
async fn holder(database: &Database) -> Option<String> {
    let session = database.session().await;
    let text = "SELECT holder::text FROM duties WHERE name = 'shipper' AND held_until > now()";
    session.query_opt(text, &[]).await.unwrap().map(|row| row.get(0))
}

async fn run_of(run_id: &str, loki: &Loki, count: usize) {
    in_loki(loki, &format!("{{run_id=\"{run_id}\"}}"), count).await;
}

#[tokio::test]
async fn another_server_goes_on_when_the_one_that_ships_dies_or_leaves() {
    let (database, loki) = (Database::new().await, Loki::start().await);
    let mut first = options(&database, &loki).start().await;
    let held_by_first = until("the first server ships", || holder(&database)).await;
    let mut second = options(&database, &loki).start().await;
    let run_id = started(&second.http(), &["a"]).await;
    write(&second.http(), &run_id, &lines(&run_id, "a", "stdout", 1, 10)).await;
    run_of(&run_id, &loki, 10).await;
    assert_eq!(holder(&database).await.as_ref(), Some(&held_by_first), "the one writes, the other ships");
    first.kill9();
    write(&second.http(), &run_id, &lines(&run_id, "a", "stdout", 11, 10)).await;
    run_of(&run_id, &loki, 20).await;
    let held_by_second = holder(&database).await.expect("a holder");
    assert_ne!(held_by_first, held_by_second);
    second.stop().await;
    assert_eq!(holder(&database).await, None, "a server that leaves in peace keeps nobody waiting");
}

#[tokio::test]
async fn it_ships_and_trims_through_a_pooler_in_transaction_mode() {
    let (database, loki) = (Database::new().await, Loki::start().await);
    let bouncer = PgBouncer::before(&database).await;
    let server = Options::on(&bouncer.url())
        .env("TELLTALE_DATABASE_PREPARED", "false")
        .env("TELLTALE_LOKI_URL", &loki.url())
        .env("TELLTALE_LOKI_GRACE", "1s")
        .start()
        .await;
    let run_id = started(&server.http(), &["a"]).await;
    write(&server.http(), &run_id, &lines(&run_id, "a", "stdout", 1, 500)).await;
    run_of(&run_id, &loki, 500).await;
    crate::support::shipping::trimmed(&database).await;
    assert_eq!(server.http().lines(&run_id).await.len(), 500);
}

#[tokio::test]
async fn what_is_shipped_stays_shipped_after_a_restart() {
    let (database, loki) = (Database::new().await, Loki::start().await);
    let mut server: Server = trimming(&database, &loki).start().await;
    let run_id = started(&server.http(), &["a"]).await;
    write(&server.http(), &run_id, &lines(&run_id, "a", "stdout", 1, 50)).await;
    run_of(&run_id, &loki, 50).await;
    crate::support::shipping::trimmed(&database).await;
    let pushes = *loki.pushes().borrow();
    server.stop().await;
    server.restart().await;
    write(&server.http(), &run_id, &lines(&run_id, "a", "stdout", 51, 1)).await;
    run_of(&run_id, &loki, 51).await;
    assert_eq!(*loki.pushes().borrow(), pushes + 1, "only the new line is pushed");
}

async fn doctor(loki: Option<&str>, database: &Database) -> Output {
    let home = tempdir("doctor");
    let mut options = Options::on(&database.url());
    if let Some(url) = loki {
        options = options.env("TELLTALE_LOKI_URL", url);
    }
    let mut command = options.command(&home.path().join("data"), "127.0.0.1:0");
    command.arg("doctor").stdin(Stdio::null());
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let from =
        text.lines().position(|line| line.contains("Loki")).unwrap_or_else(|| panic!("no Loki in\n{text}"));
    text.lines().skip(from).take(2).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_doctor_pushes_a_line_and_has_it_back() {
    let database = Database::new().await;
    let mut loki = Loki::stand_in(Limits { allow_structured_metadata: true, ..Limits::raised() });
    let found = said(&doctor(Some(&loki.url()), &database).await);
    assert!(found.starts_with("ok") && found.contains("gave it back"), "{found}");
    assert_eq!(loki.query("{service=\"telltale-doctor\"}").await.len(), 1);
    loki.limit(|limits| limits.allow_structured_metadata = false);
    let found = said(&doctor(Some(&loki.url()), &database).await);
    assert!(found.starts_with("fail") && found.contains("allow_structured_metadata: true"), "{found}");
    loki.kill9();
    let output = doctor(Some(&loki.url()), &database).await;
    assert!(said(&output).contains("TELLTALE_LOKI_URL leads there"), "{}", said(&output));
    assert_eq!(output.status.code(), Some(1));
    let found = said(&doctor(None, &database).await);
    assert!(found.starts_with("ok") && found.contains("none is set"), "{found}");
}
