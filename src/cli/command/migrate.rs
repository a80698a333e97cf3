//! `telltale migrate`: the schema of the database, brought up or down, or shown.

use crate::cli::database::Database;
use crate::cli::failure::{DONE, Failure, NOT_REACHABLE, WRONG_USE};
use crate::cli::operation_args::{Direction, MigrateArgs};
use crate::cli::style::{Style, Tone};
use crate::store::db::Target;
use crate::store::db::migrate::{self, MigrateError, StepStatus};
use crate::store::journal;

use super::watch::say;

pub(crate) async fn migrate(args: &MigrateArgs) -> Result<u8, Failure> {
    if args.to.is_some() && args.direction != Direction::Down {
        return Err(Failure::WrongUse("--to goes with `migrate down` only".into()));
    }
    let database = Database::open(&args.flags.settings()?).await?;
    let outcome = perform(args, &database.target).await;
    database.close().await?;
    say(&outcome.map_err(|error| failure(&error))?)?;
    Ok(DONE)
}

async fn perform(args: &MigrateArgs, target: &Target) -> Result<String, MigrateError> {
    match args.direction {
        Direction::Up => Ok(told("applied", &migrate::up(target).await?)),
        Direction::Down => {
            let to = match args.to {
                Some(to) => to,
                None => one_back(&migrate::status(target).await?),
            };
            Ok(told("taken back", &migrate::down(target, to).await?))
        }
        Direction::Restored => {
            // A dump of an older version first becomes one of this version, or what is added to it later would not be adopted.
            migrate::up(target).await?;
            let adopted = journal::read::adopt_restored(target).await?;
            Ok(format!("{adopted} events adopted; cursors from before go on\n"))
        }
        Direction::Status => Ok(table(&migrate::status(target).await?, Style::of_stdout())),
    }
}

/// The version before the newest that is applied.
fn one_back(steps: &[StepStatus]) -> i32 {
    let mut applied = steps.iter().filter(|step| step.applied_at.is_some()).rev();
    applied.nth(1).map_or(0, |step| step.version)
}

fn told(what: &str, names: &[String]) -> String {
    if names.is_empty() {
        return "nothing to do\n".to_owned();
    }
    names.iter().map(|name| format!("{what} {name}\n")).collect()
}

fn table(steps: &[StepStatus], style: Style) -> String {
    let line = |step: &StepStatus| match &step.applied_at {
        Some(at) => format!("{}  {}  {at}\n", style.paint(Tone::Good, "applied"), step.name),
        None => format!("{}  {}\n", style.paint(Tone::Warn, "missing"), step.name),
    };
    steps.iter().map(line).collect()
}

fn failure(error: &MigrateError) -> Failure {
    let exit_status = match error {
        MigrateError::Newer { .. } | MigrateError::NoSuchVersion(_) => WRONG_USE,
        _ => NOT_REACHABLE,
    };
    Failure::Start { sentence: error.to_string(), exit_status }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(version: i32, applied: bool) -> StepStatus {
        let applied_at = applied.then(|| "2026-11-22T10:00:00Z".to_owned());
        StepStatus { version, name: format!("V{version}__x"), applied_at }
    }

    #[test]
    fn down_goes_one_step_back() {
        assert_eq!(one_back(&[]), 0);
        assert_eq!(one_back(&[step(1, true), step(2, false)]), 0);
        assert_eq!(one_back(&[step(1, true), step(2, true), step(3, false)]), 1);
    }

    #[test]
    fn the_status_names_what_is_missing() {
        let table = table(&[step(1, true), step(2, false)], Style::PIPE);
        assert_eq!(table, "applied  V1__x  2026-11-22T10:00:00Z\nmissing  V2__x\n");
        assert_eq!(told("applied", &[]), "nothing to do\n");
    }
}
