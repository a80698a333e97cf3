//! The part of LogQL's metric queries that the dashboards use: `sum by (labels) (FUNCTION(LOG QUERY [RANGE]))`.
//!
//! After Loki's documentation: at each step, what lies in the range before it, start excluded and end included; series without
//! an entry in the range have no point.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::logql::Query;
use super::store::Store;
use super::text::Scanner;

/// Names with their values.
type Labels = Vec<(String, String)>;
/// Nanoseconds, and bytes of the line.
type Samples = Vec<(i64, usize)>;

const SECOND_NS: i64 = 1_000_000_000;
/// Documented as the most points that a series may have.
const POINTS_MAX: i64 = 11_000;

pub struct Metric {
    by: Vec<String>,
    function: Function,
    query: Query,
    range_ns: i64,
}

#[derive(Clone, Copy)]
enum Function {
    Count,
    Rate,
    BytesRate,
}

impl Metric {
    /// Whether the text is a metric query at all.
    pub fn looks_like(text: &str) -> bool {
        text.trim_start().starts_with("sum")
    }

    pub fn parse(text: &str) -> Result<Self, String> {
        let mut scanner = Scanner::new(text);
        scanner.expect("sum")?;
        scanner.expect("by")?;
        scanner.expect("(")?;
        let mut by = vec![scanner.name()?.to_owned()];
        while scanner.eat(",") {
            by.push(scanner.name()?.to_owned());
        }
        scanner.expect(")")?;
        scanner.expect("(")?;
        let name = scanner.name()?;
        let function = match name {
            "count_over_time" => Function::Count,
            "rate" => Function::Rate,
            "bytes_rate" => Function::BytesRate,
            _ => return Err(scanner.fault("the stand-in knows count_over_time, rate and bytes_rate")),
        };
        scanner.expect("(")?;
        let rest = scanner.rest();
        let close = rest.rfind(']').ok_or_else(|| scanner.fault("expected a range"))?;
        let open = rest[..close].rfind('[').ok_or_else(|| scanner.fault("expected a range"))?;
        if rest[close + 1..].split_whitespace().collect::<String>() != "))" {
            return Err(scanner.fault("expected `))` after the range"));
        }
        Ok(Self {
            by,
            function,
            query: Query::parse(&rest[..open])?,
            range_ns: duration_ns(&rest[open + 1..close])?,
        })
    }

    /// The answer to `query_range`, as a matrix.
    pub fn range(
        &self,
        store: &Store,
        tenant: &str,
        (start, end): (i64, i64),
        step_ns: i64,
    ) -> Result<Value, String> {
        if step_ns <= 0 || (end - start) / step_ns > POINTS_MAX {
            return Err("exceeded maximum resolution of 11,000 points per time series".to_owned());
        }
        let mut series: BTreeMap<Labels, Samples> = BTreeMap::new();
        for stream in store.streams.iter().filter(|stream| stream.tenant == tenant) {
            if !self.query.selects(&stream.labels) {
                continue;
            }
            let labels =
                self.by.iter().filter_map(|name| Some((name.clone(), stream.labels.get(name)?.clone())));
            let entries = series.entry(labels.collect()).or_default();
            let kept =
                stream.entries.iter().filter(|it| self.query.keeps(&it.line, &stream.labels, &it.metadata));
            entries.extend(kept.map(|entry| (entry.ns, entry.line.len())));
        }
        let mut result = Vec::new();
        for (labels, entries) in series {
            let mut values = Vec::new();
            let mut at = start;
            while at <= end {
                let within = entries.iter().filter(|(ns, _)| *ns > at - self.range_ns && *ns <= at);
                let (count, bytes) = within.fold((0_u64, 0_u64), |(n, b), (_, len)| (n + 1, b + *len as u64));
                if count > 0 {
                    values.push(json!([at / SECOND_NS, self.value(count, bytes).to_string()]));
                }
                at += step_ns;
            }
            if !values.is_empty() {
                let metric: BTreeMap<String, String> = labels.into_iter().collect();
                result.push(json!({ "metric": metric, "values": values }));
            }
        }
        Ok(json!({ "status": "success", "data": { "resultType": "matrix", "result": result, "stats": {} } }))
    }

    fn value(&self, count: u64, bytes: u64) -> f64 {
        let seconds = self.range_ns as f64 / SECOND_NS as f64;
        match self.function {
            Function::Count => count as f64,
            Function::Rate => count as f64 / seconds,
            Function::BytesRate => bytes as f64 / seconds,
        }
    }
}

/// `30s`, `5m`, `1h`.
pub fn duration_ns(text: &str) -> Result<i64, String> {
    let (number, unit) = text.split_at(text.len() - usize::from(!text.is_empty()));
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        _ => return Err(format!("not a valid duration string: {text:?}")),
    };
    let number: i64 = number.parse().map_err(|_| format!("not a valid duration string: {text:?}"))?;
    Ok(number * seconds * SECOND_NS)
}
