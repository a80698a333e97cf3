//! The benchmarks: what telltale does, beside what the same machine could do at best in the same minutes.
//!
//! `cargo bench` runs all groups against the binary built beside this program, with its embedded PostgreSQL (fsync on)
//! in a temporary directory; `cargo bench -- append latency` runs some of them, `--full` stores 10,000,000 events
//! instead of 1,000,000 first where a group is about full tables, `--rounds N` repeats more often. Prints a table and writes
//! it as JSON to `target/bench/telltale.json`. docs/performance.md tells how to read it.

mod append;
mod bare;
mod ceiling;
mod fanout;
mod harness;
mod history;
mod idle;
mod import;
mod latency;
mod listing;
mod load;
mod log_drain;
mod log_lines;
mod logs;
mod loki;
mod purge;
mod reading;
mod report;
mod runner;
mod server;
mod socket;
mod start;
mod stored;
mod tokens;
mod wire;

use harness::{Outcome, Plan};
use report::Report;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    if arguments.first().is_some_and(|first| first == bare::ARGUMENT) {
        return runtime.block_on(bare::serve());
    }
    let plan = Plan::of(&arguments)?;
    harness::raise_open_files()?;
    let report = runtime.block_on(all(&plan))?;
    report.save()?;
    println!("{}", report.table());
    Ok(())
}

/// The groups one after another; those that need an empty server come first.
async fn all(plan: &Plan) -> Outcome<Report> {
    let mut report = Report::begin(plan);
    let mut server = server::Server::fresh(plan).await?;
    report.environment("postgres", server.postgres_version().await?);
    if plan.wants("append") {
        append::measure(plan, &server, &mut report).await?;
    }
    if plan.wants("latency") {
        latency::measure(plan, &server, &mut report).await?;
    }
    if plan.wants("fanout") {
        fanout::measure(plan, &server, &mut report).await?;
    }
    if plan.wants("reading") {
        reading::measure(plan, &server, &mut report).await?;
    }
    if plan.wants("logs") {
        logs::measure(plan, &server, &mut report).await?;
    }
    if plan.wants("drain") {
        log_drain::measure(plan, &mut report).await?;
    }
    if plan.wants("runner") {
        runner::measure(plan, &server, &mut report).await?;
    }
    if plan.wants("watched") {
        stored::watched(plan, &server, &mut report).await?;
    }
    if plan.wants("start") {
        start::measure(plan, &mut server, &mut report).await?;
    }
    if plan.wants("idle") {
        // A process that has done nothing else, so that its memory is the sockets'.
        server.restart().await?;
        idle::measure(&server, &mut report).await?;
    }
    if plan.wants("stored") {
        stored::full_tables(plan, &server, &mut report).await?;
    }
    if plan.wants("tokens") {
        tokens::measure(&server, &mut report).await?;
    }
    if plan.wants("import") {
        import::measure(plan, &server, &mut report).await?;
    }
    if plan.wants("purge") {
        purge::measure(plan, &server, &mut report).await?;
    }
    if plan.wants("history") {
        history::measure(plan, &server, &mut report).await?;
    }
    // Last, since its runs are all of the organization that the others ask for.
    if plan.wants("listing") {
        listing::measure(&server, &mut report).await?;
    }
    server.stop().await?;
    Ok(report)
}
