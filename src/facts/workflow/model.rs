//! A workflow as its file says it: checked, with `needs` as indexes.
//!
//! Owns the shape and the bounds of a workflow; reading the text is the readers' work, and what one run makes of it
//! [`super::plan`]'s.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::facts::id::NodeRef;

use super::expression::Condition;
use super::inputs::Input;
use super::schema::Schema;
use super::template::{JsonTemplate, Template};

/// Nodes of a workflow, `finally` included: what one page and one fold can still show.
pub const NODES_MAX: usize = 10_000;
/// Instances that the matrices of one run make: each is a node with a workspace of its own.
pub const INSTANCES_MAX: usize = 1_000;
/// Dimensions of a matrix: their values stand in the names of its instances.
pub const DIMENSIONS_MAX: usize = 8;
/// Bytes of a workflow file.
pub const FILE_MAX_BYTES: usize = 1024 * 1024;
/// Edges of the graph, so that no alias makes 10,000 nodes need 10,000 others.
pub const EDGES_MAX: usize = 200_000;
/// Environment variables of a node.
pub const ENV_MAX: usize = 1_000;
/// Secrets of a node: each is fetched and masked on its own.
pub const SECRETS_MAX: usize = 64;
/// Globs of a node's artifacts: each is matched with every file of the workspace.
pub const ARTIFACTS_MAX: usize = 32;
/// Bytes of one glob.
pub const GLOB_MAX_BYTES: usize = 1_024;
/// Inputs of a workflow, and values that a call passes on.
pub const INPUTS_MAX: usize = 256;
/// Retries of a node: with the backoff at its ceiling that is more than a day.
pub const RETRIES_MAX: u32 = 1_000;
/// The first pause before a retry when the file names none.
pub const BACKOFF_DEFAULT: Duration = Duration::from_secs(1);
/// The highest priority; the lowest is its negative.
pub const PRIORITY_MAX: i32 = 100;
/// Runs of one workflow at the same time; more is no limit worth writing down.
pub const CONCURRENCY_MAX: u32 = 10_000;

/// A checked workflow: ids are unique, needs exist, there is no cycle, and templates name only what there is.
#[derive(Debug, Clone)]
pub struct Workflow {
    pub name: Arc<str>,
    pub description: Option<Arc<str>>,
    pub inputs: Vec<Input>,
    /// Of the whole run.
    pub timeout: Option<Duration>,
    /// Among the runs that wait: from -100 to 100, higher first.
    pub priority: i32,
    /// Runs of this workflow at the same time; no limit without.
    pub concurrency: Option<u32>,
    /// In the order of the file, those of `finally` after all others.
    pub nodes: Vec<Arc<Node>>,
}

/// A node of the file; with a matrix it stands for all its instances.
#[derive(Debug)]
pub struct Node {
    pub id: NodeRef,
    /// Indexes into [`Workflow::nodes`], each once.
    pub needs: Vec<usize>,
    pub join: Join,
    pub condition: Option<Condition>,
    /// Never empty when there is one.
    pub matrix: Vec<Dimension>,
    pub kind: Kind,
    /// Of one attempt.
    pub timeout: Option<Duration>,
    pub retries: Retries,
    /// Runs after all others are over, whatever became of them.
    pub is_finally: bool,
    /// The nodes that its templates name.
    pub mentions: Mentions,
}

/// What a node does.
#[derive(Debug)]
pub enum Kind {
    Command(CommandNode),
    Approval(Approval),
    Call(Call),
}

/// A program, in a container or as a process.
#[derive(Debug)]
pub struct CommandNode {
    pub command: Command,
    /// In a container of this image; without one it is a process of the machine.
    pub image: Option<Template>,
    pub env: Vec<(Arc<str>, Template)>,
    /// Variable and name of the stored secret.
    pub secrets: Vec<(Arc<str>, Arc<str>)>,
    pub tty: bool,
    pub resources: Resources,
    /// Globs in the workspace.
    pub artifacts: Vec<Arc<str>>,
}

#[derive(Debug, Clone)]
pub enum Command {
    /// Given to `/bin/sh -c` as it is: no value ever becomes code.
    Script(Arc<str>),
    /// Executed without a shell; never empty.
    Arguments(Vec<Template>),
}

/// What a node may use; the engine's own limit where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Resources {
    pub memory_bytes: Option<u64>,
    pub cpu_millis: Option<u32>,
    pub pids: Option<u32>,
}

/// A question to a person.
#[derive(Debug)]
pub struct Approval {
    pub message: Template,
    /// A JSON Schema of an object that comes with the answer.
    /// A JSON Schema of an object that comes with the answer.
    pub form: Option<Schema>,
}

/// A run of another workflow.
#[derive(Debug)]
pub struct Call {
    pub workflow: Arc<str>,
    /// Its inputs.
    pub with: Vec<(Arc<str>, JsonTemplate)>,
}

/// When a node with several needs has its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Join {
    /// Every need has completed.
    #[default]
    All,
    /// All needs are over, and at least one of them has completed.
    Any,
    /// One need has completed, whatever the others do.
    First,
}

/// A dimension of a matrix.
#[derive(Debug)]
pub struct Dimension {
    pub name: Arc<str>,
    pub values: DimensionValues,
}

#[derive(Debug)]
pub enum DimensionValues {
    /// Texts, numbers and booleans; never empty.
    Known(Vec<Value>),
    /// A list that is known when the run starts.
    Template(Template),
}

/// Which outputs a node's templates read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mentions {
    /// Indexes into [`Workflow::nodes`], each once.
    pub nodes: Vec<usize>,
    /// The name of some node is computed, so it may be any of those in scope.
    pub any: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// Attempts after the first one.
    pub limit: u32,
    /// The pause before the first retry; it doubles from there.
    pub backoff: Duration,
}

impl Retries {
    pub const NONE: Self = Self { limit: 0, backoff: BACKOFF_DEFAULT };
}

impl Workflow {
    /// Where `finally` begins in [`Workflow::nodes`].
    #[must_use]
    pub fn first_finally(&self) -> usize {
        self.nodes.iter().position(|node| node.is_finally).unwrap_or(self.nodes.len())
    }

    /// Whether a node asks for a container.
    #[must_use]
    pub fn has_images(&self) -> bool {
        self.nodes.iter().any(|node| node.image().is_some())
    }

    /// Whether a node is a process of the machine.
    #[must_use]
    pub fn has_processes(&self) -> bool {
        self.nodes.iter().any(|node| matches!(&node.kind, Kind::Command(command) if command.image.is_none()))
    }

    /// The names of the secrets that some node is given, each once.
    #[must_use]
    pub fn secrets(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .nodes
            .iter()
            .filter_map(|node| node.command())
            .flat_map(|command| command.secrets.iter().map(|(_, name)| &**name))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl Node {
    #[must_use]
    pub fn command(&self) -> Option<&CommandNode> {
        match &self.kind {
            Kind::Command(command) => Some(command),
            Kind::Approval(_) | Kind::Call(_) => None,
        }
    }

    #[must_use]
    pub fn image(&self) -> Option<&Template> {
        self.command().and_then(|command| command.image.as_ref())
    }
}
