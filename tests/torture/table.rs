//! What is printed at the end: a row a phase, and the sums.

use std::fmt;
use std::time::Duration;

use crate::support::ledger::Account;

/// What became of one phase.
#[derive(Debug, Default, Clone)]
pub struct Outcome {
    pub events: Account,
    pub lines: Account,
    /// Artifacts, beside the digests of what was uploaded.
    pub files: Account,
    /// Of the reader across runs, and of the followers: what they saw beside what is stored.
    pub readers: Account,
    pub took: Duration,
    /// Why it was not done, or what else is worth a word.
    pub remark: String,
}

impl Outcome {
    pub fn skipped(why: &str) -> Self {
        Self { remark: format!("skipped: {why}"), ..Self::default() }
    }
}

#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<(String, Outcome)>,
}

impl Table {
    pub fn note(&mut self, name: &str, outcome: Outcome) {
        let told = row(name, &outcome.events, &outcome);
        println!("{told}");
        self.rows.push((name.to_owned(), outcome));
    }

    pub fn is_clean(&self) -> bool {
        let is_clean = |it: &Outcome| {
            [it.events, it.lines, it.files, it.readers].iter().all(|account| account.is_clean())
        };
        self.rows.iter().all(|(_, outcome)| is_clean(outcome))
    }
}

fn row(name: &str, account: &Account, outcome: &Outcome) -> String {
    let Account { acknowledged, stored, lost, doubled, out_of_order, false_acks, foreign } = account;
    let (seconds, remark) = (outcome.took.as_secs_f64(), &outcome.remark);
    format!(
        "| {name} | {acknowledged} | {stored} | {lost} | {doubled} | {out_of_order} | {false_acks} | {foreign} | {seconds:.1} s | {remark} |"
    )
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n| | acknowledged | stored | lost | doubled | out of order | false acks | never sent | took | |"
        )?;
        writeln!(f, "|---|---:|---:|---:|---:|---:|---:|---:|---:|---|")?;
        let mut sums: [Outcome; 4] = Default::default();
        for (name, outcome) in &self.rows {
            writeln!(f, "{}", row(name, &outcome.events, outcome))?;
            let accounts = [outcome.events, outcome.lines, outcome.files, outcome.readers];
            for (sum, account) in sums.iter_mut().zip(accounts) {
                sum.events += account;
                sum.took += outcome.took;
            }
        }
        let names = ["**all events**", "**all lines**", "**all files**", "**seen by readers**"];
        for (name, sum) in names.into_iter().zip(&sums) {
            writeln!(f, "{}", row(name, &sum.events, sum))?;
        }
        Ok(())
    }
}
