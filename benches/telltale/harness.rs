//! What every group needs: the plan of the command line, medians, and errors as they come.

use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// A benchmark that can't go on says so and ends.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The groups, in the order in which they run.
pub const GROUPS: [&str; 16] = [
    "append", "latency", "fanout", "reading", "logs", "drain", "runner", "watched", "start", "idle",
    "stored", "listing", "tokens", "import", "purge", "history",
];
/// Rounds unless `--rounds` says otherwise: with three the median is no outlier.
const ROUNDS: usize = 3;
/// Length of one measurement: long enough for hundreds of commits, short enough to interleave.
pub const SPELL: Duration = Duration::from_millis(1_200);

/// What the command line asked for.
#[derive(Debug)]
pub struct Plan {
    groups: Vec<String>,
    pub rounds: usize,
    /// Events stored before the group `stored` measures.
    pub stored_events: u64,
    /// The server's setting `lanes`, where it is not to be its default.
    pub lanes: Option<String>,
    /// The one cell of `append` and `fanout` that is measured, as in `32x1` or `1000`; for profiling.
    pub cell: Option<String>,
}

impl Plan {
    pub fn of(arguments: &[String]) -> Outcome<Self> {
        let mut plan =
            Self { groups: Vec::new(), rounds: ROUNDS, stored_events: 1_000_000, lanes: None, cell: None };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                // cargo says so to every benchmark.
                "--bench" => {}
                "--full" => plan.stored_events = 10_000_000,
                "--rounds" => plan.rounds = rest.next().ok_or("--rounds wants a number")?.parse()?,
                "--lanes" => plan.lanes = Some(rest.next().ok_or("--lanes wants a number")?.clone()),
                "--cell" => plan.cell = Some(rest.next().ok_or("--cell wants one, like 32x1")?.clone()),
                group if GROUPS.contains(&group) => plan.groups.push(group.to_owned()),
                other => {
                    return Err(format!(
                        "`{other}` is none of {GROUPS:?}, --full, --rounds N, --lanes N, --cell CELL"
                    )
                    .into());
                }
            }
        }
        if plan.rounds == 0 {
            return Err("--rounds must be at least 1".into());
        }
        Ok(plan)
    }

    pub fn has_cell(&self, cell: &str) -> bool {
        self.cell.as_ref().is_none_or(|only| only == cell)
    }

    pub fn wants(&self, group: &str) -> bool {
        let wanted = self.groups.is_empty() || self.groups.iter().any(|name| name == group);
        if wanted {
            eprintln!("· {group}");
        }
        wanted
    }
}

/// Ten thousand sockets are more than the usual soft limit; servers started from here inherit it.
pub fn raise_open_files() -> Outcome<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    Ok(())
}

/// The middle one; 0 of none.
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The value below which `share` of the values lie; 0 of none.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * share).round() as usize).copied().unwrap_or(0.0)
}

/// Where `needle` is in `hay`, counted.
pub fn occurrences(hay: &[u8], needle: &[u8]) -> usize {
    memchr::memmem::find_iter(hay, needle).count()
}

/// The digits behind the last `key` of a text.
pub fn last_number(hay: &[u8], key: &[u8]) -> Option<u64> {
    number_at(hay, memchr::memmem::rfind(hay, key)? + key.len())
}

/// The digits behind the first `key` of a text.
pub fn first_number(hay: &[u8], key: &[u8]) -> Option<u64> {
    number_at(hay, memchr::memmem::find(hay, key)? + key.len())
}

fn number_at(hay: &[u8], place: usize) -> Option<u64> {
    let digits = hay.get(place..)?.iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}
