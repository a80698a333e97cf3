//! AutomateOS's users and workflows, brought by `telltale import`: passwords that go on being good, and whose they are.

use serde_json::{Value, json};

use crate::support::account::{PASSWORD, first_owner, join, token};
use crate::support::import::{Said, import, import_with};
use crate::support::server::Options;
use crate::support::{Answer, Database, Http, Server};

/// The hashes are libxcrypt's, of `short`, `grüße` and what the owner here signs in with.
const AUTOMATEOS: &str = r#"
    CREATE TABLE "user" (id integer PRIMARY KEY, email text NOT NULL, hashed_password text NOT NULL, created_at timestamp);
    CREATE TABLE workflow (id integer PRIMARY KEY, name text NOT NULL, description text, definition json, webhook_url text, is_active boolean,
        owner_id integer, created_at timestamp, updated_at timestamp);
    CREATE TABLE executionlog (id integer PRIMARY KEY, workflow_id integer, status text NOT NULL, payload json, result json,
        error_message text, started_at timestamp NOT NULL, completed_at timestamp);
    INSERT INTO "user" VALUES
        (1, 'Ada@Example.org', '$2b$06$m0CrhHm10qJ3lXRY.5zDGO4iL9leUQROtWMbnj2Lxi2GSfLfDuGGy', '2024-12-01 08:00:00'),
        (2, 'bob@example.org', '$2y$05$m0CrhHm10qJ3lXRY.5zDGOwfN/jLtY5BFoH84lhXCW4SF/uBZvBDG', '2024-12-02 08:00:00'),
        (3, 'owner@example.org', '$2b$06$m0CrhHm10qJ3lXRY.5zDGO4iL9leUQROtWMbnj2Lxi2GSfLfDuGGy', '2024-12-03 08:00:00'),
        (4, 'nobody', '$2b$04$m0CrhHm10qJ3lXRY.5zDGOXuHrI9r0bc/zPqfyaNDCMts60vZPEeC', '2024-12-04 08:00:00');
    INSERT INTO workflow VALUES
        (1, 'sign-up', 'for new users', '{"steps": ["filter", "call"]}', 'https://example.org/secret-hook', true, 1, '2025-01-01 08:00:00', '2025-01-02 08:00:00'),
        (2, 'never', NULL, '{}', 'https://example.org/other-hook', true, 9, '2025-01-01 08:00:00', '2025-01-02 08:00:00');
    INSERT INTO executionlog VALUES
        (1, 1, 'success', NULL, NULL, NULL, '2025-01-05 08:00:00', '2025-01-05 08:00:01'),
        (2, 1, 'failed', NULL, NULL, 'boom', '2025-01-06 08:00:00', '2025-01-06 08:00:01');"#;

async fn sign_in(http: &Http, email: &str, password: &str) -> Answer {
    http.post("/api/v1/session", &json!({ "email": email, "password": password })).await
}

/// A server with an owner and a token of theirs that may decide who comes.
async fn with_owner(database: &Database) -> (Server, Http, String) {
    let server = Server::without_worker(database).await;
    let owner = first_owner(&server.http()).await;
    let admin = token(&owner.http, json!({ "name": "import", "scopes": ["admin"] })).await;
    (server, owner.http, admin)
}

async fn bring(server: &Server, token: &str, arguments: &[&str]) -> Said {
    let options = Options::default().env("TELLTALE_URL", server.base()).env("TELLTALE_TOKEN", token);
    import_with(options, &[&["--from", "automateos"], arguments].concat()).await
}

async fn hash_of(database: &Database, email: &str) -> String {
    let query = "SELECT password_hash FROM users WHERE email = $1";
    database.session().await.query_one(query, &[&email]).await.unwrap().get(0)
}

async fn check_users(source: &str) {
    let database = Database::new().await;
    let (server, owner, admin) = with_owner(&database).await;
    let dry = bring(&server, &admin, &[source, "--dry-run"]).await;
    assert!(
        dry.stdout.contains("ada@example.org would become member of the organization\n"),
        "{}",
        dry.stdout
    );
    assert_eq!(owner.get("/api/v1/users").await.json()["users"].as_array().unwrap().len(), 1);

    let said = bring(&server, &admin, &[source]).await;
    assert_eq!(said.status, 1, "one address is none: {}", said.stderr);
    assert!(said.stderr.contains("user nobody: an e-mail address is"), "{}", said.stderr);
    assert!(said.stderr.contains("the workflow never was never executed"), "{}", said.stderr);
    assert!(said.stdout.contains("ada@example.org is now member of the organization\n"), "{}", said.stdout);
    assert!(
        said.stdout.contains("owner@example.org has an account, which was left as it is\n"),
        "{}",
        said.stdout
    );
    check_passwords(&server.http(), &database).await;

    let again = bring(&server, &admin, &[source, "--users", "owner", "--json"]).await;
    let told: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(told["users"], json!([]));
    assert_eq!(told["usersThere"], json!(["ada@example.org", "bob@example.org", "owner@example.org"]));
    sign_in(&server.http(), "ada@example.org", "short").await.expect(200);
    let members = owner.get("/api/v1/users").await.expect(200).json();
    let roles: Vec<_> =
        members["users"].as_array().unwrap().iter().map(|user| user["role"].clone()).collect();
    assert_eq!(roles, ["member", "member", "owner"]);
    check_lock_out(&server.http()).await;
    check_records(&owner).await;
}

