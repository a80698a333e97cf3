//! Holds what is projected of a run against the fold of its events, and writes it anew where it differs.
//!
//! Online: most of the events are folded without any lock; what came meanwhile is folded, compared and written in one
//! transaction under the run's lock, as an append would take it. Events are read and never written: a history with a gap, or
//! whose chain does not hold, is told and left alone.

use uuid::Uuid;

use super::chain::{self, Hash};
use super::group;
use super::load::{self, LOCK_BUCKETS, shape};
use super::plan::CHECKPOINT_EVERY;
use super::read::{self, EventFilter, FOLD_PAGE, READ_CHECKPOINT};
use crate::facts::event::Event;
use crate::facts::id::{OrganizationId, RunId, RunKey};
use crate::facts::json::Json;
use crate::facts::run::{Node, Run, RunDocuments, RunHead};
use crate::store::db::{Db, DbError, Executor, Query, Transaction, query};

const RUNS_AFTER: Query = query!("journal/runs_after"; UUID, TEXT, INT8);
const PROJECTION: Query = query!("journal/projection"; UUID);
const REWRITE_RUN: Query =
    query!("journal/rewrite_run"; UUID, TEXT, TEXT, INT8, BYTEA, TEXT, TEXT, TEXT, TEXT, TEXT);
const REWRITE_NODES: Query =
    query!("journal/rewrite_nodes"; UUID, TEXT_ARRAY, TEXT_ARRAY, INT4_ARRAY, TEXT_ARRAY);
const SEARCH_AGAIN: Query = query!("journal/search_again"; UUID);
const PUT_CHECKPOINT: Query = query!("journal/put_checkpoint"; UUID, INT8, TEXT);
const FORGET_CHECKPOINTS: Query = query!("journal/forget_checkpoints"; UUID, INT8, INT8);

/// A run to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub organization: OrganizationId,
    pub run_id: RunId,
    pub run_key: RunKey,
}

/// What is to become of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    Tell,
    Write,
}

/// What was found of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The events were removed, by retention say; there is nothing to fold.
    NoEvents,
    /// The history itself is not whole, and why; nothing is written.
    Broken(String),
    /// The fold of so many events, and what differed from it, in words; nothing: all is as it should be.
    Folded { events: u64, differences: Vec<String>, is_over: bool },
}

/// The next runs behind a key, of every organization; with `only`, those of that id.
pub async fn runs_after(
    db: &Db,
    after: Option<RunKey>,
    only: Option<&RunId>,
    limit: u32,
) -> Result<Vec<Named>, DbError> {
    let after = after.map_or(Uuid::nil(), |key| key.0);
    let only = only.map(RunId::as_str);
    let rows = db.get().await?.query(&RUNS_AFTER, &[&after, &only, &i64::from(limit)]).await?;
    let named = rows.iter().map(|row| {
        let name: &str = row.try_get(2).map_err(shape)?;
        Ok(Named {
            run_key: RunKey(row.try_get(0).map_err(shape)?),
            organization: OrganizationId(row.try_get(1).map_err(shape)?),
            run_id: name.parse().map_err(|e| DbError::Shape(format!("{e}")))?,
        })
    });
    named.collect()
}

/// Looks at one run, and writes its projections anew if that is the aim and they differ.
pub async fn rebuild(db: &Db, named: &Named, aim: Aim) -> Result<Finding, DbError> {
    let mut fold = Fold::new(named);
    let mut connection = db.get().await?;
    fold.go_on(&Executor::Connection(&connection), named.run_key).await?;
    let transaction = connection.transaction().await?;
    let bucket = group::bucket(&(named.organization, named.run_id.clone()));
    transaction.query(&LOCK_BUCKETS, &[&vec![bucket]]).await?;
    fold.go_on(&Executor::Transaction(&transaction), named.run_key).await?;
    if let Some(why) = fold.broken {
        return Ok(Finding::Broken(why));
    }
    let events = fold.run.head.head_seq;
    if events == 0 {
        return Ok(Finding::NoEvents);
    }
    let Some(stored) = Stored::read(&transaction, named.run_key).await? else {
        // Removed since it was listed.
        return Ok(Finding::NoEvents);
    };
    let mut differences = stored.differences(&fold.run, &fold.hash);
    differences.extend(fold.checkpoints.iter().map(|(seq, _)| format!("the checkpoint at {seq}")));
    let head = events.cast_signed();
    let strays = transaction
        .query(&FORGET_CHECKPOINTS, &[&named.run_key.0, &head, &CHECKPOINT_EVERY.cast_signed()])
        .await?;
    differences.extend(
        strays
            .iter()
            .filter_map(|row| row.try_get::<_, i64>(0).ok())
            .map(|seq| format!("a checkpoint at {seq} where none belongs")),
    );
    if aim == Aim::Write && !differences.is_empty() {
        write(&transaction, named.run_key, &fold).await?;
        transaction.commit().await?;
    }
    Ok(Finding::Folded { events, differences, is_over: fold.run.status().is_terminal() })
}

