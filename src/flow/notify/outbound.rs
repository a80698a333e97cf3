//! Calls to addresses that somebody entered: only to where everybody can call, and never for long.
//!
//! The name's addresses are checked as they are resolved for the very connection, so that a name can't change its mind in between. No redirects,
//! no proxies from the environment, and nothing of the answer is read but its status.

use std::error::Error as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Url};

use crate::facts::address::{AddressRange, may_call};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// From the name's resolving to the answer's head.
const CALL_TIMEOUT: Duration = Duration::from_secs(15);
/// Longest URL: what every server takes.
const URL_MAX_BYTES: usize = 2_048;
/// Connections to one receiver that are kept: it gets a few messages at a time.
const IDLE_MAX: usize = 2;
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest wait that a receiver may ask for.
const RETRY_AFTER_MAX_SECONDS: u64 = 60 * 60;
/// Longest description of a failed call.
const SAID_MAX_BYTES: usize = 300;

/// Calls out; cheap to clone.
#[derive(Debug, Clone)]
pub struct Outbound {
    allowed: Arc<Vec<AddressRange>>,
    /// Made with the first call: reading the system's certificates takes a moment that most starts can do without.
    client: Arc<OnceLock<Result<Client, String>>>,
}

/// One message.
#[derive(Debug)]
pub struct Call<'a> {
    pub url: &'a str,
    pub headers: [(&'static str, String); 3],
    pub body: Bytes,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 2xx
    Taken(u16),
    /// Any other status, and how long to wait before the next try, if it says.
    Refused(u16, Option<Duration>),
    /// No answer, and why.
    Failed(String),
}

/// Resolves names, and keeps what may be called.
struct Checked(Arc<Vec<AddressRange>>);

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = Arc::clone(&self.0);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let fit: Vec<SocketAddr> = found.filter(|address| may_call(address.ip(), &allowed)).collect();
            if fit.is_empty() {
                return Err(NOT_PUBLIC.into());
            }
            let addresses: Addrs = Box::new(fit.into_iter());
            Ok(addresses)
        })
    }
}

const NOT_PUBLIC: &str =
    "its address is private, local or reserved; the setting `webhook_allow` lists those that may be called";

impl Outbound {
    #[must_use]
    pub fn new(allowed: Vec<AddressRange>) -> Self {
        Self { allowed: Arc::new(allowed), client: Arc::default() }
    }

    /// A URL that may be called as far as that can be told without resolving its name; else what is wrong, as "is …".
    pub fn check(&self, text: &str) -> Result<Url, String> {
        if text.len() > URL_MAX_BYTES {
            return Err(format!("is longer than {URL_MAX_BYTES} bytes"));
        }
        let url: Url = text.parse().map_err(|error| format!("is no URL: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return Err("is no http or https URL".into());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("holds a user or a password, which would be shown to everybody who sees it".into());
        }
        // Addresses are connected to without being resolved.
        match literal(&url) {
            Some(address) if !may_call(address, &self.allowed) => {
                Err(format!("can't be called: {NOT_PUBLIC}"))
            }
            _ => Ok(url),
        }
    }

    /// Sends a message.
    pub async fn call(&self, call: Call<'_>) -> Answer {
        let url = match self.check(call.url) {
            Ok(url) => url,
            Err(reason) => return Answer::Failed(format!("the URL {reason}")),
        };
        let client = match self.client.get_or_init(|| self.make_client()) {
            Ok(client) => client,
            Err(reason) => return Answer::Failed(format!("this server can't call anybody: {reason}")),
        };
        let mut request = client.post(url).header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        match request.timeout(CALL_TIMEOUT).body(call.body).send().await {
            Ok(response) if response.status().is_success() => Answer::Taken(response.status().as_u16()),
            Ok(response) => {
                let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
                let seconds = wait.and_then(|text| text.parse::<u64>().ok());
                let wait = seconds.map(|seconds| Duration::from_secs(seconds.min(RETRY_AFTER_MAX_SECONDS)));
                Answer::Refused(response.status().as_u16(), wait)
            }
            Err(error) => Answer::Failed(said(&error)),
        }
    }

    fn make_client(&self) -> Result<Client, String> {
        // An error says only that there is a provider already.
        drop(rustls::crypto::ring::default_provider().install_default());
        Client::builder()
            .user_agent(concat!("telltale/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(Checked(Arc::clone(&self.allowed))))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_max_idle_per_host(IDLE_MAX)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .http1_only()
            .build()
            .map_err(|error| said(&error))
    }
}

fn literal(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_matches(['[', ']']).parse().ok()
}

/// An error with what caused it, without the URL, which whoever sees this knows.
fn said(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", CALL_TIMEOUT.as_secs());
    }
    let mut cause = error.source();
    let mut text = String::from("no answer");
    while let Some(error) = cause {
        text = error.to_string();
        cause = error.source();
    }
    text.truncate(text.floor_char_boundary(SAID_MAX_BYTES));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_judged_before_anything_is_resolved() {
        let outbound = Outbound::new(vec!["10.1.0.0/16".parse().unwrap()]);
        for good in [
            "https://example.com/x?y=1",
            "http://1.1.1.1:8080/",
            "http://10.1.2.3/",
            "http://[2606:4700::1]/",
        ] {
            assert!(outbound.check(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "example.com",
            "ftp://example.com",
            "file:///etc/passwd",
            "http://",
            "https://a:b@example.com/",
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://169.254.169.254/latest/meta-data",
            "http://10.2.0.1/",
        ] {
            assert!(outbound.check(bad).is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_called() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
        let headers = ["a", "b", "c"].map(|name| (name, "x".to_owned()));
        let call = Call { url: &url, headers, body: Bytes::new() };
        let Answer::Failed(said) = Outbound::new(Vec::new()).call(call).await else {
            panic!("it was called")
        };
        assert!(said.contains("webhook_allow"), "{said}");
    }
}
