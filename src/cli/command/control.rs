//! `telltale cancel`, `rerun` and `input`: what a person decides about a run.

use serde_json::Value;

use crate::cli::failure::{DONE, Failure};
use crate::cli::server;
use crate::cli::workflow_args::{CancelArgs, NodeInputArgs, RerunArgs};
use crate::client::{Client, NodeInput, name_of};
use crate::facts::id::RunId;

use super::watch::say;
use super::workflow::{parsed, watched};

pub(crate) async fn cancel(args: &CancelArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    let run_id = server::run_id(&client, &args.run).await?;
    let is_over = client.cancel_run(&run_id, args.reason.as_deref()).await?;
    say(&if is_over {
        format!("cancelled {run_id}\n")
    } else {
        format!("asked the worker of {run_id} to end it; `telltale watch {run_id}` shows when it has\n")
    })?;
    Ok(DONE)
}

pub(crate) async fn rerun(args: &RerunArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    let run_id = server::run_id(&client, &args.run).await?;
    let inputs = inputs(&client, &run_id, args).await?;
    let new_id = client.rerun(&run_id, args.from.as_deref(), inputs.as_ref()).await?;
    watched(&client, new_id, args.watch).await
}

/// The given inputs by the types that the run's workflow has for them; the server checks them.
async fn inputs(client: &Client, run_id: &RunId, args: &RerunArgs) -> Result<Option<Value>, Failure> {
    if args.inputs.is_empty() {
        return Ok(None);
    }
    let state = client.get_run(run_id, None).await?;
    let stored = client.get_workflow(&name_of(state.workflow.as_ref()), None).await?;
    let texts = args.inputs.iter().cloned().collect();
    Ok(Some(Value::Object(parsed(&stored.name, &stored.source)?.inputs_from_texts(&texts))))
}

pub(crate) async fn input(args: &NodeInputArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    let data = match &args.data {
        Some(text) => Some(
            serde_json::from_str(text)
                .map_err(|error| Failure::WrongUse(format!("--data is no JSON: {error}")))?,
        ),
        None => None,
    };
    let run_id = server::run_id(&client, &args.run).await?;
    let input = NodeInput { approved: args.approve, data, comment: args.comment.clone(), by: None };
    client.give_input(&run_id, &args.node, &input).await?;
    say(&format!("{} {} of {run_id}\n", if args.approve { "approved" } else { "rejected" }, args.node))?;
    Ok(DONE)
}
