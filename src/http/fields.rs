//! The fields of a JSON object in a request's body, read one by one, every fault named by its pointer.

use indexmap::IndexMap;
use serde::de::DeserializeOwned;

use super::body::Body;
use super::problem::Problem;
use crate::facts::event_input::Fault;
use crate::facts::json::Json;
use crate::facts::scan;
use crate::flow::ingest::BodyFormat;

/// What is left of an object, and what is wrong with what was taken.
#[derive(Debug)]
pub struct Fields {
    left: IndexMap<String, Json>,
    faults: Vec<Fault>,
}

impl Fields {
    /// The body's fields; those that are null count as missing.
    pub fn of(body: &Body) -> Result<Self, Problem> {
        if body.format != BodyFormat::Json {
            let detail = "this takes one JSON object; the content type must be application/json";
            let status = http::StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(Problem::new(status, "unsupported-media-type", detail));
        }
        Self::parse(&body.bytes)
    }

    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        let whole = |detail: String| Problem::invalid_at("", detail);
        let text = std::str::from_utf8(bytes).map_err(|_| whole("the body is not UTF-8".into()))?;
        let fit = scan::scan(text, 1).map_err(|unfit| whole(unfit.to_string()))?;
        let mut left: IndexMap<String, Json> = serde_json::from_str(&fit)
            .map_err(|error| whole(format!("the body is not a JSON object: {error}")))?;
        left.retain(|_, value| value.get() != "null");
        Ok(Self { left, faults: Vec::new() })
    }

    /// Notes a fault; the caller goes on, so that all are told at once.
    pub fn fault(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.faults.push(Fault { pointer: pointer.into(), detail: detail.into(), is_size: false });
    }

    /// A field read as a `T`; `what` it must be completes "is not …".
    pub fn optional<T: DeserializeOwned>(&mut self, name: &str, what: &str) -> Option<T> {
        let value = self.left.shift_remove(name)?;
        let read = value.read();
        if read.is_none() {
            self.fault(format!("/{name}"), format!("is not {what}"));
        }
        read
    }

    /// The same for a field that must be there.
    pub fn required<T: DeserializeOwned>(&mut self, name: &str, what: &str) -> Option<T> {
        if !self.left.contains_key(name) {
            self.fault(format!("/{name}"), format!("is missing, and is {what}"));
        }
        self.optional(name, what)
    }

    /// A text of at most `most` bytes, without U+0000; one that is empty counts as missing.
    pub fn text(&mut self, name: &str, most: usize) -> Option<String> {
        let text: String = self.optional(name, "a text")?;
        if text.len() > most {
            self.fault(format!("/{name}"), format!("is longer than {most} bytes"));
        }
        Some(text).filter(|text| !text.is_empty())
    }

    /// A field of any shape, as its text.
    pub fn json(&mut self, name: &str) -> Option<Json> {
        self.left.shift_remove(name)
    }

    /// Ends the reading: all faults at once, fields that nobody took among them.
    pub fn check(mut self) -> Result<(), Problem> {
        for name in std::mem::take(&mut self.left).into_keys() {
            // RFC 6901: what a pointer's segment can't hold as it is.
            let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
            self.fault(pointer, "is no field of this");
        }
        if self.faults.is_empty() { Ok(()) } else { Err(self.faults.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_told() {
        let mut fields = Fields::parse(br#"{"a":1,"b":"x","c":null,"long":"xxxx","a/b":0}"#).unwrap();
        assert_eq!(fields.optional::<u32>("a", "a number"), Some(1));
        assert_eq!(fields.required::<u32>("b", "a number"), None);
        assert_eq!(fields.required::<u32>("c", "a number"), None);
        assert!(fields.text("long", 3).is_some() && fields.json("d").is_none());
        let pointers: Vec<String> =
            fields.check().unwrap_err().errors.into_iter().map(|fault| fault.pointer).collect();
        assert_eq!(pointers, ["/b", "/c", "/long", "/a~1b"]);
        assert!(Fields::parse(b"[]").is_err() && Fields::parse(b"").is_err());
        assert!(Fields::parse(b"{}").unwrap().check().is_ok());
    }
}
