//! Query parameters, read one by one, every fault named by the pointer `?name`.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::problem::Problem;
use crate::facts::event_input::Fault;

/// The parameters of a request, decoded, and what is wrong with those that were read.
#[derive(Debug, Default)]
pub struct Query {
    pairs: Vec<(String, String)>,
    faults: Vec<Fault>,
}

impl Query {
    pub fn parse(raw: Option<&str>) -> Self {
        let pairs = form_urlencoded::parse(raw.unwrap_or_default().as_bytes()).into_owned().collect();
        Self { pairs, faults: Vec::new() }
    }

    /// Notes a fault; the caller goes on, so that all are told at once.
    pub fn fault(&mut self, name: &str, detail: impl Into<String>) {
        self.faults.push(Fault { pointer: format!("?{name}"), detail: detail.into(), is_size: false });
    }

    /// Ends the reading: all faults at once, or nothing.
    pub fn check(self) -> Result<(), Problem> {
        if self.faults.is_empty() { Ok(()) } else { Err(Problem::invalid(self.faults)) }
    }

    /// The parameter's text; an empty one counts as not given.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// Every non-empty value of a parameter that may be repeated.
    pub fn texts<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs
            .iter()
            .filter(move |(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// A parameter read by its type's `FromStr`.
    pub fn parsed<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        let parsed = self.text(name)?.parse::<T>();
        parsed.map_err(|error| self.fault(name, error.to_string())).ok()
    }

    /// A parameter that may hold several words: repeated, or with commas between.
    pub fn words<T: FromStr<Err: Display>>(&mut self, name: &str) -> Vec<T> {
        let read: Vec<Result<T, String>> = self
            .texts(name)
            .flat_map(|value| value.split(','))
            .map(|word| word.trim().parse::<T>().map_err(|error| error.to_string()))
            .collect();
        let mut words = Vec::with_capacity(read.len());
        for word in read {
            match word {
                Ok(word) => words.push(word),
                Err(detail) => self.fault(name, detail),
            }
        }
        words
    }

    /// A whole number within `range`.
    pub fn number(&mut self, name: &str, range: RangeInclusive<u64>) -> Option<u64> {
        let number = self.text(name)?.parse::<u64>().ok().filter(|number| range.contains(number));
        if number.is_none() {
            let (from, to) = (range.start(), range.end());
            // The largest seq there can be is not worth spelling out.
            let detail = if *to >= SEQ_MAX {
                format!("is not a whole number from {from} on")
            } else {
                format!("is not a whole number from {from} to {to}")
            };
            self.fault(name, detail);
        }
        number
    }

    /// A seq or logSeq, 0 included.
    pub fn seq(&mut self, name: &str) -> Option<u64> {
        self.number(name, 0..=SEQ_MAX)
    }

    /// The page's size.
    pub fn limit(&mut self, most: u32, default: u32) -> u32 {
        self.number("limit", 1..=u64::from(most))
            .and_then(|limit| u32::try_from(limit).ok())
            .unwrap_or(default)
    }

    pub fn flag(&mut self, name: &str, default: bool) -> bool {
        match self.text(name) {
            None => default,
            Some("true" | "1") => true,
            Some("false" | "0") => false,
            Some(_) => {
                self.fault(name, "is neither true nor false");
                default
            }
        }
    }
}

/// The highest seq: what a `bigint` column holds.
pub const SEQ_MAX: u64 = i64::MAX as u64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::event::Level;

    #[test]
    fn parameters_are_decoded_and_empty_ones_are_not_given() {
        let mut query = Query::parse(Some("nodeRef=a%20b&q=&logs=0&limit=7&level=warn,error&level=debug"));
        assert_eq!((query.text("nodeRef"), query.text("q")), (Some("a b"), None));
        assert!(!query.flag("logs", true));
        assert_eq!(query.limit(200, 50), 7);
        assert_eq!(query.words::<Level>("level"), [Level::Warn, Level::Error, Level::Debug]);
        assert!(query.check().is_ok());
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let mut query =
            Query::parse(Some("limit=0&after=-1&logs=maybe&level=loud&atSeq=99999999999999999999"));
        query.limit(200, 50);
        query.seq("after");
        query.seq("atSeq");
        query.flag("logs", true);
        query.words::<Level>("level");
        let pointers: Vec<String> = query.faults.iter().map(|fault| fault.pointer.clone()).collect();
        assert_eq!(pointers, ["?limit", "?after", "?atSeq", "?logs", "?level"]);
        assert!(query.check().is_err());
    }
}
