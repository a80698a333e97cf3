//! The samples, in containers and as processes.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::test_server::{course, options, serve};
use super::workflow::load;
use super::{EngineChoice, RunOptions, run};
use crate::facts::status::RunStatus;

const ENGINES: [(EngineChoice, &str); 2] =
    [(EngineChoice::Docker, "docker"), (EngineChoice::Process, "process")];

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name)
}

/// Runs a sample and gives its status, its course and the engines its nodes named.
async fn played(name: &str, engine: EngineChoice) -> (RunStatus, Vec<String>, Vec<Value>) {
    let (server, client) = serve(0).await;
    let given = options(client, "name: x\nnodes: [{ id: a, run: x }]");
    let workflow = load(&sample(name)).unwrap();
    let outcome = run(RunOptions { workflow, engine, ..given }).await.unwrap();
    let stored = server.stored.lock();
    let started = stored.events.iter().filter(|event| event["type"] == "NODE_STARTED");
    (outcome.status, course(&stored), started.map(|event| event["data"]["engine"].clone()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn flaky_succeeds_with_its_third_attempt() {
    for (engine, name) in ENGINES {
        let (status, course, engines) = played("flaky.yaml", engine).await;
        assert_eq!(status, RunStatus::Completed);
        for told in ["NODE_RETRYING download 1", "NODE_RETRYING download 2", "NODE_COMPLETED download 3"] {
            assert!(course.contains(&told.to_owned()), "{told}: {course:#?}");
        }
        assert!(engines.iter().all(|engine| engine == name), "{engines:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failing_skips_what_needs_the_failed_node_and_completes_the_rest() {
    for (engine, _) in ENGINES {
        let (status, course, _) = played("failing.yaml", engine).await;
        assert_eq!(status, RunStatus::Failed);
        let told = [
            "NODE_FAILED migrate 1",
            "NODE_SKIPPED verify null",
            "NODE_SKIPPED announce null",
            "NODE_COMPLETED docs 1",
        ];
        for told in told {
            assert!(course.contains(&told.to_owned()), "{told}: {course:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_looked_up_again_after_a_429_and_leaves_its_report() {
    for (engine, _) in ENGINES {
        let (status, course, _) = played("alert-investigation.yaml", engine).await;
        assert_eq!(status, RunStatus::Completed, "{course:#?}");
        let told = [
            "NODE_COMPLETED fetch 1",
            "NODE_RETRYING look up 1",
            "NODE_COMPLETED look up 2",
            "NODE_COMPLETED block 1",
            "NODE_SKIPPED close null",
        ];
        for told in told {
            assert!(
                course.iter().any(|event| event.starts_with(told.trim_end_matches(" null"))),
                "{told}: {course:#?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_of_names_sizes_and_pairs_complete_everywhere() {
    for (engine, _) in ENGINES {
        for (name, nodes) in
            [("unicode.yaml", 5), ("big-payload.yaml", 2), ("matrix.yaml", 5), ("painter.yaml", 1)]
        {
            let (status, course, engines) = played(name, engine).await;
            assert_eq!((status, engines.len()), (RunStatus::Completed, nodes), "{name}: {course:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_nodes_complete_in_the_order_of_their_needs() {
    let (status, course, engines) = played("graph-50.yaml", EngineChoice::Process).await;
    assert_eq!((status, engines.len()), (RunStatus::Completed, 50));
    let place = |told: &str| course.iter().position(|event| event == told).unwrap();
    assert!(place("NODE_COMPLETED start 1") < place("NODE_STARTED a01 1"));
    assert!(place("NODE_COMPLETED d12 1") < place("NODE_STARTED end 1"));
}

#[test]
fn every_sample_is_a_valid_workflow() {
    let samples = std::fs::read_dir(sample("")).unwrap().map(|entry| entry.unwrap().path());
    let yaml: Vec<_> =
        samples.filter(|path| path.extension().is_some_and(|ending| ending == "yaml")).collect();
    assert!(yaml.len() >= 13);
    for path in yaml {
        load(&path).unwrap_or_else(|error| panic!("{error}"));
    }
}
