//! From what a request shows to who it is from, and whether that is enough.
//!
//! The doors have looked at the request by then; here accounts are asked, and what a limited token may reach is decided.

use std::sync::Arc;

use super::caller::{Caller, Right};
use super::doors::{Access, Shown};
use super::pattern::Params;
use super::problem::Problem;
use crate::facts::account::Limit;
use crate::facts::id::RunId;
use crate::flow::accounts::Accounts;
use crate::store::accounts::audit::Deed;
use crate::store::db::Db;
use crate::store::runs;

/// API tokens begin so: one that is not known is refused even where everyone could come without.
const TOKEN_PREFIX: &str = "tt_";

/// Accounts, as the shell asks them.
#[derive(Debug)]
pub struct Gate {
    /// None: there are none, and nobody is known.
    accounts: Option<(Accounts, Db)>,
}

impl Gate {
    pub fn new(accounts: Accounts, db: Db) -> Self {
        Self { accounts: Some((accounts, db)) }
    }

    /// Knows nobody.
    #[cfg(test)]
    pub fn closed() -> Self {
        Self { accounts: None }
    }

    /// Who it is, if that is enough for the route.
    pub async fn admit(&self, shown: Shown, access: Access) -> Result<Caller, Problem> {
        let caller = self.caller(shown, access).await?;
        match access {
            Access::Caller(right) if !caller.may(right) => Err(Problem::no_right()),
            _ => Ok(caller),
        }
    }

    async fn caller(&self, shown: Shown, access: Access) -> Result<Caller, Problem> {
        let found = match shown {
            Shown::Nothing => return Ok(Caller::nobody()),
            Shown::OperatorsToken => return Ok(Caller::operator()),
            Shown::FreePass => return self.free_pass(access),
            Shown::Missing(problem) => return nobody_or(problem, access),
            Shown::Ticket(ticket) => match &self.accounts {
                Some((accounts, _)) => accounts.use_ticket(&ticket).await?,
                None => None,
            },
            Shown::Bearer { token, has_free_pass } => {
                let known = match &self.accounts {
                    Some((accounts, _)) => accounts.admit(&token).await?,
                    None => None,
                };
                if known.is_none() && has_free_pass && !token.starts_with(TOKEN_PREFIX) {
                    return self.free_pass(access);
                }
                known
            }
        };
        match found {
            Some(authority) => Ok(Caller(authority)),
            None => nobody_or(Problem::unauthorized(), access),
        }
    }

    /// Everyone on this machine, while there are no accounts.
    fn free_pass(&self, access: Access) -> Result<Caller, Problem> {
        match &self.accounts {
            Some((accounts, _)) if accounts.has_users() => nobody_or(Problem::unauthorized(), access),
            Some((accounts, _)) => Ok(Caller(accounts.anyone())),
            None => Ok(Caller(Arc::clone(&Caller::operator().0))),
        }
    }

    /// Notes what was done, in the caller's organization.
    pub async fn note(&self, caller: &Caller, deed: Deed) {
        if let Some((accounts, _)) = &self.accounts {
            accounts.note(caller.organization, &deed).await;
        }
    }

    /// Whether a limited caller may touch what the path names. What handlers must see to themselves passes.
    pub async fn check_limit(
        &self,
        caller: &Caller,
        pattern: &str,
        params: &Params,
        query: Option<&str>,
    ) -> Result<(), Problem> {
        let (Some((_, db)), false) = (&self.accounts, caller.limit == Limit::None) else { return Ok(()) };
        match reach(pattern) {
            Reach::Oneself | Reach::Handler => Ok(()),
            Reach::Nothing => Err(Problem::no_right()),
            Reach::Workflow => match &caller.limit {
                Limit::Workflow(only) if only == params.get(0) => Ok(()),
                _ => Err(Problem::new(http::StatusCode::NOT_FOUND, "not-found", "there is no such workflow")),
            },
            Reach::Run => {
                // The other run of a comparison is named beside the path.
                let other = form_urlencoded::parse(query.unwrap_or_default().as_bytes())
                    .find(|(name, _)| name == "with")
                    .map(|(_, value)| value.into_owned());
                for run in std::iter::once(params.get(0).to_owned()).chain(other) {
                    check_run(db, caller, &run).await?;
                }
                let makes_another = pattern.ends_with("/rerun") && matches!(caller.limit, Limit::Run(_));
                if makes_another { Err(Problem::no_right()) } else { Ok(()) }
            }
        }
    }
}

/// Whether a limited caller may touch a run; one that is not there yet is not theirs unless they are limited to just it.
pub async fn check_run(db: &Db, caller: &Caller, run: &str) -> Result<(), Problem> {
    let run_id: RunId = run.parse().map_err(|_| Problem::no_such_run())?;
    match &caller.limit {
        Limit::None => Ok(()),
        Limit::Run(only) if *only == run_id => Ok(()),
        Limit::Run(_) => Err(Problem::no_such_run()),
        Limit::Workflow(only) => {
            let state = runs::state(db, caller.organization, &run_id).await?;
            let workflow = state.and_then(|(_, run)| run.head.workflow);
            if workflow.as_deref() == Some(only) { Ok(()) } else { Err(Problem::no_such_run()) }
        }
    }
}

/// What a limited token meets at a path.
enum Reach {
    /// The run in the path.
    Run,
    /// The workflow in the path.
    Workflow,
    /// Many runs, among which the handler chooses.
    Handler,
    /// What is about the caller alone.
    Oneself,
    /// What no limited token is for: so is every path that is not named here.
    Nothing,
}

fn reach(pattern: &str) -> Reach {
    match pattern {
        "/api/v1/runs" | "/api/v1/events" | "/api/v1/stream" => Reach::Handler,
        "/api/v1/session" | "/api/v1/tickets" => Reach::Oneself,
        _ if pattern.starts_with("/api/v1/runs/{runId}") => Reach::Run,
        _ if pattern.starts_with("/workflows/runs/{runId}") => Reach::Run,
        _ if pattern.starts_with("/api/v1/workflows/{name}") => Reach::Workflow,
        _ => Reach::Nothing,
    }
}

/// Nobody, where nobody may come; else the reason.
fn nobody_or(problem: Problem, access: Access) -> Result<Caller, Problem> {
    if access == Access::Session { Ok(Caller::nobody()) } else { Err(problem) }
}

/// The right that a route asks, where it asks one.
pub fn right_of(access: Access) -> Option<Right> {
    match access {
        Access::Caller(right) => Some(right),
        Access::Anyone | Access::StaticFile | Access::Session => None,
    }
}
