//! The HTTP server in front of the stand-in, or of a real Loki, with the knobs that tests turn.
//!
//! Thread `loki`: accepts, and a task a connection. Its end is abrupt: connections, requests half done and all that
//! is not in the file are gone at once.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::answers::{self, Service};
use super::push::Said;

/// The documented bound of a push, `distributor.max_recv_msg_size`.
const MAX_BODY: usize = 100 << 20;
/// Requests kept to be looked at; older ones are forgotten.
const MAX_SEEN: usize = 10_000;

/// Who does the work.
pub enum Behind {
    StandIn(Box<Service>),
    /// `http://127.0.0.1:PORT` of a real one.
    Real {
        url: String,
        client: reqwest::Client,
    },
}

/// What becomes of requests whose path contains `path`.
#[derive(Debug, Clone, Default)]
pub enum Mood {
    #[default]
    Serve,
    /// The request is read, and nothing comes of it.
    Hang { path: &'static str },
    /// The work is done, and the answer never comes.
    Mute { path: &'static str },
    /// Everything takes this much longer.
    Slow { path: &'static str, by: Duration },
}

/// An answer that is given instead of doing the work.
#[derive(Debug, Clone)]
pub struct Canned {
    pub path: &'static str,
    pub times: usize,
    pub status: u16,
    pub text: String,
}

/// One request, as it looked from here.
#[derive(Debug, Clone)]
pub struct Seen {
    pub path: String,
    /// The query string, or the form that stood in for it.
    pub query: String,
    /// 0 for none.
    pub status: u16,
    /// What was said with a refusal.
    pub refusal: String,
    pub tenant: Option<String>,
    pub authorization: Option<String>,
    pub content_type: Option<String>,
    pub bytes: usize,
    /// When its answer was ready.
    pub at: Instant,
}

/// The knobs, and what was seen. They outlive a kill.
#[derive(Default)]
pub struct Knobs {
    pub mood: watch::Sender<Mood>,
    pub canned: Mutex<Vec<Canned>>,
    /// What a proxy in front asks for, since Loki itself knows no users: a whole `Authorization` header.
    pub authorization: Mutex<Option<String>>,
    pub seen: Mutex<Vec<Seen>>,
    /// Pushes that are being worked on, now and at most.
    pub under_way: watch::Sender<(usize, usize)>,
    /// Bodies of pushes that were taken, while they are recorded.
    pub recorded: Mutex<Option<Vec<Vec<u8>>>>,
    /// Counts finished pushes, so that a test can wait for one.
    pub pushes: watch::Sender<u64>,
}

/// Serves until the runtime goes.
pub async fn serve(listener: TcpListener, behind: std::sync::Arc<Behind>, knobs: std::sync::Arc<Knobs>) {
    while let Ok((socket, _)) = listener.accept().await {
        let _ = socket.set_nodelay(true);
        let (behind, knobs) = (behind.clone(), knobs.clone());
        tokio::spawn(async move {
            let each = service_fn(|request| handle(&behind, &knobs, request));
            let _ =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), each).await;
        });
    }
}

async fn handle(
    behind: &Behind,
    knobs: &Knobs,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await?.to_bytes().to_vec();
    let request = Request::from_parts(parts, body);
    let path = request.uri().path().to_owned();
    let under_way = path.ends_with("/push").then(|| UnderWay::begin(knobs));
    let said = decided(behind, knobs, &request).await;
    drop(under_way);
    note(knobs, &request, said.as_ref());
    // A mood that ends leaves the connections broken that it held.
    let (status, text) = said.ok_or("no answer")?;
    let json = text.starts_with('{');
    let kind = if json { "application/json; charset=UTF-8" } else { "text/plain; charset=utf-8" };
    Ok(Response::builder().status(status).header("content-type", kind).body(Full::from(text))?)
}

/// A push that is being worked on; it ends too when its client goes away.
struct UnderWay<'a>(&'a Knobs);