/// The state after the events read so far, and the checkpoints on the way that are not as they should be.
struct Fold {
    run: Run,
    hash: Hash,
    checkpoints: Vec<(u64, String)>,
    broken: Option<String>,
}

impl Fold {
    fn new(named: &Named) -> Self {
        let hash = chain::genesis(named.organization, &named.run_id);
        Self { run: Run::default(), hash, checkpoints: Vec::new(), broken: None }
    }

    /// Folds all that there is behind the head.
    async fn go_on(&mut self, on: &Executor<'_>, run_key: RunKey) -> Result<(), DbError> {
        let everything = EventFilter::default();
        while self.broken.is_none() {
            let head = self.run.head.head_seq;
            let events = read::page(on, run_key, head, u64::MAX, FOLD_PAGE, &everything).await?;
            if events.is_empty() {
                break;
            }
            for stored in events {
                let expected = self.run.head.head_seq + 1;
                if stored.seq != expected {
                    self.broken = Some(format!("event {expected} is missing, the next is {}", stored.seq));
                    break;
                }
                let event = match Event::from_stored(stored.seq, stored.recorded_at, &stored.body) {
                    Ok(event) => event,
                    Err(error) => {
                        self.broken = Some(format!("event {expected} can't be read: {error}"));
                        break;
                    }
                };
                self.run.apply(&event);
                self.hash =
                    chain::next(&self.hash, stored.seq, stored.recorded_at, stored.late, &stored.body);
                if stored.seq.is_multiple_of(CHECKPOINT_EVERY) {
                    self.hold_against_checkpoint(on, run_key).await?;
                }
            }
        }
        Ok(())
    }

    async fn hold_against_checkpoint(&mut self, on: &Executor<'_>, run_key: RunKey) -> Result<(), DbError> {
        let seq = self.run.head.head_seq;
        let rows = on.query(&READ_CHECKPOINT, &[&run_key.0, &seq.cast_signed()]).await?;
        let stored = rows.first().and_then(|row| {
            let at: i64 = row.try_get(0).ok()?;
            (at.unsigned_abs() == seq).then(|| load::parse::<Run>(row, 1).ok()).flatten()
        });
        if !stored.is_some_and(|stored| is_same(&stored, &self.run)) {
            self.checkpoints.push((seq, to_text(&self.run)?));
        }
        Ok(())
    }
}

/// Equal, and the nodes in the same order, which the map's own comparison does not ask.
fn is_same(a: &Run, b: &Run) -> bool {
    a == b && a.nodes.keys().eq(b.nodes.keys())
}

/// A run's projection as it is stored; what can't be read is `None`.
struct Stored {
    workflow: Option<String>,
    status: String,
    head_seq: i64,
    head_hash: Vec<u8>,
    head: Option<RunHead>,
    documents: Option<RunDocuments>,
    nodes: Vec<StoredNode>,
    /// By its words, its labels and its trigger's type, as the row says them.
    is_found: bool,
}

struct StoredNode {
    name: String,
    position: i32,
    status: String,
    attempt: i32,
    node: Option<Node>,
}

