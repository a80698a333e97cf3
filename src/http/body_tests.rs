//! Bodies: formats, encodings, bounds.

use async_compression::tokio::bufread::{BrotliEncoder, GzipEncoder, ZstdEncoder};
use futures_util::stream;
use http::header::CONTENT_ENCODING;

use super::*;

fn headers(pairs: &[(http::HeaderName, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, "application/json".parse().unwrap());
    for (name, value) in pairs {
        headers.insert(name, value.parse().unwrap());
    }
    headers
}

fn chunked(bytes: &[u8]) -> Chunks {
    let chunks: Vec<io::Result<Bytes>> =
        bytes.chunks(1_000).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    Box::pin(stream::iter(chunks))
}

async fn read_with(pairs: &[(http::HeaderName, &str)], bytes: &[u8]) -> Result<Vec<u8>, u16> {
    let body = read(&BodyBudget::default(), &headers(pairs), chunked(bytes)).await;
    body.map(|body| body.bytes).map_err(|problem| problem.status.as_u16())
}

async fn packed(encoding: &str, plain: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match encoding {
        "gzip" => GzipEncoder::new(plain).read_to_end(&mut out).await.unwrap(),
        "br" => BrotliEncoder::new(plain).read_to_end(&mut out).await.unwrap(),
        _ => ZstdEncoder::new(plain).read_to_end(&mut out).await.unwrap(),
    };
    out
}

#[tokio::test]
async fn every_encoding_is_undone() {
    let plain = b"[{\"type\":\"NOTE\"}]".repeat(500);
    assert_eq!(read_with(&[], &plain).await, Ok(plain.clone()));
    for encoding in ["gzip", "br", "zstd"] {
        let body = packed(encoding, &plain).await;
        assert_eq!(read_with(&[(CONTENT_ENCODING, encoding)], &body).await, Ok(plain.clone()), "{encoding}");
        let cut = read_with(&[(CONTENT_ENCODING, encoding)], &body[..body.len() / 2]).await;
        assert_eq!(cut, Err(400), "{encoding}, cut short");
    }
    assert_eq!(read_with(&[(CONTENT_ENCODING, "compress")], &plain).await, Err(415));
    assert_eq!(read_with(&[(CONTENT_ENCODING, "gzip, br")], &plain).await, Err(415));
}

#[tokio::test]
async fn the_bound_counts_decompressed_bytes() {
    let fits = vec![b' '; BODY_MAX_BYTES];
    let over = vec![b' '; BODY_MAX_BYTES + 1];
    assert_eq!(read_with(&[], &fits).await.map(|b| b.len()), Ok(BODY_MAX_BYTES));
    assert_eq!(read_with(&[], &over).await, Err(413));
    assert_eq!(read_with(&[(CONTENT_LENGTH, "99999999")], &over).await, Err(413));
    for encoding in ["gzip", "br", "zstd"] {
        let body = packed(encoding, &over).await;
        assert!(body.len() < 100_000);
        assert_eq!(read_with(&[(CONTENT_ENCODING, encoding)], &body).await, Err(413), "{encoding}");
    }
}

#[tokio::test]
async fn only_json_and_ndjson_come_in() {
    for (mime, expected) in [
        ("application/json; charset=utf-8", Some(BodyFormat::Json)),
        ("application/cloudevents+json", Some(BodyFormat::Json)),
        ("application/x-ndjson", Some(BodyFormat::Ndjson)),
        ("Application/NDJSON", Some(BodyFormat::Ndjson)),
        ("text/plain", None),
        ("application/x-www-form-urlencoded", None),
        ("multipart/form-data", None),
    ] {
        assert_eq!(format(&headers(&[(CONTENT_TYPE, mime)])).ok(), expected, "{mime}");
    }
    assert_eq!(format(&HeaderMap::new()).unwrap_err().status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn all_bodies_together_are_bounded() {
    let budget = BodyBudget(Arc::new(Semaphore::new(2)));
    let held = read(&budget, &headers(&[]), chunked(&[b' '; 2_048])).await.unwrap();
    let refused = read(&budget, &headers(&[]), chunked(b"{}")).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    drop(held);
    assert!(read(&budget, &headers(&[]), chunked(b"{}")).await.is_ok());
}
