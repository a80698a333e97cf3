//! Reads of the log: a run's events, its state at any event, and events across runs.

use tokio_postgres::Row;
use uuid::Uuid;

use super::load::shape;
use super::request::CommittedEvent;
use crate::facts::chain::Hash;
use crate::facts::event::{Event, EventType, Level};
use crate::facts::id::{NodeRef, OrganizationId, RunKey};
use crate::facts::run::Run;
use crate::store::db::{Db, DbError, Executor, Query, Target, query};

const READ_EVENTS: Query =
    query!("journal/read_events"; UUID, INT8, INT8, INT8, TEXT_ARRAY, TEXT, TEXT_ARRAY);
const READ_HASHED: Query = query!("journal/read_hashed"; UUID, INT8, INT8, INT8);
pub(super) const READ_CHECKPOINT: Query = query!("journal/read_checkpoint"; UUID, INT8);
const READ_ACROSS: Query = query!("journal/read_across"; UUID, INT8, INT4, INT8, TEXT_ARRAY);
const LAST_PURGED: Query = query!("journal/last_purged"; UUID, INT8);
const PURGED_BETWEEN: Query = query!("journal/purged_between"; UUID, INT8, INT8);
const INSTALLATION: Query = query!("feed/installation";);
const ADOPT_RESTORED: Query = query!("journal/adopt_restored";);

/// Events folded in one page when a state is rebuilt: bounds memory, not work.
pub(super) const FOLD_PAGE: i64 = 5_000;

/// What a reader wants of a run's events; empty means all.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    pub kinds: Vec<EventType>,
    pub node_ref: Option<NodeRef>,
    pub levels: Vec<Level>,
}

/// Events with `after < seq <= up_to` that match, in order, at most `limit`.
pub async fn events(
    db: &Db,
    run_key: RunKey,
    after: u64,
    up_to: u64,
    limit: u32,
    filter: &EventFilter,
) -> Result<Vec<CommittedEvent>, DbError> {
    let connection = db.get().await?;
    page(&Executor::Connection(&connection), run_key, after, up_to, i64::from(limit), filter).await
}

/// Events with `after < seq <= up_to`, each with its hash, at most `limit`.
pub async fn hashed_events(
    db: &Db,
    run_key: RunKey,
    after: u64,
    up_to: u64,
    limit: u32,
) -> Result<Vec<(CommittedEvent, Hash)>, DbError> {
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&run_key.0, &bounded(after), &bounded(up_to), &i64::from(limit)];
    let read = |row: &Row| -> Result<_, DbError> {
        let hash: &[u8] = row.try_get(3).map_err(shape)?;
        let hash = hash.try_into().map_err(|_| DbError::Shape("a hash is not 32 bytes".into()))?;
        let event = CommittedEvent {
            seq: row.try_get::<_, i64>(0).map_err(shape)?.unsigned_abs(),
            recorded_at: row.try_get(1).map_err(shape)?,
            late: row.try_get(2).map_err(shape)?,
            body: row.try_get::<_, &str>(4).map_err(shape)?.into(),
        };
        Ok((event, hash))
    };
    db.get().await?.query(&READ_HASHED, &params).await?.iter().map(read).collect()
}

pub(super) async fn page(
    on: &Executor<'_>,
    run_key: RunKey,
    after: u64,
    up_to: u64,
    limit: i64,
    filter: &EventFilter,
) -> Result<Vec<CommittedEvent>, DbError> {
    let kinds = words(&filter.kinds, EventType::as_str);
    let levels = words(&filter.levels, Level::as_str);
    let node_ref = filter.node_ref.as_ref().map(NodeRef::as_str);
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 7] =
        [&run_key.0, &bounded(after), &bounded(up_to), &limit, &kinds, &node_ref, &levels];
    on.query(&READ_EVENTS, &params).await?.iter().map(|row| stored_event(row, 0)).collect()
}

