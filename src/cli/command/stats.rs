//! `telltale stats`: how runs ended, and how long they took.

use crate::cli::failure::{DONE, Failure};
use crate::cli::format::{count, duration, pad};
use crate::cli::history_args::StatsArgs;
use crate::cli::server;
use crate::cli::style::{Style, Tone};
use crate::client::{DayStatistics, RunStatistics};

use super::watch::say;

pub(crate) async fn stats(args: &StatsArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    let statistics = client.statistics(args.workflow.as_deref(), args.days).await?;
    if args.json {
        let text = serde_json::to_string(&statistics).unwrap_or_default();
        say(&format!("{text}\n"))?;
    } else {
        say(&table(&statistics, args.days, Style::of_stdout()))?;
    }
    Ok(DONE)
}

fn table(statistics: &RunStatistics, days: u32, style: Style) -> String {
    if statistics.runs == 0 {
        return format!("no run has ended in the last {days} days\n");
    }
    let rate =
        statistics.success_rate.map_or_else(|| "-".to_owned(), |rate| format!("{:.1} %", rate * 100.0));
    let mut text = format!(
        "{} runs in {days} days: {} completed, {} failed, {} cancelled; success rate {rate}; p50 {}, p95 {}\n",
        count(statistics.runs),
        count(statistics.completed),
        count(statistics.failed),
        count(statistics.cancelled),
        took(statistics.p50_duration_ms),
        took(statistics.p95_duration_ms),
    );
    let header = row(["DAY", "RUNS", "COMPLETED", "FAILED", "CANCELLED", "P50", "P95"].map(str::to_owned));
    text.push_str(&style.paint(Tone::Dim, &header));
    text.push('\n');
    for day in &statistics.days {
        let DayStatistics { day, runs, completed, failed, cancelled, p50_duration_ms, p95_duration_ms } = day;
        let cells = [
            day.clone(),
            count(*runs),
            count(*completed),
            count(*failed),
            count(*cancelled),
            took(*p50_duration_ms),
            took(*p95_duration_ms),
        ];
        text.push_str(&row(cells));
        text.push('\n');
    }
    text
}

fn took(ms: Option<u64>) -> String {
    ms.map_or_else(|| "-".to_owned(), |ms| duration(ms.saturating_mul(1_000)))
}

fn row(cells: [String; 7]) -> String {
    let widths = [10, 9, 9, 9, 9, 10, 10];
    let cells: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| pad(cell, width)).collect();
    cells.join("  ").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_told_by_the_day() {
        let day = DayStatistics {
            day: "2026-11-22".into(),
            runs: 1_200,
            completed: 1_100,
            failed: 90,
            cancelled: 10,
            p50_duration_ms: Some(1_250),
            p95_duration_ms: None,
        };
        let statistics = RunStatistics {
            runs: 1_200,
            completed: 1_100,
            failed: 90,
            cancelled: 10,
            success_rate: Some(0.924),
            p50_duration_ms: Some(1_250),
            p95_duration_ms: None,
            days: vec![day],
        };
        let table = table(&statistics, 30, Style::PIPE);
        let lines: Vec<&str> = table.lines().collect();
        assert!(lines[0].starts_with("1,200 runs in 30 days: 1,100 completed, 90 failed"), "{table}");
        assert!(lines[0].contains("success rate 92.4 %; p50 1.2 s, p95 -"), "{table}");
        assert_eq!(lines[2], "2026-11-22  1,200      1,100      90         10         1.2 s       -");
    }
}
