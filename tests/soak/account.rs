//! What was recorded, run by run, and what must hold of it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::process::Command;

use serde_json::Value;

use crate::load::Ledger;
use crate::support::{Database, Http, check, until};

/// One attempt, by the events about it.
#[derive(Debug, Default)]
struct Attempt {
    started: usize,
    ends: Vec<String>,
    code: String,
}

#[derive(Default)]
pub struct Account {
    /// Status by run.
    pub runs: BTreeMap<String, String>,
    attempts: BTreeMap<(String, String), BTreeMap<u64, Attempt>>,
    takeovers: usize,
    events: usize,
    in_containers: usize,
}

impl Account {
    /// Reads every run, and checks that its history is gapless and its state the fold of it.
    pub async fn of(http: &Http, database: &Database) -> Self {
        let mut account = Self::default();
        let session = database.session().await;
        let rows = session.query("SELECT run_id FROM runs", &[]).await.expect("the runs");
        for row in rows {
            let run_id: String = row.get(0);
            let events = check::run(http, database, &run_id).await;
            let status = http.run(&run_id).await["status"].as_str().expect("`status`").to_owned();
            account.events += events.len();
            events.iter().for_each(|event| account.note(&run_id, event));
            account.runs.insert(run_id, status);
        }
        account
    }

    fn note(&mut self, run_id: &str, event: &Value) {
        assert_ne!(event["metadata"]["late"], true, "nothing may be late: {event}");
        let kind = event["type"].as_str().expect("`type`");
        let message = event["message"].as_str().unwrap_or_default();
        self.takeovers += usize::from(kind == "NOTE" && message.contains("takes the run over"));
        let Some(node) = event["nodeRef"].as_str() else { return };
        let number = event["attempt"].as_u64().unwrap_or(0);
        let attempts = self.attempts.entry((run_id.to_owned(), node.to_owned())).or_default();
        match kind {
            "NODE_STARTED" => {
                attempts.entry(number).or_default().started += 1;
                self.in_containers += usize::from(event["data"]["engine"] == "docker");
            }
            "NODE_RETRYING" | "NODE_FAILED" | "NODE_COMPLETED" | "NODE_CANCELLED" | "NODE_SKIPPED" => {
                let attempt = attempts.entry(number).or_default();
                attempt.ends.push(kind.to_owned());
                attempt.code = event["error"]["code"].as_str().unwrap_or_default().to_owned();
            }
            _ => {}
        }
    }

    /// Every attempt began once and ended once, and what was executed is what was recorded.
    pub fn settle(&self, ledger: &Ledger) {
        for ((run, node), attempts) in &self.attempts {
            let place = format!("{node} of {run}: {attempts:?}");
            let numbers: Vec<u64> = attempts.keys().copied().collect();
            let (last, before) = attempts
                .values()
                .rev()
                .collect::<Vec<_>>()
                .split_first()
                .map(|(l, b)| (*l, b.to_vec()))
                .unwrap();
            if last.ends == ["NODE_SKIPPED"] {
                assert!(before.is_empty() && last.started == 0, "{place}");
                continue;
            }
            assert_eq!(
                numbers,
                (1..=numbers.len() as u64).collect::<Vec<_>>(),
                "attempts are 1, 2, 3 …: {place}"
            );
            assert!(attempts.values().all(|attempt| attempt.started == 1), "each began once: {place}");
            assert!(before.iter().all(|attempt| attempt.ends == ["NODE_RETRYING"]), "{place}");
            assert!(
                matches!(&*last.ends, [end] if end == "NODE_COMPLETED" || end == "NODE_FAILED"),
                "{place}"
            );
        }
        for (execution, times) in ledger.executions() {
            assert_eq!(times, 1, "`{execution}` was executed {times} times");
            let (run, rest) = execution.split_once(' ').expect("a run");
            let (node, number) = rest.rsplit_once(' ').expect("an attempt");
            let attempts = self.attempts.get(&(run.to_owned(), node.to_owned()));
            let number: u64 = number.parse().expect("the attempt's number");
            let is_known = attempts.is_some_and(|attempts| attempts.contains_key(&number));
            assert!(is_known, "`{execution}` was executed and nobody was told");
        }
        for (run, status) in &self.runs {
            let lost = |(of, _): &(String, String)| of == run;
            let failed = self
                .attempts
                .iter()
                .filter(|(key, _)| lost(key))
                .any(|(_, attempts)| attempts.values().any(|attempt| attempt.ends == ["NODE_FAILED"]));
            assert_eq!(status, if failed { "FAILED" } else { "COMPLETED" }, "{run}");
        }
    }

    pub fn figures(&self) -> String {
        let attempts = || self.attempts.values().flat_map(BTreeMap::values);
        let lost = attempts().filter(|attempt| attempt.code == "worker-lost").count();
        let failed = self.runs.values().filter(|status| *status == "FAILED").count();
        format!(
            "{} takeovers, {} attempts ({} in containers) of which {lost} were lost with their worker, {} events; \
             {} runs completed, {failed} failed",
            self.takeovers,
            attempts().map(|attempt| attempt.started).sum::<usize>(),
            self.in_containers,
            self.events,
            self.runs.len() - failed,
        )
    }
}

/// No container and no process of any of the runs.
pub async fn nothing_is_left(account: &Account) {
    until("no container is left", || async { containers(account).is_empty().then_some(()) }).await;
    until("no process is left", || async { processes(account).is_empty().then_some(()) }).await;
}

fn containers(account: &Account) -> BTreeSet<String> {
    let format = "{{.Label \"telltale.run\"}}";
    let listed = Command::new("docker").args(["ps", "-a", "--format", format]).output().expect("docker ps");
    assert!(listed.status.success(), "{listed:?}");
    let labels = String::from_utf8(listed.stdout).expect("labels");
    labels.lines().filter(|run| account.runs.contains_key(*run)).map(str::to_owned).collect()
}

/// Processes that were started as nodes of the runs, by what they were told.
fn processes(account: &Account) -> HashSet<String> {
    let mut found = HashSet::new();
    for process in std::fs::read_dir("/proc").expect("/proc").flatten() {
        let environment = std::fs::read(process.path().join("environ")).unwrap_or_default();
        for variable in environment.split(|byte| *byte == 0) {
            let run =
                variable.strip_prefix(b"TELLTALE_RUN_ID=").and_then(|run| std::str::from_utf8(run).ok());
            if run.is_some_and(|run| account.runs.contains_key(run)) {
                found.insert(process.file_name().to_string_lossy().into_owned());
            }
        }
    }
    found
}