impl Stored {
    async fn read(transaction: &Transaction<'_>, run_key: RunKey) -> Result<Option<Self>, DbError> {
        let Some(row) = transaction.query_opt(&PROJECTION, &[&run_key.0]).await? else { return Ok(None) };
        let names: Vec<String> = row.try_get(9).map_err(shape)?;
        let positions: Vec<i32> = row.try_get(10).map_err(shape)?;
        let statuses: Vec<String> = row.try_get(11).map_err(shape)?;
        let attempts: Vec<i32> = row.try_get(12).map_err(shape)?;
        let states: Vec<&str> = row.try_get(13).map_err(shape)?;
        let columns = names.into_iter().zip(positions).zip(statuses).zip(attempts).zip(states);
        let nodes = columns.map(|((((name, position), status), attempt), state)| StoredNode {
            name,
            position,
            status,
            attempt,
            node: serde_json::from_str(state).ok(),
        });
        Ok(Some(Self {
            workflow: row.try_get(0).map_err(shape)?,
            status: row.try_get(1).map_err(shape)?,
            head_seq: row.try_get(2).map_err(shape)?,
            head_hash: row.try_get(3).map_err(shape)?,
            head: load::parse(&row, 4).ok(),
            documents: load::documents(&row, 5).ok(),
            nodes: nodes.collect(),
            is_found: row.try_get(14).map_err(shape)?,
        }))
    }

    /// What differs from the fold, in words.
    fn differences(&self, run: &Run, hash: &Hash) -> Vec<String> {
        let mut found = Vec::new();
        let mut tell = |differs: bool, what: &str| {
            if differs {
                found.push(what.to_owned());
            }
        };
        tell(self.status != run.status().as_str(), "the status");
        tell(self.workflow != run.head.workflow, "the workflow");
        tell(self.head_seq != run.head.head_seq.cast_signed(), "the head");
        tell(self.head_hash != hash, "the head's hash");
        tell(self.head.as_ref() != Some(&run.head), "the state");
        tell(self.documents.as_ref() != Some(&run.documents), "trigger, labels, inputs or result");
        tell(!self.is_found, "what it is searched by");
        for (place, name) in run.nodes.keys().enumerate() {
            let stored = self.nodes.iter().find(|stored| stored.name == name.as_str());
            let is_right = stored.is_some_and(|stored| {
                run.nodes.get(name).is_some_and(|node| {
                    i32::try_from(place).is_ok_and(|place| stored.position == place)
                        && stored.status == node.status.as_str()
                        && stored.attempt == node.attempt.cast_signed()
                        && stored.node.as_ref() == Some(node)
                })
            });
            if !is_right {
                found.push(format!("node {name}"));
            }
        }
        let is_known = |stored: &StoredNode| run.nodes.keys().any(|name| name.as_str() == stored.name);
        found.extend(
            self.nodes.iter().filter(|it| !is_known(it)).map(|it| format!("node {} (unknown)", it.name)),
        );
        found
    }
}

async fn write(transaction: &Transaction<'_>, run_key: RunKey, fold: &Fold) -> Result<(), DbError> {
    let Run { head, documents, nodes } = &fold.run;
    let text = |json: &Option<Json>| json.as_ref().map(|json| json.get().to_owned());
    let hash: &[u8] = &fold.hash;
    transaction
        .query(
            &REWRITE_RUN,
            &[
                &run_key.0,
                &head.workflow,
                &fold.run.status().as_str(),
                &head.head_seq.cast_signed(),
                &hash,
                &to_text(head)?,
                &text(&documents.trigger),
                &to_text(&documents.labels)?,
                &text(&documents.inputs),
                &text(&documents.result),
            ],
        )
        .await?;
    let names: Vec<&str> = nodes.keys().map(|name| name.as_str()).collect();
    let statuses: Vec<&str> = nodes.values().map(|node| node.status.as_str()).collect();
    let attempts: Vec<i32> = nodes.values().map(|node| node.attempt.cast_signed()).collect();
    let states = nodes.values().map(to_text).collect::<Result<Vec<_>, _>>()?;
    transaction.query(&SEARCH_AGAIN, &[&run_key.0]).await?;
    transaction.query(&REWRITE_NODES, &[&run_key.0, &names, &statuses, &attempts, &states]).await?;
    for (seq, state) in &fold.checkpoints {
        transaction.query(&PUT_CHECKPOINT, &[&run_key.0, &seq.cast_signed(), state]).await?;
    }
    Ok(())
}

fn to_text<T: serde::Serialize>(value: &T) -> Result<String, DbError> {
    serde_json::to_string(value).map_err(|e| DbError::Shape(e.to_string()))
}
