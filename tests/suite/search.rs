//! The list of runs and its count, by every filter and by filters together, held against a plain walk over what was sent.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use crate::support::rng::Rng;
use crate::support::{Database, Http, Server, run_id};

const RUNS: usize = 150;
const QUESTIONS: usize = 250;
const WORKFLOWS: [&str; 3] = ["recon", "Übersicht", "50%_off"];
const TRIGGERS: [&str; 3] = ["api", "schedule", "webhook"];
const ENDS: [&str; 4] = ["RUN_COMPLETED", "RUN_FAILED", "RUN_TIMED_OUT", ""];
const REASONS: [&str; 3] = ["exit code 137", "Connection REFUSED\nby db", "磁盘已满"];
const NOWHERE: &str = "no such words";

/// What was sent of a run.
struct Sent {
    run_id: String,
    workflow: &'static str,
    status: &'static str,
    trigger: Option<&'static str>,
    labels: BTreeMap<String, String>,
    /// Run id, workflow, and what a failure says.
    words: Vec<String>,
}

/// A filter, as a question and as an answer to it.
#[derive(Default)]
struct Asked {
    workflow: Option<&'static str>,
    statuses: Vec<&'static str>,
    triggers: Vec<&'static str>,
    labels: Vec<(String, String)>,
    text: Option<String>,
}

impl Sent {
    fn arbitrary(rng: &mut Rng) -> (Self, Vec<Value>) {
        let workflow = WORKFLOWS[rng.below(3)];
        let trigger = (rng.below(5) > 0).then(|| TRIGGERS[rng.below(3)]);
        let mut labels = BTreeMap::new();
        for name in ["team", "ümläut", ""] {
            if rng.below(3) > 0 {
                labels.insert(name.to_owned(), format!("value {}", rng.below(3)));
            }
        }
        if rng.below(20) == 0 {
            // More than an index could hold as it is.
            labels.insert("long".into(), "x".repeat(20_000));
        }
        let run_id = run_id();
        let mut words = vec![run_id.clone(), workflow.to_owned()];
        let shape = match trigger {
            Some("webhook") => json!("webhook"),
            Some("schedule") => json!({ "kind": "schedule" }),
            Some(type_) => json!({ "type": type_, "by": "me" }),
            None => Value::Null,
        };
        // What RUN_QUEUED leaves open, RUN_STARTED may say.
        let (early, late) = if rng.below(2) == 0 {
            (json!({ "workflow": workflow, "trigger": shape, "labels": labels }), json!({}))
        } else {
            (json!({ "trigger": shape }), json!({ "workflow": workflow, "labels": labels }))
        };
        let mut events = vec![
            json!({ "type": "RUN_QUEUED", "data": early }),
            json!({ "type": "RUN_STARTED", "data": late }),
        ];
        let end = ENDS[rng.below(4)];
        let mut last = json!({ "type": end });
        let status = match end {
            "" => "RUNNING",
            "RUN_COMPLETED" => "COMPLETED",
            _ => {
                let padding = if rng.below(6) == 0 { "so ".repeat(1_500) } else { String::new() };
                let reason = format!("{padding}{}", REASONS[rng.below(3)]);
                last["message"] = reason.clone().into();
                words.push(reason);
                if end == "RUN_FAILED" {
                    last["data"] = json!({ "nodeRef": "Resolve" });
                    words.push("Resolve".into());
                    "FAILED"
                } else {
                    "TIMED_OUT"
                }
            }
        };
        if !end.is_empty() {
            events.push(last);
        }
        for event in &mut events {
            event["runId"] = run_id.clone().into();
        }
        (Self { run_id, workflow, status, trigger, labels, words }, events)
    }
}

impl Asked {
    /// Of what `sent` has, so that most questions have answers.
    fn arbitrary(rng: &mut Rng, sent: &[Sent]) -> Self {
        let mut asked = Self::default();
        let model = &sent[rng.below(sent.len())];
        if rng.below(3) == 0 {
            asked.workflow = Some(model.workflow);
        }
        if rng.below(3) == 0 {
            asked.statuses.push(model.status);
            asked.statuses.extend((rng.below(2) == 0).then_some("TIMED_OUT"));
        }
        if rng.below(3) == 0 {
            asked.triggers.extend(model.trigger);
            asked.triggers.extend((rng.below(3) == 0).then_some("api"));
        }
        let labels = model.labels.iter().filter(|(name, value)| !name.is_empty() && value.len() < 100);
        for (name, value) in labels {
            if rng.below(4) == 0 {
                asked.labels.push((name.clone(), value.clone()));
            }
        }
        match rng.below(6) {
            0 => asked.text = Some(NOWHERE.into()),
            1 | 2 => {
                let words: Vec<char> = model.words[rng.below(model.words.len())].chars().collect();
                let length = 1 + rng.below(12.min(words.len()));
                let from = if rng.below(2) == 0 {
                    words.len() - length
                } else {
                    rng.below(words.len() - length + 1)
                };
                let part: String = words[from..from + length].iter().collect();
                asked.text = Some(if rng.below(2) == 0 { part.to_uppercase() } else { part });
            }
            _ => {}
        }
        asked
    }

