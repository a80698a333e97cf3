//! What an operator starts and watches telltale with: compose file, image, Loki's settings, alert rules.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Output};

use regex::Regex;
use serde_json::Value;

use crate::support::{Database, Server};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).expect("YAML")
}

fn run(command: &mut Command) -> Output {
    command.current_dir(root()).output().unwrap_or_else(|e| panic!("{command:?}: {e}"))
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// `docker-compose config` with these variables and no others, by whichever compose there is.
fn compose_config(variables: &[(&str, &str)]) -> Output {
    let stand_alone =
        Command::new("docker-compose").arg("version").output().is_ok_and(|out| out.status.success());
    let mut command = Command::new(if stand_alone { "docker-compose" } else { "docker" });
    if !stand_alone {
        command.arg("compose");
    }
    // A developer's own .env is not to decide.
    let empty = tempfile::NamedTempFile::new().unwrap();
    command.arg("--env-file").arg(empty.path()).args(["-f", "docker-compose.yml", "config"]);
    command.env_remove("TELLTALE_TOKEN").env_remove("POSTGRES_PASSWORD");
    run(command.envs(variables.iter().copied()))
}

#[test]
fn compose_accepts_the_file_and_the_services_fit_together() {
    let output = compose_config(&[("TELLTALE_TOKEN", "t"), ("POSTGRES_PASSWORD", "p")]);
    assert!(output.status.success(), "{}", text(&output));
    let config = yaml(&String::from_utf8_lossy(&output.stdout));
    let services = config["services"].as_object().unwrap();
    assert_eq!(
        services.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        ["loki", "postgres", "telltale"].into()
    );
    for (name, service) in services {
        assert_eq!(service["restart"], "unless-stopped", "{name}");
        assert!(
            service["volumes"].as_array().is_some_and(|volumes| !volumes.is_empty()),
            "{name} keeps nothing"
        );
    }
    let pinned = Regex::new(r":\d+\.\d+").unwrap();
    for name in ["loki", "postgres"] {
        let image = services[name]["image"].as_str().unwrap();
        assert!(pinned.is_match(image), "{image} is not pinned");
    }
    assert!(services["postgres"]["healthcheck"]["test"].is_array());
    assert_eq!(services["telltale"]["depends_on"]["postgres"]["condition"], "service_healthy");
    assert!(services["telltale"]["depends_on"].get("loki").is_none(), "telltale starts without Loki");
    let port = yaml(&read("loki-config.yaml"))["server"]["http_listen_port"].as_u64().unwrap();
    assert_eq!(services["telltale"]["environment"]["TELLTALE_LOKI_URL"], format!("http://loki:{port}"));
    let published = services["telltale"]["ports"].to_string();
    assert!(published.contains("127.0.0.1"), "only this machine: {published}");
}

#[test]
fn compose_asks_for_what_must_be_secret() {
    for (given, missing) in [("TELLTALE_TOKEN", "password"), ("POSTGRES_PASSWORD", "token")] {
        let output = compose_config(&[(given, "x")]);
        assert!(!output.status.success(), "started without a {missing}");
        assert!(text(&output).contains(missing), "{}", text(&output));
    }
}

/// What Loki's documentation demands for what telltale uses.
#[test]
fn lokis_settings_hold_what_telltale_needs() {
    let config = yaml(&read("loki-config.yaml"));
    let schema = config["schema_config"]["configs"].as_array().unwrap().last().unwrap();
    // Structured metadata: schema v13 and tsdb. Retention: an index of 24 h and the compactor.
    assert_eq!((&schema["schema"], &schema["store"]), (&"v13".into(), &"tsdb".into()));
    assert_eq!((&schema["object_store"], &schema["index"]["period"]), (&"filesystem".into(), &"24h".into()));
    let limits = &config["limits_config"];
    assert_eq!(limits["allow_structured_metadata"], true);
    let compactor = &config["compactor"];
    assert_eq!(compactor["retention_enabled"], true);
    assert_eq!(compactor["delete_request_store"], "filesystem", "demanded where retention is on");
    assert_eq!(limits["deletion_mode"], "filter-and-delete");
    let hours = |name: &str| -> u64 {
        let text = limits[name].as_str().unwrap();
        text.strip_suffix('h').unwrap_or_else(|| panic!("`{name}` in hours")).parse().unwrap()
    };
    assert!(hours("retention_period") >= 24 && hours("retention_period") % 24 == 0);
    assert!(hours("max_query_length") >= hours("retention_period"), "all that is kept can be asked for");
    assert!(hours("reject_old_samples_max_age") >= 7 * 24, "six days back, and a day on the way");
    assert_eq!(limits["max_entries_limit_per_query"], 5_000);
    let volume = |value: &Value| value.as_str().unwrap().starts_with("/loki");
    for path in [
        &config["common"]["path_prefix"],
        &config["common"]["storage"]["filesystem"]["chunks_directory"],
        &config["common"]["storage"]["filesystem"]["rules_directory"],
        &config["ingester"]["wal"]["dir"],
        &compactor["working_directory"],
    ] {
        assert!(volume(path), "{path} is outside the volume");
    }
    if let Some(binary) = std::env::var_os("TELLTALE_TEST_LOKI_BIN") {
        let output = run(Command::new(binary).args(["-config.file=loki-config.yaml", "-verify-config"]));
        assert!(output.status.success(), "{}", text(&output));
    }
}

/// Lines that `\` continues are one.
fn instructions(dockerfile: &str) -> Vec<String> {
    let joined = dockerfile.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
    let joined = joined.replace("\\\n", " ");
    joined.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

#[test]
fn the_image_is_built_from_what_is_there_and_runs_without_root() {
    let all = instructions(&read("Dockerfile"));
    let ignored = read(".dockerignore");
    for line in all.iter().filter(|line| line.starts_with("COPY ") && !line.contains("--from")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        for source in &words[1..words.len() - 1] {
            assert!(root().join(source).exists(), "{line}: {source} is not there");
            assert!(!ignored.lines().any(|pattern| pattern == *source), "{line}: {source} is ignored");
        }
    }
    for needed in ["Cargo.toml", "Cargo.lock", "src", "migrations", "sql", "web"] {
        assert!(root().join(needed).exists() && !ignored.lines().any(|line| line == needed), "{needed}");
    }
    for secret in [".env", ".git"] {
        assert!(ignored.lines().any(|line| line == secret), "{secret} would be in the context");
    }
    let pinned = Regex::new(r"=[a-z]+:[a-z0-9.-]+$").unwrap();
    for line in all.iter().filter(|line| line.starts_with("ARG ") && line.contains("_IMAGE=")) {
        assert!(pinned.is_match(line), "{line} is not pinned");
    }
    let rust = Regex::new(r#"rust-version = "([\d.]+)""#).unwrap();
    let wanted = rust.captures(&read("Cargo.toml")).unwrap()[1].to_owned();
    assert!(
        all.iter().any(|line| line.starts_with(&format!("ARG RUST_IMAGE=rust:{wanted}"))),
        "Rust {wanted}"
    );
    let last = all.iter().rposition(|line| line.starts_with("FROM ")).unwrap();
    let stage = &all[last..];
    let user = stage.iter().find_map(|line| line.strip_prefix("USER ")).expect("a USER");
    assert!(!["root", "0"].contains(&user));
    for word in ["HEALTHCHECK ", "ENTRYPOINT ", "VOLUME "] {
        assert!(stage.iter().any(|line| line.starts_with(word)), "no {word}");
    }
}

/// The check that the image has, run here.
#[tokio::test]
async fn the_images_health_check_tells_a_server_from_none() {
    let all = instructions(&read("Dockerfile"));
    let line = all.iter().find(|line| line.starts_with("HEALTHCHECK ")).unwrap();
    let command: Vec<String> = serde_json::from_str(&line[line.find('[').unwrap()..]).expect("the exec form");
    let database = Database::new().await;
    let mut server = Server::on(&database).await;
    let port = server.address().rsplit(':').next().unwrap().to_owned();
    let script = command.last().unwrap().replace("4780", &port);
    let check = || Command::new(&command[0]).arg(&command[1]).arg(&script).output().unwrap();
    let healthy = check();
    assert!(healthy.status.success(), "{}", text(&healthy));
    server.stop().await;
    assert!(!check().status.success(), "healthy without a server");
}

#[test]
fn the_alert_rules_hold_in_their_own_tests() {
    for arguments in [["check", "rules", "alerts.yml"], ["test", "rules", "alerts.test.yml"]] {
        let mut command = Command::new("promtool");
        let output =
            command.args(arguments).current_dir(root().join("deploy/prometheus")).output().expect("promtool");
        assert!(output.status.success(), "{arguments:?}: {}", text(&output));
    }
    // The tests can fail: with an age of no concern they do.
    let folder = tempfile::tempdir().unwrap();
    let weaker = read("deploy/prometheus/alerts.yml").replace("> 900", "> 90000");
    std::fs::write(folder.path().join("alerts.yml"), weaker).unwrap();
    std::fs::copy(root().join("deploy/prometheus/alerts.test.yml"), folder.path().join("alerts.test.yml"))
        .unwrap();
    let mut command = Command::new("promtool");
    let output =
        command.args(["test", "rules", "alerts.test.yml"]).current_dir(folder.path()).output().unwrap();
    assert!(!output.status.success(), "weaker rules pass as well");
}

/// The anchor that a heading gets.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars().filter(|c| c.is_alphanumeric() || *c == '-' || *c == '_').collect()
}

/// The metrics that an expression asks for: its words, without labels, groupings and the language's own.
fn metrics_of(expression: &str) -> BTreeSet<String> {
    let bare = Regex::new(r"(?:by|on) \([^)]*\)|\{[^}]*\}|\[[^\]]*\]")
        .unwrap()
        .replace_all(expression, " ")
        .into_owned();
    let words = Regex::new(r"\b[a-z][a-z_]+\b").unwrap();
    let own = ["histogram_quantile", "sum", "max", "min", "rate", "increase", "and", "by", "on"];
    words
        .find_iter(&bare)
        .map(|word| word.as_str().to_owned())
        .filter(|word| !own.contains(&word.as_str()))
        .collect()
}

#[test]
fn the_metrics_of_an_expression_are_found() {
    let found =
        metrics_of("sum by (job, le) (rate(a_bucket{route=~\"x\"}[5m])) > 2 and on (job) b_total == 0");
    assert_eq!(found, ["a_bucket".to_owned(), "b_total".to_owned()].into());
}

#[tokio::test]
async fn each_alert_says_what_to_do_and_asks_for_metrics_that_are_there() {
    let database = Database::new().await;
    let server = Server::on(&database).await;
    let http = server.http();
    // Histograms have no buckets before there is something in them.
    http.append(&crate::support::run_id(), &[crate::support::event("RUN_STARTED")]).await;
    let metrics = http.get("/metrics").await.expect(200).text();
    let rules = yaml(&read("deploy/prometheus/alerts.yml"));
    let tests = read("deploy/prometheus/alerts.test.yml");
    let groups = rules["groups"].as_array().unwrap();
    let rules: Vec<&Value> = groups.iter().flat_map(|group| group["rules"].as_array().unwrap()).collect();
    assert!(rules.len() >= 16, "only {} rules", rules.len());
    for rule in rules {
        let alert = rule["alert"].as_str().unwrap();
        for annotation in ["summary", "description", "runbook"] {
            assert!(rule["annotations"][annotation].is_string(), "{alert} has no {annotation}");
        }
        let runbook = rule["annotations"]["runbook"].as_str().unwrap();
        let (file, place) = runbook.split_once('#').expect("an anchor");
        assert_eq!(
            (file, place),
            ("docs/runbook.md", anchor(alert).as_str()),
            "{alert} has a heading of its own"
        );
        let headings = read(file);
        let found = headings.lines().filter_map(|line| line.strip_prefix("### "));
        assert!(found.map(anchor).any(|own| own == place), "{alert}: {runbook} leads nowhere");
        assert!(tests.contains(&format!("alertname: {alert}\n")), "{alert} is never seen to burn");
        let asked = metrics_of(rule["expr"].as_str().unwrap());
        assert!(!asked.is_empty(), "{alert} asks for nothing");
        // `up` is Prometheus' own.
        for metric in asked.iter().filter(|metric| *metric != "up") {
            let there = metrics.lines().any(|line| line.starts_with(metric.as_str()));
            assert!(there, "{alert}: no `{metric}` in /metrics");
        }
    }
}
