//! The table: one row for each figure, with its ceiling, ratio and target.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::harness::{Outcome, Plan, median};

/// Where the JSON goes, from the project's folder.
const FILE: &str = "target/bench/telltale.json";

/// What a figure must be.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    /// At least this share of the ceiling.
    RatioAtLeast(f64),
    /// At least this, in the figure's unit.
    AtLeast(f64),
    /// At most this, in the figure's unit.
    AtMost(f64),
    None,
}

/// One figure.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    group: &'static str,
    name: String,
    value: f64,
    unit: &'static str,
    rounds: Vec<f64>,
    ceiling: Option<f64>,
    ceiling_name: Option<String>,
    ratio: Option<f64>,
    target: Option<String>,
    met: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    environment: BTreeMap<&'static str, String>,
    rows: Vec<Row>,
}

impl Row {
    pub fn new(group: &'static str, name: impl Into<String>, unit: &'static str, rounds: Vec<f64>) -> Self {
        let value = median(&rounds);
        Self {
            group,
            name: name.into(),
            value,
            unit,
            rounds,
            ceiling: None,
            ceiling_name: None,
            ratio: None,
            target: None,
            met: None,
        }
    }

    /// Sets the figure beside its ceiling, the median of rounds made in between.
    pub fn beside(mut self, name: impl Into<String>, rounds: &[f64]) -> Self {
        let ceiling = median(rounds);
        self.ceiling = Some(ceiling);
        self.ceiling_name = Some(name.into());
        self.ratio = (ceiling > 0.0).then(|| self.value / ceiling);
        self
    }

    pub fn target(mut self, target: Target) -> Self {
        (self.target, self.met) = match target {
            Target::RatioAtLeast(share) => {
                (Some(format!("≥ {share:.2} ×")), self.ratio.map(|ratio| ratio >= share))
            }
            Target::AtLeast(limit) => (Some(format!("≥ {limit} {}", self.unit)), Some(self.value >= limit)),
            Target::AtMost(limit) => (Some(format!("≤ {limit} {}", self.unit)), Some(self.value <= limit)),
            Target::None => (None, None),
        };
        self
    }
}

impl Report {
    pub fn begin(plan: &Plan) -> Self {
        let first_line = |path: &str, key: &str| {
            let text = std::fs::read_to_string(path).unwrap_or_default();
            let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default().to_owned();
            line.rsplit(':').next().unwrap_or_default().trim().to_owned()
        };
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let environment = BTreeMap::from([
            ("date", telltale::store::clock::now().to_string()),
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
            ("cores", cores.to_string()),
            ("processor", first_line("/proc/cpuinfo", "model name")),
            ("memory", first_line("/proc/meminfo", "MemTotal")),
            (
                "kernel",
                std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().into(),
            ),
            ("loadAtStart", std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim().into()),
            ("rounds", plan.rounds.to_string()),
            ("storedEvents", plan.stored_events.to_string()),
        ]);
        Self { environment, rows: Vec::new() }
    }

    pub fn environment(&mut self, name: &'static str, value: String) {
        self.environment.insert(name, value);
    }

    /// Adds the figure and shows it at once: a later group may fail.
    pub fn push(&mut self, row: Row) {
        eprintln!("{}", line(&row));
        self.rows.push(row);
    }

    pub fn save(&self) -> Outcome<()> {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&path, serde_json::to_string_pretty(self)? + "\n")?;
        eprintln!("saved {FILE}");
        Ok(())
    }

    /// As Markdown, for a terminal and for docs/performance.md alike.
    pub fn table(&self) -> String {
        let mut out = String::new();
        // Writing into a text does not fail.
        for (name, value) in &self.environment {
            let _ = writeln!(out, "{name}: {value}");
        }
        out.push_str("\n| group | figure | value | ceiling | ratio | target | met |\n");
        out.push_str("|---|---|---:|---|---:|---|---|\n");
        for row in &self.rows {
            out.push_str(&line(row));
            out.push('\n');
        }
        out
    }
}

fn line(row: &Row) -> String {
    let ceiling = match (&row.ceiling_name, row.ceiling) {
        (Some(name), Some(value)) => format!("{name} {}", number(value)),
        _ => String::new(),
    };
    let ratio = row.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
    let met = match row.met {
        Some(true) => "yes",
        Some(false) => "**no**",
        None => "",
    };
    let target = row.target.as_deref().unwrap_or_default();
    format!(
        "| {} | {} | {} {} | {ceiling} | {ratio} | {target} | {met} |",
        row.group,
        row.name,
        number(row.value),
        row.unit
    )
}

/// Whole from a hundred on, with thousands apart; two decimals below.
fn number(value: f64) -> String {
    if value.abs() < 100.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
