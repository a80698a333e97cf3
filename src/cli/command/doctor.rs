//! `telltale doctor`: what telltale needs, whether it is there, and what to do.

use std::time::Duration;

use crate::cli::database::Database;
use crate::cli::doctor::{Check, Verdict, database, loki, machine};
use crate::cli::failure::{DONE, Failure, RUN_FAILED};
use crate::cli::operation_args::DoctorArgs;
use crate::cli::server;
use crate::cli::style::Style;
use crate::facts::settings::Settings;
use crate::runner::docker;
use crate::store::journal::read::Installation;
use crate::store::objects::Objects;

use super::watch::say;

/// A database that neither starts nor fails in this time hangs.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(120);

/// Every check is printed as soon as it is done; the worst decides the exit status.
pub(crate) async fn doctor(args: &DoctorArgs) -> Result<u8, Failure> {
    let style = Style::of_stdout();
    let mut worst = Verdict::Ok;
    let mut tell = |checks: Vec<Check>| {
        worst = checks.iter().map(|check| check.verdict).fold(worst, Verdict::max);
        let told = |check: &Check| if args.json { check.json() } else { check.text(style) };
        say(&checks.iter().map(told).collect::<String>())
    };
    let settings = match args.flags.for_server() {
        Ok(settings) => settings,
        Err(Failure::Settings(faults)) => {
            let advice = "correct it; flags win over TELLTALE_* variables, those over telltale.toml";
            let checks = faults.iter().map(|fault| Check::fail("settings", fault.to_string(), advice));
            tell(checks.collect())?;
            return Ok(RUN_FAILED);
        }
        Err(other) => return Err(other),
    };
    tell(vec![Check::ok("settings", "are understood")])?;
    tell(machine(&settings.data_dir))?;
    tell(look_at_database(&settings).await)?;
    tell(vec![loki(settings.loki.as_ref()).await])?;
    tell(vec![look_at_objects(&settings).await])?;
    tell(vec![look_at_docker().await, look_at_server(&settings).await])?;
    Ok(if worst == Verdict::Fail { RUN_FAILED } else { DONE })
}

async fn look_at_database(settings: &Settings) -> Vec<Check> {
    let looking = async {
        let opened = match Database::open(settings).await {
            Ok(opened) => opened,
            Err(error) => {
                let advice = "without a database there is no server";
                return vec![Check::fail("PostgreSQL", error.to_string(), advice)];
            }
        };
        let mut checks = vec![Check::ok("PostgreSQL", opened.origin())];
        checks.extend(database(&opened.target, settings.database_prepared).await);
        if let Err(error) = opened.close().await {
            checks.push(Check::warn(
                "PostgreSQL",
                error.to_string(),
                "see postgres.log in the data directory",
            ));
        }
        checks
    };
    match tokio::time::timeout(DATABASE_TIMEOUT, looking).await {
        Ok(checks) => checks,
        Err(_) => vec![Check::fail(
            "PostgreSQL",
            format!("no answer in {} s", DATABASE_TIMEOUT.as_secs()),
            "see postgres.log in the data directory, or the server's own log",
        )],
    }
}

/// Where artifacts are kept: whether it can be listed, which needs address, credentials and the right to.
async fn look_at_objects(settings: &Settings) -> Check {
    const SUBJECT: &str = "artifacts";
    let Some(bucket) = &settings.bucket else {
        return Check::ok(SUBJECT, "are kept in the data directory");
    };
    // Whichever installation's objects lie there: the bucket itself is asked.
    let any = Installation { id: uuid::Uuid::nil(), earlier: Vec::new() };
    let looked = match Objects::in_bucket(bucket, &any) {
        Ok(objects) => objects.check().await,
        Err(reason) => Err(reason),
    };
    match looked {
        Ok(()) => Check::ok(SUBJECT, "the bucket answers"),
        Err(reason) => Check::fail(
            SUBJECT,
            format!("the bucket does not answer: {reason}"),
            "see object_store_url, its endpoint and region, and whether the key may list, read and write there",
        ),
    }
}

async fn look_at_docker() -> Check {
    match docker::connect().await {
        Ok(_) => Check::ok("Docker", "answers"),
        Err(error) => {
            Check::warn("Docker", error.to_string(), "without it nodes with an image run as local processes")
        }
    }
}

/// Whether a server is there is no fault either way; it is good to know which one answers.
async fn look_at_server(settings: &Settings) -> Check {
    const SUBJECT: &str = "server";
    let address = server::address(settings);
    let client = match server::client(settings) {
        Ok(client) => client,
        Err(error) => {
            return Check::fail(SUBJECT, error.to_string(), "correct TELLTALE_URL or TELLTALE_TOKEN");
        }
    };
    match client.health().await {
        Ok(()) => Check::ok(SUBJECT, format!("answers at {address}")),
        Err(error) if error.status().is_none() => {
            Check::ok(SUBJECT, format!("none at {address}; `telltale serve` starts one"))
        }
        Err(error) => Check::warn(SUBJECT, format!("{address}: {error}"), "see what listens there"),
    }
}
