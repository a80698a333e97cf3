//! The log store from below: what its chunks hold, unpacked without the server.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use super::Database;

/// Every line of a run that its chunks hold, in order, as JSON; they must follow each other without a gap.
pub async fn lines(database: &Database, run_id: &str) -> Vec<Value> {
    let query = "SELECT c.first_log_seq, c.last_log_seq, c.plain_bytes, c.body FROM log_chunks c JOIN runs r USING (run_key) \
        WHERE r.run_id = $1 ORDER BY c.first_log_seq";
    let mut lines: Vec<Value> = Vec::new();
    for row in database.session().await.query(query, &[&run_id]).await.unwrap() {
        let (first, last, plain_bytes): (i64, i64, i32) = (row.get(0), row.get(1), row.get(2));
        assert_eq!(first, lines.len() as i64 + 1, "a chunk follows the one before it");
        let text = zstd::bulk::decompress(row.get(3), plain_bytes as usize).unwrap();
        assert_eq!(text.len(), plain_bytes as usize);
        let texts = text.split_inclusive(|byte| *byte == b'\n');
        lines.extend(texts.map(|line| serde_json::from_slice::<Value>(line).unwrap()));
        assert_eq!(last, lines.len() as i64, "a chunk holds the lines that it says");
    }
    lines
}

/// How many chunks a run has.
pub async fn count(database: &Database, run_id: &str) -> i64 {
    let query = "SELECT count(*) FROM log_chunks c JOIN runs r USING (run_key) WHERE r.run_id = $1";
    database.session().await.query_one(query, &[&run_id]).await.unwrap().get(0)
}

/// The raw bytes of a line, without its newline.
pub fn raw(line: &Value) -> Vec<u8> {
    match line["bytes"].as_str() {
        Some(encoded) => BASE64.decode(encoded).unwrap(),
        None => line["text"].as_str().unwrap().as_bytes().to_vec(),
    }
}

/// The bytes that these lines were, in order.
pub fn bytes<'a>(lines: impl IntoIterator<Item = &'a Value>) -> Vec<u8> {
    let whole = |line: &Value| {
        let mut raw = raw(line);
        raw.extend((line["eol"] != false).then_some(b'\n'));
        raw
    };
    lines.into_iter().flat_map(whole).collect()
}
