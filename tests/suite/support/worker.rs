//! A worker as the server sees one: it claims, beats, releases and writes, and executes nothing.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::event;
use super::http::{Answer, Http};

/// What a claim says, as far as the tests name it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub run_id: String,
    pub claim: i64,
}

#[derive(Clone)]
pub struct Worker {
    http: Http,
    pub name: String,
    pub engines: Vec<&'static str>,
}

impl Worker {
    pub fn new(http: Http, name: &str) -> Self {
        Self { http, name: name.to_owned(), engines: vec!["process"] }
    }

    pub fn with(self, engines: &[&'static str]) -> Self {
        Self { engines: engines.to_vec(), ..self }
    }

    fn ask(&self, limit: usize, wait: Duration) -> Value {
        json!({
            "worker": self.name, "engines": self.engines, "limit": limit, "waitMs": wait.as_millis() as u64,
        })
    }

    /// The claims as they are answered.
    pub async fn claimed(&self, limit: usize, wait: Duration) -> Vec<Value> {
        let answer = self.http.post("/api/v1/claims", &self.ask(limit, wait)).await.expect(200).json();
        assert_eq!(answer["leaseMs"], 15_000);
        answer["claims"].as_array().unwrap().clone()
    }

    /// What there is to claim now.
    pub async fn claim(&self, limit: usize) -> Vec<Claim> {
        self.claimed(limit, Duration::ZERO).await.iter().map(claim).collect()
    }

    /// Waits for the next run, as long as a long poll may.
    pub async fn wait(&self) -> Claim {
        let claims = self.claimed(1, Duration::from_secs(30)).await;
        claim(claims.first().unwrap_or_else(|| panic!("nothing to claim for {}", self.name)))
    }

    pub async fn heartbeat(&self, claims: &[&Claim]) -> Vec<String> {
        self.states("heartbeat", claims).await
    }

    pub async fn release(&self, claims: &[&Claim]) -> Vec<String> {
        self.states("release", claims).await
    }

    async fn states(&self, what: &str, claims: &[&Claim]) -> Vec<String> {
        let named: Vec<Value> =
            claims.iter().map(|it| json!({ "runId": it.run_id, "claim": it.claim })).collect();
        let body = json!({ "worker": self.name, "claims": named });
        let answer = self.http.post(&format!("/api/v1/claims/{what}"), &body).await.expect(200).json();
        let told = answer["claims"].as_array().unwrap();
        assert_eq!(told.len(), claims.len());
        for (told, asked) in told.iter().zip(claims) {
            assert_eq!((&told["runId"], &told["claim"]), (&json!(asked.run_id), &json!(asked.claim)));
        }
        told.iter().map(|it| it["state"].as_str().unwrap().to_owned()).collect()
    }

    /// Appends events under the claim.
    pub async fn write(&self, claim: &Claim, events: &[Value]) -> Answer {
        let number = claim.claim.to_string();
        let headers = [("content-type", "application/json"), ("telltale-claim", number.as_str())];
        let path = format!("/api/v1/runs/{}/events", claim.run_id);
        self.http.send(Method::POST, &path, &headers, Value::from(events).to_string()).await.unwrap()
    }

    /// Ends the run well.
    pub async fn complete(&self, claim: &Claim) {
        self.write(claim, &[event("RUN_STARTED"), event("RUN_COMPLETED")]).await.expect(200);
    }
}

fn claim(told: &Value) -> Claim {
    Claim { run_id: told["runId"].as_str().unwrap().to_owned(), claim: told["claim"].as_i64().unwrap() }
}
