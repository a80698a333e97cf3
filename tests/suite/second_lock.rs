//! The second lock: what PostgreSQL keeps back from whoever reads as `telltale_reader`, whatever a query asks.
//!
//! `isolation` walks the API; this looks at the tables, so that a later one can't be forgotten.

use http::Method;
use serde_json::json;
use tokio_postgres::Client;

use crate::support::account::{first_owner, other_organization};
use crate::support::{Database, Http, Server, event};

/// The tables of what starts runs, who is told of them and what lets them go, with where requests read them.
const TABLES: &[(&str, &str, &str)] = &[
    ("webhooks", "/api/v1/workflows/w/webhooks", "webhooks"),
    ("schedules", "/api/v1/schedules", "schedules"),
    ("notifications", "/api/v1/notifications", "notifications"),
    ("retention_policies", "/api/v1/retention", "policies"),
    ("cleanup_plans", "/api/v1/cleanup/plans", "plans"),
];

/// What the reader can read and should not be able to, or not without the policy: each with the reason.
async fn faults(session: &Client) -> Vec<String> {
    let relations = "
        SELECT c.relname::text, c.relkind IN ('v', 'm'), c.relrowsecurity,
            ARRAY(SELECT pg_get_expr(p.polqual, p.polrelid) FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive),
            ARRAY(SELECT pg_get_expr(p.polqual, p.polrelid) FROM pg_policy p
                WHERE p.polrelid IN ('runs'::regclass, 'events'::regclass))
        FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
            AND has_table_privilege('telltale_reader', c.oid, 'SELECT')
            AND (c.relkind IN ('v', 'm') OR EXISTS (
                SELECT FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname ~ 'organization'))
        ORDER BY 1";
    let rows = session.query(relations, &[]).await.unwrap();
    assert!(rows.len() > 30, "{} relations name an organization", rows.len());
    let fault = |row: &tokio_postgres::Row| {
        let (name, is_view): (String, bool) = (row.get(0), row.get(1));
        let (is_secured, policies): (bool, Vec<String>) = (row.get(2), row.get(3));
        // One looks once for a statement, the other at each row.
        let sound: Vec<String> = row.get(4);
        match (is_view, is_secured) {
            (true, _) => Some(format!("{name}: a view reads as its owner")),
            (_, false) => Some(format!("{name}: no row-level security")),
            _ if policies.len() != 1 || !sound.contains(&policies[0]) => {
                Some(format!("{name}: has the policies {policies:?}"))
            }
            _ => None,
        }
    };
    rows.iter().filter_map(fault).collect()
}

#[tokio::test]
async fn every_table_that_names_an_organization_is_behind_the_second_lock() {
    let database = Database::new().await;
    // Its keeper has made partitions by then.
    let _server = Server::without_worker(&database).await;
    let session = database.session().await;
    assert_eq!(faults(&session).await, [] as [&str; 0]);
    let of_nobody = "SELECT count(*) FROM unnest(ARRAY['users', 'tickets', 'signing_keys', 'sign_in_failures', 'openid_flows']) AS t
        WHERE has_table_privilege('telltale_reader', t, 'SELECT')";
    assert_eq!(session.query_one(of_nobody, &[]).await.unwrap().get::<_, i64>(0), 0, "accounts and keys");
    let partitions = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'events'::regclass";
    assert!(session.query_one(partitions, &[]).await.unwrap().get::<_, i64>(0) > 3);
    // What the next step of the schema might forget is found.
    let forgotten = "
        CREATE TABLE forgotten (organization_id uuid NOT NULL);
        CREATE TABLE wide_open (organization_id uuid NOT NULL);
        SELECT keep_to_organization('wide_open');
        CREATE POLICY too_much ON wide_open USING (true);
        CREATE VIEW seen_through AS SELECT run_key FROM runs;";
    session.batch_execute(forgotten).await.unwrap();
    let found = faults(&session).await;
    let names: Vec<&str> = found.iter().filter_map(|fault| fault.split(':').next()).collect();
    assert_eq!(names, ["forgotten", "seen_through", "wide_open"], "{found:?}");
}

