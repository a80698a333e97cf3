//! What RUN_QUEUED and RUN_STARTED say of a run in their `data`.

use serde::Deserialize;

use super::id::NodeRef;
use super::json::Json;

/// What RUN_QUEUED and RUN_STARTED may carry in `data`. Each key is read by itself, so that one of an unexpected
/// shape does not hide the others.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Declaration {
    pub workflow: Option<Json>,
    pub engine: Option<Json>,
    pub trigger: Option<Json>,
    pub labels: Option<Json>,
    pub inputs: Option<Json>,
    pub total_actions: Option<Json>,
    pub nodes: Option<Json>,
}

/// A declared node: its name alone, or with what it needs.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum DeclaredNode {
    Name(NodeRef),
    #[serde(rename_all = "camelCase")]
    Full {
        node_ref: NodeRef,
        #[serde(default)]
        needs: Vec<NodeRef>,
    },
}
