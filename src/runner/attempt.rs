//! From a command of the plan to an attempt that an engine can execute: its words, variables and secrets.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::client::until_acknowledged;
use crate::facts::secret::SecretName;
use crate::facts::workflow::command::Rendered;
use crate::facts::workflow::model::{CommandNode, Kind};
use crate::facts::workflow::scope::Scope;
use crate::facts::workflow::template::text_of;

use super::course::{Course, SecretSource};
use super::engine::{Attempt, Exit};
use super::mask::{Masker, SECRET_MIN_BYTES};
use super::recorder::PATIENCE;

/// What NODE_STARTED tells of an attempt's variables; an event has 64 KiB in all.
const TOLD_MAX_BYTES: usize = 16 * 1024;

/// The attempt, but for its secrets. The error is a reason that would be the same next time.
pub(super) fn prepare(
    course: &Course,
    scope: &Scope,
    node: usize,
    number: u32,
    stop: CancellationToken,
) -> Result<Attempt, String> {
    let planned = &course.plan.nodes[node];
    let Kind::Command(command) = &planned.spec.kind else { return Err("it is no command".to_owned()) };
    let Rendered { words, image, mut env } = command.render(scope).map_err(|fault| fault.to_string())?;
    let inputs = told(command, &env, &planned.matrix);
    for (name, value) in &course.inputs {
        let name = name.replace('-', "_").to_ascii_uppercase();
        env.push((format!("TELLTALE_INPUT_{name}"), text_of(value)));
    }
    env.push(("TELLTALE_RUN_ID".to_owned(), course.run_id.to_string()));
    env.push(("TELLTALE_NODE".to_owned(), planned.id.to_string()));
    env.push(("TELLTALE_ATTEMPT".to_owned(), number.to_string()));
    Ok(Attempt {
        run_id: course.run_id.clone(),
        node: planned.id.clone(),
        number,
        words,
        image,
        env,
        timeout: planned.spec.timeout,
        stop,
        tty: command.tty,
        resources: command.resources,
        artifacts: command.artifacts.iter().map(ToString::to_string).collect(),
        masks: Arc::default(),
        inputs,
    })
}

/// What the node was given, without what all nodes of the run are given.
fn told(command: &CommandNode, env: &[(String, String)], matrix: &[(Arc<str>, Value)]) -> Value {
    let map = |pairs: Vec<(&str, Value)>| -> Option<Value> {
        let pairs: serde_json::Map<_, _> =
            pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        (!pairs.is_empty()).then_some(Value::Object(pairs))
    };
    let env = map(env.iter().map(|(name, value)| (name.as_str(), json!(value))).collect());
    let secrets = map(command.secrets.iter().map(|(name, secret)| (&**name, json!(secret))).collect());
    let matrix = map(matrix.iter().map(|(name, value)| (&**name, value.clone())).collect());
    let parts = [("env", env), ("secrets", secrets), ("matrix", matrix)];
    let told = map(parts.into_iter().filter_map(|(name, part)| Some((name, part?))).collect());
    match told {
        Some(told) if told.to_string().len() <= TOLD_MAX_BYTES => told,
        Some(told) => json!({ "omittedBytes": told.to_string().len() }),
        None => Value::Null,
    }
}

/// Gives the attempt its secrets, and masks for them.
pub(super) async fn with_secrets(course: &Course, node: usize, attempt: Attempt) -> Result<Attempt, Exit> {
    let Kind::Command(command) = &course.plan.nodes[node].spec.kind else { return Ok(attempt) };
    if command.secrets.is_empty() {
        return Ok(attempt);
    }
    let values = match course.secrets {
        SecretSource::Claim(claim) => fetched(course, command, claim).await?,
        SecretSource::Environment => of_environment(command)?,
    };
    let masks = Masker::new(values.iter().map(|(_, value)| value.as_bytes())).map_err(hopeless)?;
    let mut env = attempt.env;
    env.extend(values);
    Ok(Attempt { env, masks: Arc::new(masks), ..attempt })
}

async fn fetched(course: &Course, command: &CommandNode, claim: i32) -> Result<Vec<(String, String)>, Exit> {
    let named: Vec<(&str, SecretName)> = command
        .secrets
        .iter()
        .map(|(variable, name)| Ok((&**variable, name.parse().map_err(|error| format!("{error}"))?)))
        .collect::<Result<_, String>>()
        .map_err(hopeless)?;
    let names: Vec<SecretName> = named.iter().map(|(_, name)| name.clone()).collect();
    let fetch = || course.client.claimed_secrets(&course.run_id, claim, &names);
    let values = until_acknowledged(PATIENCE, fetch)
        .await
        .map_err(|error| Exit::NotStarted { reason: error.to_string(), hopeless: !error.is_transient() })?;
    let value_of = |(variable, name): (&str, SecretName)| {
        values
            .get(&name)
            .map(|value| (variable.to_owned(), value.clone()))
            .ok_or_else(|| hopeless(format!("the secret {name} was not given")))
    };
    named.into_iter().map(value_of).collect()
}

/// `telltale run FILE` has no claim: what it may see is what the person who starts it has set.
fn of_environment(command: &CommandNode) -> Result<Vec<(String, String)>, Exit> {
    let value_of = |variable: &str| match std::env::var(variable) {
        Ok(value) if value.len() >= SECRET_MIN_BYTES => Ok((variable.to_owned(), value)),
        Ok(_) => Err(hopeless(format!("the secret in {variable} is shorter than {SECRET_MIN_BYTES} bytes"))),
        Err(_) => Err(hopeless(format!(
            "its secret is not there: set {variable} in the environment of this command, or store the workflow and start it there"
        ))),
    };
    command.secrets.iter().map(|(variable, _)| value_of(variable)).collect()
}

fn hopeless(reason: String) -> Exit {
    Exit::NotStarted { reason, hopeless: true }
}