/// One of everything that [`TABLES`] hold, in the caller's organization.
async fn furnish(http: &Http) {
    let put = async |path: &str, mime: &str, body: String| {
        let answer = http.send(Method::PUT, path, &[("content-type", mime)], body).await.unwrap();
        assert!(answer.status < 300, "{path}: {}", answer.text());
    };
    let text = "name: w\nnodes:\n  - id: only\n    run: \"true\"\n";
    put("/api/v1/workflows/w", "application/yaml", text.to_owned()).await;
    http.post("/api/v1/workflows/w/webhooks", &json!({})).await.expect(201);
    let schedule = json!({ "workflow": "w", "cron": "0 5 * * *", "timeZone": "UTC", "missed": "skip", "enabled": false });
    http.post("/api/v1/schedules", &schedule).await.expect(201);
    let notification =
        json!({ "url": "https://hooks.example.org/x", "statuses": ["FAILED"], "enabled": false });
    http.post("/api/v1/notifications", &notification).await.expect(201);
    let policies = json!({ "policies": [{ "workflow": null, "keepDays": 30 }] });
    put("/api/v1/retention", "application/json", policies.to_string()).await;
    http.post("/api/v1/cleanup/plans", &json!({ "olderThanDays": 3650 })).await.expect(201);
}

#[tokio::test]
async fn what_starts_runs_and_lets_them_go_is_read_behind_the_second_lock() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let owner = first_owner(&server.http()).await;
    let other = other_organization(&owner, &server.http()).await;
    furnish(&owner.http).await;
    furnish(&other).await;
    let session = database.session().await;
    let count = async |table: &str| -> i64 {
        session.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap().get(0)
    };
    let deliver = "
        INSERT INTO deliveries (delivery_id, notification_id, organization_id, status, body, state, created_at)
        SELECT gen_random_uuid(), notification_id, organization_id, 'FAILED', '{}', 'failed', now() FROM notifications";
    session.batch_execute(deliver).await.unwrap();
    session.batch_execute("SET ROLE telltale_reader").await.unwrap();
    let tables = || TABLES.iter().map(|row| row.0).chain(["deliveries"]);
    for table in tables() {
        assert_eq!(count(table).await, 0, "{table} without an organization");
    }
    let set = format!("SET telltale.organization = '{}'", owner.organization_id);
    session.batch_execute(&set).await.unwrap();
    for table in tables() {
        assert_eq!(count(table).await, 1, "{table} of one organization");
    }
    session.batch_execute("RESET ROLE").await.unwrap();
    let notification =
        owner.http.get("/api/v1/notifications").await.expect(200).json()["notifications"][0].clone();
    let id = notification["notificationId"].as_str().unwrap();
    let deliveries = format!("/api/v1/notifications/{id}/deliveries");
    let lists = || TABLES.iter().copied().chain([("deliveries", deliveries.as_str(), "deliveries")]);
    // A rule that shows the reader nothing shows requests nothing.
    for (table, path, member) in lists() {
        let shown = async || owner.http.get(path).await.expect(200).json()[member].as_array().unwrap().len();
        assert_eq!(shown().await, 1, "{path}");
        let shut =
            format!("CREATE POLICY shut ON {table} AS RESTRICTIVE USING (current_user <> 'telltale_reader')");
        session.batch_execute(&shut).await.unwrap();
        assert_eq!(shown().await, 0, "{path}");
        session.batch_execute(&format!("DROP POLICY shut ON {table}")).await.unwrap();
    }
    // The duties of the server, which are for all, see what they saw.
    owner.http.append("run-of-owner", &[event("RUN_STARTED"), event("RUN_COMPLETED")]).await;
    let purged = owner.http.delete("/api/v1/runs/run-of-owner").await.expect(200).json();
    assert_eq!((&purged["runs"], &purged["events"]), (&json!(1), &json!(2)));
    owner.http.get("/api/v1/runs/run-of-owner/tombstone").await.expect(200);
    other.get("/api/v1/runs/run-of-owner/tombstone").await.problem(404);
}
