//! What clients say on the multiplexed socket, read and checked.

use serde::Deserialize;
use serde_json::Value;

use super::query::SEQ_MAX;
use crate::facts::id::RunId;
use crate::facts::status::RunStatus;
use crate::flow::feed::SubscriptionOptions;

/// A command that holds.
#[derive(Debug)]
pub enum Command {
    Subscribe(RunId, SubscriptionOptions),
    Unsubscribe(RunId),
    SubscribeRuns(ListFilter),
    UnsubscribeRuns,
    /// Browsers can't send WebSocket pings of their own; the number comes back.
    Ping(u64),
}

/// Which runs a watcher of the list wants; empty means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListFilter {
    pub workflow: Option<String>,
    pub statuses: Vec<RunStatus>,
}

/// Why a command was refused.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused {
    /// As given, so that the client finds its subscription, even where it is no run id.
    pub run_id: Option<String>,
    pub status: u16,
    pub detail: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Message {
    subscribe: Option<Subscribe>,
    unsubscribe: Option<Unsubscribe>,
    subscribe_runs: Option<SubscribeRuns>,
    unsubscribe_runs: Option<serde_json::Map<String, Value>>,
    ping: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Subscribe {
    run_id: String,
    #[serde(default)]
    after: From,
    #[serde(default)]
    log_after: From,
    #[serde(default = "yes")]
    logs: bool,
    #[serde(default)]
    state: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Unsubscribe {
    run_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubscribeRuns {
    workflow: Option<String>,
    status: Option<Words>,
}

/// A number, or `"head"`.
#[derive(Deserialize)]
#[serde(untagged)]
enum From {
    Number(u64),
    Word(String),
}

/// One word, several with commas between, or a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Many(Vec<String>),
}

fn yes() -> bool {
    true
}

impl Default for From {
    fn default() -> Self {
        Self::Number(0)
    }
}

/// Reads one message.
pub fn parse(text: &str) -> Result<Command, Refused> {
    let message: Message = serde_json::from_str(text)
        .map_err(|error| refused(None, format!("the message is not understood: {error}")))?;
    let Message { subscribe, unsubscribe, subscribe_runs, unsubscribe_runs, ping } = message;
    match (subscribe, unsubscribe, subscribe_runs, unsubscribe_runs, ping) {
        (Some(said), None, None, None, None) => {
            let options = SubscriptionOptions {
                after: place(&said.run_id, "after", &said.after)?,
                log_after: place(&said.run_id, "logAfter", &said.log_after)?,
                logs: said.logs,
                state: said.state,
            };
            Ok(Command::Subscribe(run_id(said.run_id)?, options))
        }
        (None, Some(said), None, None, None) => Ok(Command::Unsubscribe(run_id(said.run_id)?)),
        (None, None, Some(said), None, None) => Ok(Command::SubscribeRuns(list_filter(said)?)),
        (None, None, None, Some(_), None) => Ok(Command::UnsubscribeRuns),
        (None, None, None, None, Some(number)) => Ok(Command::Ping(number)),
        _ => {
            let expected =
                "a message holds one of subscribe, unsubscribe, subscribeRuns, unsubscribeRuns, ping";
            Err(refused(None, expected.into()))
        }
    }
}

fn refused(run_id: Option<&str>, detail: String) -> Refused {
    Refused { run_id: run_id.map(str::to_owned), status: 400, detail }
}

fn run_id(text: String) -> Result<RunId, Refused> {
    // What is no run id names no run: the same answer as for an unknown one.
    text.parse().map_err(|_| Refused {
        run_id: Some(text),
        status: 404,
        detail: "there is no such run".into(),
    })
}

fn place(run_id: &str, name: &str, from: &From) -> Result<Option<u64>, Refused> {
    match from {
        From::Number(seq) if *seq <= SEQ_MAX => Ok(Some(*seq)),
        From::Word(word) if word == "head" => Ok(None),
        _ => Err(refused(Some(run_id), format!("{name} is a whole number or \"head\""))),
    }
}

fn list_filter(said: SubscribeRuns) -> Result<ListFilter, Refused> {
    let words = match said.status {
        None => Vec::new(),
        Some(Words::One(words)) => words.split(',').map(|word| word.trim().to_owned()).collect(),
        Some(Words::Many(words)) => words,
    };
    let parsed = words.iter().filter(|word| !word.is_empty()).map(|word| word.parse::<RunStatus>());
    let statuses =
        parsed.collect::<Result<Vec<_>, _>>().map_err(|error| refused(None, format!("status {error}")))?;
    Ok(ListFilter { workflow: said.workflow.filter(|name| !name.is_empty()), statuses })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_with_their_defaults() {
        let Ok(Command::Subscribe(run_id, options)) = parse(r#"{"subscribe":{"runId":"r"}}"#) else {
            panic!()
        };
        assert_eq!((run_id.as_str(), options.after, options.log_after), ("r", Some(0), Some(0)));
        assert!(options.logs && !options.state);
        let text = r#"{"subscribe":{"runId":"r","after":"head","logAfter":7,"logs":false}}"#;
        let Ok(Command::Subscribe(_, options)) = parse(text) else { panic!() };
        assert_eq!((options.after, options.log_after, options.logs), (None, Some(7), false));
        assert!(matches!(parse(r#"{"unsubscribe":{"runId":"r"}}"#), Ok(Command::Unsubscribe(_))));
        assert!(matches!(parse(r#"{"unsubscribeRuns":{}}"#), Ok(Command::UnsubscribeRuns)));
        assert!(matches!(parse(r#"{"ping":1234}"#), Ok(Command::Ping(1234))));
        let text = r#"{"subscribeRuns":{"workflow":"w","status":"FAILED, STALE"}}"#;
        let Ok(Command::SubscribeRuns(filter)) = parse(text) else { panic!() };
        assert_eq!(filter.workflow.as_deref(), Some("w"));
        assert_eq!(filter.statuses, [RunStatus::Failed, RunStatus::Stale]);
    }

    #[test]
    fn nonsense_is_refused_and_names_its_run() {
        for (text, run_id, status) in [
            ("", None, 400),
            ("{}", None, 400),
            (r#"{"subscribe":{"runId":"r"},"subscribeRuns":{}}"#, None, 400),
            (r#"{"subscribe":{"runId":"r","after":-1}}"#, None, 400),
            (r#"{"subscribe":{"runId":"r","after":"tail"}}"#, Some("r"), 400),
            (r#"{"subscribe":{"runId":"-"}}"#, Some("-"), 404),
            (r#"{"subscribeRuns":{"status":"BUSY"}}"#, None, 400),
            (r#"{"subscribeRuns":{"tags":1}}"#, None, 400),
            (r#"{"ping":"now"}"#, None, 400),
            (r#"{"ping":1,"unsubscribeRuns":{}}"#, None, 400),
        ] {
            let refused = parse(text).unwrap_err();
            assert_eq!(
                (refused.run_id.as_deref(), refused.status),
                (run_id, status),
                "{text}: {}",
                refused.detail
            );
        }
    }
}
