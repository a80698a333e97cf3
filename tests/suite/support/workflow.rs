//! Stored workflows and runs of them, over HTTP.

use http::Method;
use serde_json::{Value, json};

use super::http::{Answer, Http};

/// PUTs a workflow's text as YAML.
pub async fn put(http: &Http, name: &str, source: &str) -> Answer {
    let path = format!("/api/v1/workflows/{name}");
    http.send(Method::PUT, &path, &[("content-type", "application/yaml")], source.to_owned()).await.unwrap()
}

/// Stores a workflow of two nodes that processes execute, with more lines at its top.
pub async fn store(http: &Http, name: &str, more: &str) {
    put(http, name, &source(name, more)).await.expect(201);
}

pub fn source(name: &str, more: &str) -> String {
    format!(
        "name: {name}\n{more}nodes:\n  - id: first\n    run: echo\n  - id: second\n    needs: [first]\n    run: echo\n"
    )
}

/// Starts a run of a stored workflow with these fields beside; gives its id.
pub async fn start(http: &Http, workflow: &str, fields: Value) -> String {
    let answer = http.post(&format!("/api/v1/workflows/{workflow}/run"), &fields).await.expect(201).json();
    answer["runId"].as_str().unwrap().to_owned()
}

/// Starts `count` runs, one after the other.
pub async fn start_many(http: &Http, workflow: &str, count: usize) -> Vec<String> {
    let mut runs = Vec::with_capacity(count);
    for _ in 0..count {
        runs.push(start(http, workflow, json!({})).await);
    }
    runs
}
