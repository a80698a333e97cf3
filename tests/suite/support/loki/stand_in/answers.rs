//! The stand-in's routes: from a request's parts to a status and a body.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{HeaderMap, Method, Request};
use serde_json::Value;

use super::limits::{Bucket, Limits};
use super::push::{self, Said, Taken};
use super::query::{self, Parameters};
use super::snappy;
use super::store::Store;
use super::wire::{self, PushedStream};

/// The tenant of all requests where `auth_enabled` is off.
const ONLY_TENANT: &str = "fake";

/// What the stand-in holds while it runs.
pub struct Service {
    pub limits: Mutex<Limits>,
    pub store: Mutex<Store>,
    pub taken: Mutex<Taken>,
    /// Pushes are acknowledged and not kept.
    pub forgetful: AtomicBool,
    bucket: Mutex<Bucket>,
}

impl Service {
    pub fn new(limits: Limits, store: Store) -> Self {
        let bucket = Mutex::new(Bucket::full(&limits));
        Self {
            limits: Mutex::new(limits),
            store: Mutex::new(store),
            taken: Mutex::default(),
            forgetful: AtomicBool::default(),
            bucket,
        }
    }
}

/// Answers one request. Between the streams of a push others are let in, and an end may come.
pub async fn answer(service: &Service, request: &Request<Vec<u8>>) -> Said {
    match routed(service, request).await {
        Ok(said) | Err(said) => said,
    }
}

async fn routed(service: &Service, request: &Request<Vec<u8>>) -> Result<Said, Said> {
    let path = request.uri().path();
    if path == "/ready" {
        return Ok((200, "ready\n".to_owned()));
    }
    let limits = service.limits.lock().unwrap().clone();
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let tenant = match header("x-scope-orgid") {
        _ if !limits.auth_enabled => ONLY_TENANT,
        Some(tenant) => tenant,
        None => return Err((401, "no org id\n".to_owned())),
    };
    let found = |value: Value| Ok((200, value.to_string()));
    match (request.method(), path) {
        (&Method::POST, "/loki/api/v1/push") => pushed(service, tenant, &limits, request).await,
        (&Method::GET | &Method::POST, "/loki/api/v1/query_range") => {
            let flags = header("x-loki-response-encoding-flags").unwrap_or_default();
            let categorize = flags.split(',').any(|flag| flag.trim() == query::CATEGORIZE);
            let store = service.store.lock().unwrap();
            found(query::range(&store, tenant, &limits, &parameters(request), categorize)?)
        }
        (&Method::GET, "/loki/api/v1/labels") => {
            found(query::label_names(&service.store.lock().unwrap(), tenant))
        }
        (&Method::POST | &Method::PUT, "/loki/api/v1/delete") => {
            query::delete(&mut service.store.lock().unwrap(), tenant, &parameters(request))?;
            Ok((204, String::new()))
        }
        (&Method::GET, path) => match path.strip_prefix("/loki/api/v1/label/") {
            Some(rest) if rest.ends_with("/values") => {
                let name = rest.trim_end_matches("/values");
                found(query::label_values(&service.store.lock().unwrap(), tenant, name))
            }
            _ => Err((404, "404 page not found\n".to_owned())),
        },
        _ => Err((404, "404 page not found\n".to_owned())),
    }
}

fn parameters(request: &Request<Vec<u8>>) -> Parameters {
    let query = request.uri().query().unwrap_or_default().as_bytes();
    let form = is_type(request.headers(), "application/x-www-form-urlencoded");
    let body = if form { request.body().as_slice() } else { &[] };
    let pairs = [query, body].into_iter().flat_map(form_urlencoded::parse);
    pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

fn is_type(headers: &HeaderMap, wanted: &str) -> bool {
    let header = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    header.split(';').next().unwrap_or_default().trim() == wanted
}

async fn pushed(
    service: &Service,
    tenant: &str,
    limits: &Limits,
    request: &Request<Vec<u8>>,
) -> Result<Said, Said> {
    let streams = streams(request)?;
    let too_fast = push::too_fast(&streams, tenant, limits, &mut service.bucket.lock().unwrap());
    too_fast.map_or(Ok(()), Err)?;
    if service.forgetful.load(Ordering::Relaxed) {
        return Ok((204, String::new()));
    }
    let mut fault = None;
    for stream in streams {
        let taken = {
            let mut store = service.store.lock().unwrap();
            let mut taken = service.taken.lock().unwrap();
            push::take(&mut store, tenant, limits, stream, &mut taken)
        };
        if let Err(said) = taken {
            fault = fault.or(Some(said));
        }
        tokio::task::yield_now().await;
    }
    fault.map_or(Ok((204, String::new())), Err)
}

fn streams(request: &Request<Vec<u8>>) -> Result<Vec<PushedStream>, Said> {
    let bad = |said: &str| (400, format!("{said}\n"));
    let encoding = request.headers().get("content-encoding").and_then(|value| value.to_str().ok());
    if is_type(request.headers(), "application/json") {
        let body = match encoding {
            None | Some("") => request.body().clone(),
            Some("gzip") => ungzipped(request.body()).ok_or_else(|| bad("gzip: invalid header"))?,
            Some(_) => return Err(bad("Content-Encoding not supported")),
        };
        return wire::from_json(&body).ok_or_else(|| bad("the body is no push in JSON"));
    }
    if !is_type(request.headers(), "application/x-protobuf") {
        return Err(bad("Content-Type not supported"));
    }
    let body = snappy::unpacked(request.body()).ok_or_else(|| bad("snappy: corrupt input"))?;
    wire::from_protobuf(&body).ok_or_else(|| bad("proto: the body is no PushRequest"))
}

fn ungzipped(body: &[u8]) -> Option<Vec<u8>> {
    use async_compression::tokio::bufread::GzipDecoder;
    use tokio::io::AsyncReadExt as _;
    // The whole input is here, so the decoder is never left waiting.
    let mut out = Vec::new();
    futures_util::FutureExt::now_or_never(GzipDecoder::new(body).read_to_end(&mut out))?.ok()?;
    Some(out)
}