/// `None` for "no filter".
fn words<T: Copy>(members: &[T], word: fn(T) -> &'static str) -> Option<Vec<&'static str>> {
    (!members.is_empty()).then(|| members.iter().map(|member| word(*member)).collect())
}

fn bounded(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

fn stored_event(row: &Row, first: usize) -> Result<CommittedEvent, DbError> {
    let seq: i64 = row.try_get(first).map_err(shape)?;
    let body: &str = row.try_get(first + 3).map_err(shape)?;
    Ok(CommittedEvent {
        seq: seq.unsigned_abs(),
        recorded_at: row.try_get(first + 1).map_err(shape)?,
        late: row.try_get(first + 2).map_err(shape)?,
        body: body.into(),
    })
}

/// The run's state as of event `seq`: the nearest checkpoint before it, and the fold from there.
pub async fn state_at(db: &Db, run_key: RunKey, seq: u64) -> Result<Run, DbError> {
    let connection = db.get().await?;
    let checkpoint = connection.query_opt(&READ_CHECKPOINT, &[&run_key.0, &bounded(seq)]).await?;
    let mut run = match checkpoint {
        None => Run::default(),
        Some(row) => {
            let text: &str = row.try_get(1).map_err(shape)?;
            serde_json::from_str(text).map_err(|e| DbError::Shape(e.to_string()))?
        }
    };
    let everything = EventFilter::default();
    while run.head.head_seq < seq {
        let on = Executor::Connection(&connection);
        let events = page(&on, run_key, run.head.head_seq, seq, FOLD_PAGE, &everything).await?;
        if events.is_empty() {
            break;
        }
        for stored in events {
            let event = Event::from_stored(stored.seq, stored.recorded_at, &stored.body)
                .map_err(|e| DbError::Shape(e.to_string()))?;
            run.apply(&event);
        }
    }
    Ok(run)
}

/// A place in the order of all events: a transaction, and a place within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Below 0 for events that came with a restored dump.
    pub xid: i64,
    pub pos: i32,
}

/// Before the first event.
impl Default for Position {
    fn default() -> Self {
        Self { xid: i64::MIN, pos: 0 }
    }
}

/// The next events of an organization behind `position`, with the position behind each. Only transactions that
/// no running one can still come before are read.
pub async fn across(
    db: &Db,
    organization: OrganizationId,
    position: Position,
    limit: u32,
    kinds: &[EventType],
) -> Result<Vec<(Position, CommittedEvent)>, DbError> {
    let connection = db.get().await?;
    let kinds = words(kinds, EventType::as_str);
    let rows = connection
        .query(&READ_ACROSS, &[&organization.0, &position.xid, &position.pos, &i64::from(limit), &kinds])
        .await?;
    let read = |row: &Row| -> Result<_, DbError> {
        let position = Position { xid: row.try_get(0).map_err(shape)?, pos: row.try_get(1).map_err(shape)? };
        Ok((position, stored_event(row, 2)?))
    };
    rows.iter().map(read).collect()
}

/// The last transaction behind `position` that has lost events to a purge, if there is one.
pub async fn last_purged(
    db: &Db,
    organization: OrganizationId,
    position: Position,
) -> Result<Option<i64>, DbError> {
    let row = db.get().await?.query_one(&LAST_PURGED, &[&organization.0, &position.xid]).await?;
    row.try_get(0).map_err(shape)
}

/// How many events were purged behind `position`, up to a transaction.
pub async fn purged_between(
    db: &Db,
    organization: OrganizationId,
    position: Position,
    to_xid: i64,
) -> Result<u64, DbError> {
    let row = db.get().await?.query_one(&PURGED_BETWEEN, &[&organization.0, &position.xid, &to_xid]).await?;
    Ok(row.try_get::<_, i64>(0).map_err(shape)?.unsigned_abs())
}

/// What names this installation in cursors, and what it was called before dumps of it were restored elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    pub id: Uuid,
    /// Earlier names, each with what is taken off the xid of a cursor that bears it.
    pub earlier: Vec<(Uuid, i64)>,
}

impl Installation {
    /// Where a cursor's position lies today; `None`: the cursor comes from another installation.
    #[must_use]
    pub fn translate(&self, home: Uuid, position: Position) -> Option<Position> {
        if home == self.id {
            return Some(position);
        }
        let (_, shift) = self.earlier.iter().find(|(earlier, _)| *earlier == home)?;
        // The very beginning is no transaction.
        let xid = if position.xid == i64::MIN { i64::MIN } else { position.xid.saturating_sub(*shift) };
        Some(Position { xid, pos: position.pos })
    }
}

pub async fn installation(db: &Db) -> Result<Installation, DbError> {
    let row = db.get().await?.query_one(&INSTALLATION, &[]).await?;
    let ids: Vec<Uuid> = row.try_get(1).map_err(shape)?;
    let shifts: Vec<i64> = row.try_get(2).map_err(shape)?;
    Ok(Installation { id: row.try_get(0).map_err(shape)?, earlier: ids.into_iter().zip(shifts).collect() })
}

/// To be called once after a dump was restored into another cluster: all its events come before everything new, in their old
/// order, and cursors from before go on. Gives how many events there are.
pub async fn adopt_restored(target: &Target) -> Result<i64, DbError> {
    // On a connection of its own: every event is rewritten, which takes longer than the pool lets a query take.
    let client = target.open().await?;
    let row = client.query_typed(ADOPT_RESTORED.text, &[]).await;
    let rows = row.map_err(|error| DbError::of_query(ADOPT_RESTORED.name, error))?;
    rows.first().ok_or_else(|| DbError::Shape("no row".into()))?.try_get(0).map_err(shape)
}
