//! deploy/grafana: every query of every panel, put to a real Prometheus, to PostgreSQL and to the stand-in for Loki, which a server
//! has filled that was fed with the samples. An error or an empty answer fails.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::runner::{exit_status, telltale_run};
use crate::support::http::Http;
use crate::support::loki::Loki;
use crate::support::postgres::free_port;
use crate::support::server::tempdir;
use crate::support::shipping;
use crate::support::sse::Sse;
use crate::support::{Database, event, run_id, until};

/// What docs/dashboards.md tells an operator to grant, and nothing more.
const READER: &str = "
    DO $$ BEGIN CREATE ROLE telltale_grafana LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
    GRANT SELECT ON telltale_v1_runs, telltale_v1_nodes, telltale_v1_events, telltale_v1_log_streams, telltale_v1_queue TO telltale_grafana";

const VIEWS: [&str; 5] = [
    "telltale_v1_runs",
    "telltale_v1_nodes",
    "telltale_v1_events",
    "telltale_v1_log_streams",
    "telltale_v1_queue",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn dashboard(name: &str) -> Value {
    serde_json::from_str(&read(&format!("deploy/grafana/dashboards/{name}.json"))).expect("JSON")
}

/// A query of a panel.
struct Asked {
    panel: String,
    source: String,
    text: String,
    is_instant: bool,
}

fn queries(dashboard: &Value) -> Vec<Asked> {
    let mut found = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] != "row") {
        let title = panel["title"].as_str().unwrap().to_owned();
        assert!(panel["description"].as_str().is_some_and(|text| !text.is_empty()), "{title} says nothing");
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty(), "{title} asks for nothing");
        for target in targets {
            let text = target["expr"].as_str().or(target["rawSql"].as_str()).expect("a query");
            found.push(Asked {
                panel: title.clone(),
                source: target["datasource"]["uid"].as_str().unwrap().to_owned(),
                text: text.to_owned(),
                is_instant: target["instant"] == true,
            });
        }
    }
    found
}

#[test]
fn the_dashboards_and_their_provisioning_fit_together() {
    let sources: Value =
        serde_saphyr::from_str(&read("deploy/grafana/provisioning/datasources/telltale.yaml")).unwrap();
    let uids: BTreeSet<&str> =
        sources["datasources"].as_array().unwrap().iter().map(|it| it["uid"].as_str().unwrap()).collect();
    let provider: Value =
        serde_saphyr::from_str(&read("deploy/grafana/provisioning/dashboards/telltale.yaml")).unwrap();
    assert_eq!(provider["providers"][0]["type"], "file");
    for name in ["service", "runs", "logs"] {
        let dashboard = dashboard(name);
        assert_eq!(dashboard["uid"], format!("telltale-{name}"));
        for asked in queries(&dashboard) {
            assert!(
                uids.contains(asked.source.as_str()),
                "{}: {} is not provisioned",
                asked.panel,
                asked.source
            );
        }
        let mut ids = BTreeSet::new();
        let mut taken = BTreeSet::new();
        for panel in dashboard["panels"].as_array().unwrap() {
            assert!(ids.insert(panel["id"].as_u64().unwrap()), "an id twice in {name}");
            let place = &panel["gridPos"];
            let at = |key: &str| place[key].as_u64().unwrap();
            for x in at("x")..at("x") + at("w") {
                for y in at("y")..at("y") + at("h") {
                    assert!(x < 24 && taken.insert((x, y)), "{} lies over another in {name}", panel["title"]);
                }
            }
        }
    }
    let documented = read("docs/dashboards.md");
    for view in VIEWS {
        assert!(documented.contains(&format!("| `{view}` |")), "{view} is not documented");
    }
}

/// Prometheus itself, scraping one server every second.
struct Prometheus {
    child: Child,
    http: Http,
    _folder: tempfile::TempDir,
}

impl Prometheus {
    async fn scraping(address: &str) -> Self {
        let folder = tempdir("prometheus");
        let config = format!(
            "global: {{ scrape_interval: 1s, scrape_timeout: 1s }}\nscrape_configs:\n  - job_name: telltale\n    \
             static_configs: [{{ targets: [\"{address}\"] }}]\nrule_files: [{}]\n",
            root().join("deploy/prometheus/alerts.yml").display()
        );
        let file = folder.path().join("prometheus.yml");
        std::fs::write(&file, config).unwrap();
        let listen = format!("127.0.0.1:{}", free_port());
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={listen}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("prometheus");
        let http = Http::new(&format!("http://{listen}"));
        until("Prometheus is ready", || async {
            http.try_get("/-/ready").await.ok().filter(|answer| answer.status == 200)
        })
        .await;
        Self { child, http, _folder: folder }
    }

    async fn ask(&self, query: &str, is_instant: bool) -> Result<usize, String> {
        let encoded: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let now = jiff::Timestamp::now().as_second();
        let path = if is_instant {
            format!("/api/v1/query?query={encoded}")
        } else {
            format!("/api/v1/query_range?query={encoded}&start={}&end={now}&step=1", now - 60)
        };
        let answer = self.http.get(&path).await.json();
        if answer["status"] != "success" {
            return Err(answer.to_string());
        }
        Ok(answer["data"]["result"].as_array().map_or(0, Vec::len))
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Fills Grafana's variables in, as it would for a look at the last hour.
fn filled(text: &str, variables: &BTreeMap<&str, String>) -> String {
    let mut text = text.to_owned();
    // Longer names first: `$__rate_interval` before `$__r…`.
    for (name, value) in variables.iter().rev() {
        text = text.replace(&format!("${name}"), value);
    }
    assert!(
        !text.contains("$__") && !text.contains("$job"),
        "a variable that the test does not know: {text}"
    );
    text
}

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name)
}

