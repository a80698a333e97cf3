//! The tools that the other tests trust: clusters that die and come back, connections cut where told.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_postgres::NoTls;

use crate::support::pgbouncer::PgBouncer;
use crate::support::{Cluster, TcpProxy, within};

/// A server that answers each request of four bytes with `answer!`.
async fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 4];
                while socket.read_exact(&mut request).await.is_ok() {
                    socket.write_all(b"answer!").await.unwrap();
                }
            });
        }
    });
    address
}

async fn ask(socket: &mut TcpStream, request: &[u8; 4]) -> Vec<u8> {
    socket.write_all(request).await.unwrap();
    let mut answer = vec![0; 7];
    let mut read = 0;
    while read < answer.len() {
        match within("an answer", socket.read(&mut answer[read..])).await {
            Ok(more @ 1..) => read += more,
            _ => break,
        }
    }
    answer.truncate(read);
    answer
}

#[tokio::test]
async fn the_proxy_cuts_where_it_is_told() {
    let proxy = TcpProxy::to(&echo().await).await;
    let connect = || async { TcpStream::connect(proxy.address()).await.unwrap() };

    let mut socket = connect().await;
    assert_eq!(ask(&mut socket, b"ping").await, b"answer!");

    proxy.cut_after(10);
    assert_eq!(
        ask(&mut connect().await, b"ping").await,
        b"answer!",
        "the cut counts each connection's own bytes"
    );
    assert_eq!(ask(&mut socket, b"ping").await, b"ans");
    assert_eq!(*proxy.cuts().borrow(), 1);

    proxy.cut_before_answer(b"mark", b"answer!");
    let mut socket = connect().await;
    assert_eq!(ask(&mut socket, b"ping").await, b"answer!");
    assert_eq!(ask(&mut socket, b"mark").await, b"");
    assert_eq!(*proxy.cuts().borrow(), 2);

    let mut socket = connect().await;
    assert_eq!(ask(&mut socket, b"ping").await, b"answer!");
    proxy.cut_all();
    assert_eq!(ask(&mut socket, b"ping").await, b"");

    proxy.refuse();
    assert_eq!(ask(&mut connect().await, b"ping").await, b"");
    proxy.pass();

    let mut socket = connect().await;
    proxy.stall();
    socket.write_all(b"ping").await.unwrap();
    proxy.pass();
    assert_eq!(within("the stalled answer", socket.read(&mut [0; 7])).await.unwrap(), 7);
}

#[tokio::test]
async fn a_cluster_comes_back_after_its_postmaster_was_killed() {
    let mut cluster = Cluster::private().await;
    let session = cluster.address().session("postgres").await;
    session.batch_execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)").await.unwrap();
    cluster.kill9().await;
    assert!(session.simple_query("SELECT 1").await.is_err());
    cluster.start().await;
    let session = cluster.address().session("postgres").await;
    let row = session.query_one("SELECT n FROM kept", &[]).await.unwrap();
    assert_eq!(row.get::<_, i32>(0), 1);
    cluster.stop().await;
}

#[tokio::test]
async fn pgbouncer_pools_by_transaction() {
    let database = Cluster::shared().await.empty_database().await;
    let bouncer = PgBouncer::before(&database).await;
    let (client, connection) = tokio_postgres::connect(&bouncer.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    let name = client.simple_query("SELECT current_database()").await.unwrap();
    let tokio_postgres::SimpleQueryMessage::Row(row) = &name[1] else { panic!("{name:?}") };
    assert_eq!(row.get(0), Some(database.name()));
    drop(client);
    let (socket, _) = tokio_postgres::connect(&database.cluster().socket_url(database.name()), NoTls)
        .await
        .map(|(c, conn)| (c, tokio::spawn(conn)))
        .unwrap();
    assert!(socket.simple_query("SELECT 1").await.is_ok());
}
