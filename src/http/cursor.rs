//! Opaque cursors: what clients hand back unread. A foreign, outdated or garbled one is refused, never guessed at.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::problem::Problem;
use crate::facts::id::RunKey;
use crate::facts::time::Timestamp;
use crate::store::journal::read::{Installation, Position};

/// The layout's version; another layout gets another number, so that old cursors fail loudly.
const VERSION: u8 = 1;
const RUN_LIST: u8 = b'R';
const ALL_EVENTS: u8 = b'E';
const ARTIFACTS: u8 = b'A';
const WORKFLOWS: u8 = b'W';
const DELIVERIES: u8 = b'D';

/// A place in the list of runs.
pub fn list_cursor(last: RunKey) -> String {
    let mut bytes = vec![VERSION, RUN_LIST];
    bytes.extend_from_slice(last.0.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn parse_list_cursor(text: &str) -> Result<RunKey, Problem> {
    let bytes = decode(text, RUN_LIST)?;
    Uuid::from_slice(&bytes).map(RunKey).map_err(|_| unknown())
}

/// A place in the list of a run's artifacts.
pub fn artifact_cursor(created_at: Timestamp, artifact_id: Uuid) -> String {
    let mut bytes = vec![VERSION, ARTIFACTS];
    bytes.extend_from_slice(&created_at.as_micros().to_be_bytes());
    bytes.extend_from_slice(artifact_id.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn parse_artifact_cursor(text: &str) -> Result<(Timestamp, Uuid), Problem> {
    time_and_id(text, ARTIFACTS)
}

/// A place in the list of a notification's deliveries.
pub fn delivery_cursor(created_at: Timestamp, delivery_id: Uuid) -> String {
    let mut bytes = vec![VERSION, DELIVERIES];
    bytes.extend_from_slice(&created_at.as_micros().to_be_bytes());
    bytes.extend_from_slice(delivery_id.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn parse_delivery_cursor(text: &str) -> Result<(Timestamp, Uuid), Problem> {
    time_and_id(text, DELIVERIES)
}

fn time_and_id(text: &str, kind: u8) -> Result<(Timestamp, Uuid), Problem> {
    let bytes = decode(text, kind)?;
    let (Some((micros, id)), true) = (bytes.split_first_chunk::<8>(), bytes.len() == 24) else {
        return Err(unknown());
    };
    let created_at = Timestamp::from_micros(i64::from_be_bytes(*micros)).ok_or_else(unknown)?;
    Ok((created_at, Uuid::from_slice(id).map_err(|_| unknown())?))
}

/// A place in the order of all events of one installation.
pub fn events_cursor(installation: Uuid, position: Position) -> String {
    let mut bytes = vec![VERSION, ALL_EVENTS];
    bytes.extend_from_slice(installation.as_bytes());
    bytes.extend_from_slice(&position.xid.to_be_bytes());
    bytes.extend_from_slice(&position.pos.to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Where the cursor's place is in `installation`, whatever that was called when the cursor was made.
pub fn parse_events_cursor(text: &str, installation: &Installation) -> Result<Position, Problem> {
    let bytes = decode(text, ALL_EVENTS)?;
    let (Some((home, rest)), true) = (bytes.split_first_chunk::<16>(), bytes.len() == 28) else {
        return Err(unknown());
    };
    let (Some((xid, _)), Some((_, pos))) = (rest.split_first_chunk::<8>(), rest.split_last_chunk::<4>())
    else {
        return Err(unknown());
    };
    let position = Position { xid: i64::from_be_bytes(*xid), pos: i32::from_be_bytes(*pos) };
    if position.pos < 0 {
        return Err(unknown());
    }
    let foreign = || Problem::invalid_at("?cursor", "comes from another installation");
    installation.translate(Uuid::from_bytes(*home), position).ok_or_else(foreign)
}

/// A place in the list of workflows.
pub fn workflows_cursor(updated_at: Timestamp, name: &str) -> String {
    let mut bytes = vec![VERSION, WORKFLOWS];
    bytes.extend_from_slice(&updated_at.as_micros().to_be_bytes());
    bytes.extend_from_slice(name.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn parse_workflows_cursor(text: &str) -> Result<(Timestamp, String), Problem> {
    let bytes = decode(text, WORKFLOWS)?;
    let (micros, name) = bytes.split_first_chunk::<8>().ok_or_else(unknown)?;
    let at = Timestamp::from_micros(i64::from_be_bytes(*micros)).ok_or_else(unknown)?;
    let name = std::str::from_utf8(name).ok().filter(|name| !name.contains('\0')).ok_or_else(unknown)?;
    Ok((at, name.to_owned()))
}

fn decode(text: &str, kind: u8) -> Result<Vec<u8>, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| unknown())?;
    match bytes.split_first_chunk::<2>() {
        Some((head, rest)) if *head == [VERSION, kind] => Ok(rest.to_vec()),
        _ => Err(unknown()),
    }
}

fn unknown() -> Problem {
    Problem::invalid_at("?cursor", "is not a cursor of this server; begin without one")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_survive_their_text() {
        let key = RunKey(Uuid::from_u128(77));
        assert_eq!(parse_list_cursor(&list_cursor(key)).unwrap(), key);
        let place = (Timestamp::from_micros(1_795_341_600_000_123).unwrap(), "wörk/flow".to_owned());
        assert_eq!(parse_workflows_cursor(&workflows_cursor(place.0, &place.1)).unwrap(), place);
        assert!(parse_workflows_cursor(&list_cursor(key)).is_err());
        let (home, position) = (Uuid::from_u128(5), Position { xid: 1 << 40, pos: 12 });
        let here = Installation { id: home, earlier: Vec::new() };
        assert_eq!(parse_events_cursor(&events_cursor(home, position), &here).unwrap(), position);
    }

    #[test]
    fn a_cursor_goes_on_after_its_installation_was_restored() {
        let (before, now) = (Uuid::from_u128(5), Uuid::from_u128(6));
        let restored = Installation { id: now, earlier: vec![(before, 1_000)] };
        let read = |position| parse_events_cursor(&events_cursor(before, position), &restored).unwrap();
        assert_eq!(read(Position { xid: 990, pos: 3 }), Position { xid: -10, pos: 3 });
        assert_eq!(read(Position::default()), Position::default());
    }

    #[test]
    fn foreign_and_garbled_ones_are_refused() {
        let home = Uuid::from_u128(5);
        let here = Installation { id: home, earlier: Vec::new() };
        let good = events_cursor(home, Position { xid: 3, pos: 4 });
        let list = list_cursor(RunKey(home));
        for bad in ["", "x", "!!", &good[1..], &format!("{good}AA"), &list] {
            assert!(parse_events_cursor(bad, &here).is_err(), "{bad}");
        }
        let elsewhere = Installation { id: Uuid::from_u128(6), earlier: vec![(Uuid::from_u128(7), 9)] };
        assert!(parse_events_cursor(&good, &elsewhere).is_err());
        assert!(parse_events_cursor(&events_cursor(home, Position { xid: 1, pos: -1 }), &here).is_err());
        assert!(parse_list_cursor(&good).is_err());
    }
}