#[tokio::test]
async fn every_panel_of_every_dashboard_shows_something() {
    let (database, loki) = (Database::new().await, Loki::start().await);
    let server = shipping::options(&database, &loki).start().await;
    let http = server.http();
    let prometheus = Prometheus::scraping(&server.address()).await;
    let viewed = run_id();
    http.append(&viewed, &[event("RUN_STARTED")]).await;
    let mut viewer = Sse::new(&http, &viewed, "");
    assert_eq!(viewer.connect().await.unwrap(), 200);
    // The samples: one that fails, one that is tried again, one that fans out, as processes of this machine.
    let failing = telltale_run(&server, &sample("failing.yaml"), "sample-failing", &["--engine", "process"]);
    let flaky = telltale_run(&server, &sample("flaky.yaml"), "sample-flaky", &["--engine", "process"]);
    let matrix = telltale_run(&server, &sample("matrix.yaml"), "sample-matrix", &["--engine", "process"]);
    assert_eq!(exit_status(failing).await, Some(1));
    assert_eq!(exit_status(flaky).await, Some(0));
    assert_eq!(exit_status(matrix).await, Some(0));
    http.append(&viewed, &[event("NOTE"), event("RUN_COMPLETED")]).await;
    viewer.read_until("the end", |seen| seen.end.is_some()).await;
    shipping::in_loki(&loki, r#"{run_id="sample-failing", stream="stderr"}"#, 2).await;

    let now = jiff::Timestamp::now();
    let at = |seconds: i64| jiff::Timestamp::from_second(now.as_second() + seconds).unwrap();
    let quoted = |text: &str| format!("'{text}'");
    let variables: BTreeMap<&str, String> = [
        ("__interval", "1m".to_owned()),
        ("__rate_interval", "10s".to_owned()),
        ("__range", "1h".to_owned()),
        ("__timeFrom()", quoted(&at(-3_600).to_string())),
        ("__timeTo()", quoted(&at(60).to_string())),
        ("job", "telltale".to_owned()),
        ("workflow", "'failing', 'flaky', 'matrix', ''".to_owned()),
        ("run", "sample-failing".to_owned()),
        ("node", ".+".to_owned()),
        ("search", String::new()),
    ]
    .into();

    let admin = database.session().await;
    admin.batch_execute(READER).await.unwrap();
    let address = database.url().replace("postgres@", "telltale_grafana@");
    let (reader, connection) = tokio_postgres::connect(&address, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    assert!(
        reader.query("SELECT 1 FROM runs", &[]).await.is_err(),
        "the role reads the views and nothing else"
    );

    let mut counted = BTreeMap::new();
    for name in ["service", "runs", "logs"] {
        let dashboard = dashboard(name);
        for asked in queries(&dashboard) {
            let text = filled(&asked.text, &variables);
            let panel = format!("{name} / {}", asked.panel);
            match asked.source.as_str() {
                "telltale-prometheus" => {
                    until(&format!("{panel}: {text}"), || async {
                        let found = prometheus.ask(&text, asked.is_instant).await;
                        let found = found.unwrap_or_else(|error| panic!("{panel}: {text}: {error}"));
                        (found > 0).then_some(())
                    })
                    .await;
                }
                "telltale-postgresql" => {
                    let rows = reader.query(&text, &[]).await;
                    let rows = rows.unwrap_or_else(|error| panic!("{panel}: {error:?}\n{text}"));
                    assert!(!rows.is_empty(), "{panel} is empty:\n{text}");
                }
                "telltale-loki" => ask_loki(&loki, &panel, &text).await,
                other => panic!("{panel}: {other}"),
            }
            *counted.entry(asked.source).or_insert(0) += 1;
        }
        for variable in dashboard["templating"]["list"].as_array().unwrap() {
            let Some(query) = variable["query"].as_str().filter(|query| query.starts_with("SELECT")) else {
                continue;
            };
            let rows = reader.query(&filled(query, &variables), &[]).await.expect("the variable's query");
            assert_eq!(rows.len(), 4, "three samples, and a run without a workflow");
        }
    }
    assert!(counted.values().sum::<usize>() >= 45, "{counted:?}");
    for view in VIEWS {
        reader.query(&format!("SELECT * FROM {view}"), &[]).await.unwrap_or_else(|e| panic!("{view}: {e:?}"));
    }
    // The rules load in a real Prometheus, and it evaluates them.
    let rules = prometheus.http.get("/api/v1/rules").await.expect(200).json();
    let groups = rules["data"]["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 5, "{rules}");
}

async fn ask_loki(loki: &Loki, panel: &str, query: &str) {
    let encoded: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
    let now = jiff::Timestamp::now().as_second();
    let path = format!(
        "/loki/api/v1/query_range?query={encoded}&start={}&end={}&step=60s&limit=1000",
        now - 3_600,
        now + 60
    );
    let answer = Http::new(&loki.url()).get(&path).await;
    assert_eq!(answer.status, 200, "{panel}: {query}: {}", answer.text());
    let found = answer.json()["data"]["result"].as_array().map_or(0, Vec::len);
    assert!(found > 0, "{panel} is empty: {query}");
}