    fn fits(&self, run: &Sent) -> bool {
        let holds =
            |text: &String| run.words.iter().any(|it| it.to_lowercase().contains(&text.to_lowercase()));
        self.workflow.is_none_or(|workflow| workflow == run.workflow)
            && (self.statuses.is_empty() || self.statuses.contains(&run.status))
            && (self.triggers.is_empty() || run.trigger.is_some_and(|it| self.triggers.contains(&it)))
            && self.labels.iter().all(|(name, value)| run.labels.get(name) == Some(value))
            && self.text.as_ref().is_none_or(holds)
    }

    fn query(&self) -> String {
        let mut query = String::new();
        let mut add = |name: &str, value: &str| {
            let value: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
            write!(query, "&{name}={value}").unwrap();
        };
        self.workflow.iter().for_each(|it| add("workflow", it));
        self.statuses.iter().for_each(|it| add("status", it));
        self.triggers.iter().for_each(|it| add("trigger", it));
        self.labels.iter().for_each(|(name, value)| add("label", &format!("{name}:{value}")));
        self.text.iter().for_each(|it| add("q", it));
        query
    }
}

/// The ids of all pages.
async fn listed(http: &Http, query: &str, page: usize) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let answer = http.get(&format!("/api/v1/runs?limit={page}{query}{cursor}")).await.expect(200).json();
        let runs = answer["runs"].as_array().unwrap();
        ids.extend(runs.iter().map(|run| run["runId"].as_str().unwrap().to_owned()));
        match answer["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
    }
}

#[tokio::test]
async fn every_filter_finds_what_fits_it_and_nothing_else() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let http = server.http();
    let mut rng = Rng::new("search");
    let mut sent = Vec::new();
    for _ in 0..RUNS {
        let (run, events) = Sent::arbitrary(&mut rng);
        http.post("/api/v1/events", &events.into()).await.expect(200);
        sent.push(run);
    }
    // The first sent was the first registered: newest first is the other way around.
    sent.reverse();
    let mut found = 0;
    for _ in 0..QUESTIONS {
        let asked = Asked::arbitrary(&mut rng, &sent);
        let expected: Vec<&str> =
            sent.iter().filter(|run| asked.fits(run)).map(|run| run.run_id.as_str()).collect();
        let query = asked.query();
        assert_eq!(listed(&http, &query, 20).await, expected, "{query}");
        let count = http.get(&format!("/api/v1/runs/count?x=1{query}")).await.expect(200).json();
        assert_eq!(count, json!({ "count": expected.len(), "atLeast": false }), "{query}");
        found += expected.len();
    }
    assert!(found > QUESTIONS, "the questions had {found} answers");
}

/// Rows that runs which are not there are searched by, and runs that lack theirs.
const STRAYS: &str = "
    SELECT (SELECT count(*) FROM run_words w WHERE NOT EXISTS (SELECT FROM runs r WHERE r.run_key = w.run_key))
        + (SELECT count(*) FROM run_facets f WHERE NOT EXISTS (SELECT FROM runs r WHERE r.run_key = f.run_key))
        + (SELECT count(*) FROM runs r WHERE NOT EXISTS (SELECT FROM run_words w WHERE w.run_key = r.run_key))";

#[tokio::test]
async fn a_purge_takes_what_its_runs_were_found_by() {
    let database = Database::new().await;
    let server = Server::without_worker(&database).await;
    let http = server.http();
    let declared = json!({ "workflow": "w", "trigger": { "type": "api" }, "labels": { "team": "red" } });
    let (gone, kept) = (run_id(), run_id());
    for (id, end) in [(&gone, "RUN_FAILED"), (&kept, "RUN_COMPLETED")] {
        http.append(id, &[json!({ "type": "RUN_STARTED", "data": declared }), json!({ "type": end })]).await;
    }
    let session = database.session().await;
    let facets = "SELECT count(*) FROM run_facets";
    assert_eq!(session.query_one(facets, &[]).await.unwrap().get::<_, i64>(0), 4);
    http.delete(&format!("/api/v1/runs/{gone}")).await.expect(200);
    assert_eq!(session.query_one(facets, &[]).await.unwrap().get::<_, i64>(0), 2);
    assert_eq!(session.query_one(STRAYS, &[]).await.unwrap().get::<_, i64>(0), 0);
    assert_eq!(listed(&http, "&label=team:red", 10).await, [kept.as_str()]);
    assert!(listed(&http, &format!("&q={gone}"), 10).await.is_empty());
}
