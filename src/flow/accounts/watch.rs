//! Once a second: whether all who are known still hold, when tokens were used, whether there are users; and, seldom, what is over.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};
use tracing::{debug, warn};

use super::Accounts;
use super::admission::{Entry, Known};
use super::authority::{Authority, Principal};
use crate::facts::account::{FAILURES_COUNT_FOR, SessionId, TokenId};
use crate::facts::time::Timestamp;
use crate::store::accounts::{once, sessions, tokens, users};
use crate::store::clock;
use crate::store::db::DbError;

/// What is revoked ends on every server within this, and a query.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What could not be confirmed for so long is asked for again before it is let in: the database was away.
pub(super) const UNCONFIRMED_LIMIT: Duration = Duration::from_secs(10);
/// Those who have not come for so long, and have nothing open, are forgotten.
const IDLE_MICROS: i64 = 10 * 60 * 1_000_000;
/// Uses of one token are written down at most so often.
const NOTE_PAUSE_MICROS: i64 = 10 * 1_000_000;
/// Principals in one query.
const KEYS_PER_QUERY: usize = 1_000;
/// Rounds between two sweeps.
const SWEEP_ROUNDS: u32 = 60;

pub(super) async fn run(accounts: Accounts) {
    let mut every = interval(LOOK_EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut round = 0_u32;
    loop {
        every.tick().await;
        if let Err(error) = look(&accounts).await {
            debug!(%error, "callers could not be confirmed");
        }
        if let Err(error) = note_uses(&accounts).await {
            debug!(%error, "uses of tokens could not be written down");
        }
        if round.is_multiple_of(SWEEP_ROUNDS)
            && accounts.has_users()
            && let Err(error) = once::sweep(&accounts.shared.db, ago(FAILURES_COUNT_FOR)).await
        {
            warn!(%error, "what is over could not be removed");
        }
        round = round.wrapping_add(1);
    }
}

/// Confirms or ends everyone who is known, and sees whether there are users.
pub(super) async fn look(accounts: &Accounts) -> Result<(), DbError> {
    let shared = &accounts.shared;
    if !accounts.has_users() && users::any(&shared.db).await? {
        shared.has_users.store(true, Ordering::Release);
        // The free pass is over, and so is what was opened with it.
        shared.anyone.ended.cancel();
    }
    let asked = Instant::now();
    forget_idle(&mut shared.known.write(), clock::now(), IDLE_MICROS);
    let entries: Vec<(Principal, Arc<Entry>)> = shared
        .known
        .read()
        .entries
        .iter()
        .map(|(principal, entry)| (*principal, Arc::clone(entry)))
        .collect();
    for chunk in entries.chunks(KEYS_PER_QUERY) {
        let held = held(accounts, chunk).await?;
        for (principal, entry) in chunk {
            match held.get(principal) {
                Some(now) if entry.authority.is_same(now) => *entry.confirmed.write() = asked,
                _ => end(accounts, *principal, entry),
            }
        }
    }
    Ok(())
}

/// What the store says of these now; those that do not hold are missing.
async fn held(
    accounts: &Accounts,
    chunk: &[(Principal, Arc<Entry>)],
) -> Result<HashMap<Principal, Authority>, DbError> {
    let (mut session_ids, mut token_ids): (Vec<SessionId>, Vec<TokenId>) = (Vec::new(), Vec::new());
    for (principal, _) in chunk {
        match principal {
            Principal::Session(session) => session_ids.push(*session),
            Principal::Token(token) => token_ids.push(*token),
        }
    }
    let db = &accounts.shared.db;
    let mut held = HashMap::with_capacity(chunk.len());
    if !session_ids.is_empty() {
        for session in sessions::live(db, &session_ids).await? {
            held.insert(Principal::Session(session.session_id), Authority::of_session(session));
        }
    }
    if !token_ids.is_empty() {
        for token in tokens::live(db, &token_ids).await? {
            held.insert(Principal::Token(token.token_id), Authority::of_token(token));
        }
    }
    Ok(held)
}

fn end(accounts: &Accounts, principal: Principal, entry: &Arc<Entry>) {
    entry.authority.ended.cancel();
    let mut known = accounts.shared.known.write();
    // Another may have taken its place meanwhile.
    if known.entries.get(&principal).is_some_and(|there| Arc::ptr_eq(there, entry)) {
        known.entries.remove(&principal);
        known.forget_credentials(principal);
    }
}

/// Forgets whoever has nothing open and has not come for so long, and credentials that lead to nobody.
pub(super) fn forget_idle(known: &mut Known, now: Timestamp, idle_micros: i64) {
    let forgotten_before = if idle_micros == i64::MAX { i64::MAX } else { now.as_micros() - idle_micros };
    known.entries.retain(|_, entry| {
        // Streams hold the authority; the entry itself is one holder.
        let is_open = Arc::strong_count(&entry.authority) > 1;
        is_open || entry.used_at.load(Ordering::Relaxed) >= forgotten_before
    });
    let Known { credentials, entries } = known;
    credentials.retain(|_, (principal, until)| *until > now.as_micros() && entries.contains_key(principal));
}

async fn note_uses(accounts: &Accounts) -> Result<(), DbError> {
    let used: Vec<(TokenId, Timestamp)> = {
        let known = accounts.shared.known.read();
        let tokens = known.entries.iter().filter_map(|(principal, entry)| match principal {
            Principal::Token(token) => entry.unnoted_use(*token, NOTE_PAUSE_MICROS),
            Principal::Session(_) => None,
        });
        tokens.collect()
    };
    for chunk in used.chunks(KEYS_PER_QUERY) {
        tokens::touch(&accounts.shared.db, chunk).await?;
    }
    Ok(())
}

fn ago(limit: Duration) -> Timestamp {
    let micros = i64::try_from(limit.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(clock::now().as_micros() - micros).unwrap_or(Timestamp::EPOCH)
}