impl<'a> UnderWay<'a> {
    fn begin(knobs: &'a Knobs) -> Self {
        knobs.under_way.send_modify(|(now, most)| {
            *now += 1;
            *most = (*most).max(*now);
        });
        Self(knobs)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.send_modify(|(now, _)| *now -= 1);
    }
}

/// What is answered, or nothing, as mood and canned answers have it.
async fn decided(behind: &Behind, knobs: &Knobs, request: &Request<Vec<u8>>) -> Option<Said> {
    let path = request.uri().path();
    let wanted = knobs.authorization.lock().unwrap().clone();
    let shown = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    if wanted.is_some() && wanted.as_deref() != shown {
        return Some((401, "401 Authorization Required\n".to_owned()));
    }
    if let Some(said) = canned(knobs, path) {
        return Some(said);
    }
    let mood = knobs.mood.borrow().clone();
    match mood {
        Mood::Hang { path: held } if path.contains(held) => {
            over(knobs).await;
            None
        }
        Mood::Mute { path: held } if path.contains(held) => {
            done(behind, request).await;
            over(knobs).await;
            None
        }
        Mood::Slow { path: held, by } if path.contains(held) => {
            tokio::time::sleep(by).await;
            Some(done(behind, request).await)
        }
        _ => Some(done(behind, request).await),
    }
}

fn canned(knobs: &Knobs, path: &str) -> Option<Said> {
    let mut all = knobs.canned.lock().unwrap();
    let canned = all.iter_mut().find(|canned| canned.times > 0 && path.contains(canned.path))?;
    canned.times -= 1;
    Some((canned.status, canned.text.clone()))
}

/// Waits until the mood is another one.
async fn over(knobs: &Knobs) {
    let mut mood = knobs.mood.subscribe();
    mood.mark_unchanged();
    let _ = mood.changed().await;
}

async fn done(behind: &Behind, request: &Request<Vec<u8>>) -> Said {
    match behind {
        Behind::StandIn(service) => answers::answer(service, request).await,
        Behind::Real { url, client } => {
            passed_on(url, client, request).await.unwrap_or_else(|e| (502, e.to_string()))
        }
    }
}

async fn passed_on(
    url: &str,
    client: &reqwest::Client,
    request: &Request<Vec<u8>>,
) -> Result<Said, reqwest::Error> {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let mut headers = request.headers().clone();
    headers.remove("host");
    headers.remove("accept-encoding");
    let call = client.request(request.method().clone(), format!("{url}{target}")).headers(headers);
    let answer = call.body(request.body().clone()).send().await?;
    let status = answer.status().as_u16();
    Ok((status, answer.text().await?))
}

fn note(knobs: &Knobs, request: &Request<Vec<u8>>, said: Option<&Said>) {
    let header =
        |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let form = header("content-type").is_some_and(|kind| kind.contains("urlencoded"));
    let query = if form {
        String::from_utf8_lossy(request.body()).into_owned()
    } else {
        request.uri().query().unwrap_or_default().to_owned()
    };
    let mut seen = knobs.seen.lock().unwrap();
    if seen.len() == MAX_SEEN {
        seen.remove(0);
    }
    seen.push(Seen {
        path: request.uri().path().to_owned(),
        query,
        status: said.map_or(0, |said| said.0),
        refusal: said.filter(|said| said.0 >= 400).map(|said| said.1.clone()).unwrap_or_default(),
        tenant: header("x-scope-orgid"),
        authorization: header("authorization"),
        content_type: header("content-type"),
        bytes: request.body().len(),
        at: Instant::now(),
    });
    drop(seen);
    if request.uri().path().ends_with("/push") {
        if said.is_some_and(|said| said.0 == 204)
            && let Some(recorded) = knobs.recorded.lock().unwrap().as_mut()
        {
            recorded.push(request.body().clone());
        }
        knobs.pushes.send_modify(|pushes| *pushes += 1);
    }
}
