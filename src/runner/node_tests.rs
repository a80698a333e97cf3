//! One attempt from its words to what is recorded of it: nothing secret, every command a note, files kept.

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::super::mask::Masker;
use super::super::process::tests::attempt;
use super::super::test_server::{Stored, serve, texts};
use super::*;

/// Runs the attempt as a process; what it came to, and what a server has of it.
async fn run_recorded(attempt: Attempt) -> (AttemptEnd, Stored) {
    let (server, client) = serve(0).await;
    let recorder = Recorder::start(client, attempt.run_id.clone(), CancellationToken::new());
    let end = run(&recorder, None, attempt).await;
    recorder.finish().await.unwrap();
    let stored = std::mem::take(&mut *server.stored.lock());
    (end, stored)
}

fn notes(stored: &Stored) -> Vec<(Value, Value, Value)> {
    let notes = stored.events.iter().filter(|event| event["type"] == "NOTE");
    notes.map(|event| (event["level"].clone(), event["message"].clone(), event["data"].clone())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_in_nothing_that_is_recorded() {
    let script = r#"printf 'hunt'; sleep 0.1; printf 'er22\n'; echo "err $S" >&2; echo "::notice::it is $S"
        echo "::progress 1/2 of $S"; echo "{\"a\": \"$S\"}" > result.json; echo x > "$S.txt"; exit 3"#;
    let given = Attempt {
        env: vec![("S".into(), "hunter22".into())],
        masks: Arc::new(Masker::new(["hunter22"]).unwrap()),
        artifacts: vec!["*.txt".into(), "hunter22/*".into()],
        ..attempt(script)
    };
    let (end, stored) = run_recorded(given).await;
    let all = format!("{:?} {:?} {end:?}", stored.events, stored.lines);
    assert!(!all.contains("hunter22"), "{all}");
    assert_eq!(texts(&stored, "node", "stdout"), ["***", "::notice::it is ***", "::progress 1/2 of ***"]);
    assert_eq!(end.last_words.lines(), ["err ***"]);
    assert_eq!(end.output, Some(Output::Inline(json!({ "a": "***" }))));
    assert_eq!(end.artifacts[0].name, "***.txt");
    let said = notes(&stored);
    assert_eq!(said[0], (json!("info"), json!("it is ***"), Value::Null));
    assert_eq!(said[1].1, "no file matches the artifacts `***/*`");
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_become_notes_and_stay_in_the_log() {
    let script = "echo '::group::tests'; echo '::error file=a.rs,line=3::broken'; echo '::endgroup::'
        i=0; while [ $i -lt 150 ]; do i=$((i+1)); echo \"::warning::w\"; done; echo '{' > result.json";
    let (end, stored) = run_recorded(attempt(script)).await;
    let said = notes(&stored);
    assert_eq!(said[0], (json!("debug"), json!("tests"), json!({ "group": "tests", "state": "start" })));
    assert_eq!(said[1], (json!("error"), json!("broken"), json!({ "file": "a.rs", "line": "3" })));
    assert_eq!(said[2].2["state"], "end");
    // A window may have passed meanwhile on a slow machine; what is told and what is counted make the whole.
    let told = said.iter().filter(|note| note.1 == "w").count();
    let folded =
        said.iter().find_map(|note| note.1.as_str()?.split_once(" more notes")?.0.parse::<usize>().ok());
    assert_eq!((told >= 97, told + folded.unwrap_or(0)), (true, 150));
    assert_eq!(texts(&stored, "node", "stdout").len(), 153);
    assert_eq!(end.output, None);
    let last = said.last().unwrap();
    assert!(last.0 == "warn" && last.1.as_str().unwrap().starts_with("result.json is no JSON"), "{last:?}");
}