async fn check_passwords(http: &Http, database: &Database) {
    // Whoever was here keeps the password from here.
    sign_in(http, "owner@example.org", "short").await.problem(401);
    sign_in(http, "owner@example.org", PASSWORD).await.expect(200);
    // A password that would be too short for a new one here goes on being good, and is hashed as ours are.
    sign_in(http, "ada@example.org", "shorT").await.problem(401);
    assert!(hash_of(database, "ada@example.org").await.starts_with("$2b$06$"));
    for _ in 0..2 {
        let session = sign_in(http, "Ada@example.org", "short").await.expect(200).json();
        assert_eq!(session["user"]["email"], "ada@example.org");
        assert!(hash_of(database, "ada@example.org").await.starts_with("$argon2id$"));
    }
    sign_in(http, "ada@example.org", "shorT").await.problem(401);
    assert!(hash_of(database, "bob@example.org").await.starts_with("$2y$05$"));
}

/// Guessing at an imported user waits as it does with any other.
async fn check_lock_out(http: &Http) {
    for _ in 0..5 {
        sign_in(http, "bob@example.org", "guess").await.problem(401);
    }
    let locked = sign_in(http, "bob@example.org", "grüße").await;
    assert!(locked.header("retry-after").is_some());
    locked.problem(429);
}

/// The newest execution keeps its workflow's definition, without the address that starts it.
async fn check_records(owner: &Http) {
    let events = async |run: &str| owner.get(&format!("/api/v1/runs/{run}/events")).await.expect(200).text();
    let (older, newest) = (events("automateos-1").await, events("automateos-2").await);
    assert!(newest.contains("the definition of the workflow sign-up in AutomateOS"), "{newest}");
    assert!(newest.contains(r#""steps":["filter","call"]"#) && newest.contains("for new users"), "{newest}");
    assert!(!newest.contains("secret-hook") && !older.contains("steps"), "{newest}{older}");
    let run = owner.get("/api/v1/runs/automateos-1").await.expect(200).json();
    assert_eq!(
        (&run["workflow"], &run["labels"]["workflowOwner"]),
        (&json!("sign-up"), &json!("Ada@Example.org"))
    );
}

fn sqlite() -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    rusqlite::Connection::open(file.path()).unwrap().execute_batch(AUTOMATEOS).unwrap();
    file
}

#[tokio::test]
async fn users_come_with_their_passwords_from_postgresql() {
    let source = Database::empty().await;
    source.session().await.batch_execute(AUTOMATEOS).await.unwrap();
    check_users(&source.url()).await;
}

#[tokio::test]
async fn users_come_with_their_passwords_from_sqlite() {
    check_users(sqlite().path().to_str().unwrap()).await;
}

#[tokio::test]
async fn who_may_come_is_an_owners_decision() {
    let file = sqlite();
    let source = file.path().to_str().unwrap();
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    // Without an owner nobody is made, and this machine stays open.
    let said = import(&server, &["--from", "automateos", source]).await;
    assert_eq!(said.status, 1, "{}", said.stdout);
    assert!(
        said.stderr.contains("4 users were not taken") && said.stderr.contains("no owner yet"),
        "{}",
        said.stderr
    );
    assert!(said.stdout.starts_with("2 runs, "), "{}", said.stdout);
    server.http().get("/api/v1/runs/automateos-1").await.expect(200);
    assert_eq!(import(&server, &["--from", "automateos", source, "--users", "none"]).await.status, 0);
    assert_eq!(import(&server, &["--from", "ndjson", source, "--users", "member"]).await.status, 2);

    let owner = first_owner(&server.http()).await.http;
    let member = join(&owner, &server.http(), "member@example.org", "member").await;
    let said = bring(&server, &member.access_token, &[source]).await;
    assert_eq!(said.status, 1, "{}", said.stdout);
    assert!(
        said.stderr.contains("4 users were not taken") && said.stderr.contains("(403)"),
        "{}",
        said.stderr
    );

    let body = |hash: &str| json!({ "email": "x@example.org", "role": "member", "passwordHash": hash });
    for hash in ["plain text", "$2b$31$m0CrhHm10qJ3lXRY.5zDGO4iL9leUQROtWMbnj2Lxi2GSfLfDuGGy"] {
        let problem = owner.post("/api/v1/users/import", &body(hash)).await.problem(400);
        assert_eq!(problem["errors"][0]["pointer"], "/passwordHash", "{problem}");
    }
}
