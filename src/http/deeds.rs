//! What goes into the audit log by itself: everything that was done through a route that asks to edit or own.
//!
//! `PUT /api/v1/secrets/{name}` is noted as `secrets.put` with the name, so that a new route needs no entry of its own.

use std::net::IpAddr;

use http::Method;
use serde_json::Value;

use super::caller::{Caller, Right};
use super::doors::Access;
use super::gate::right_of;
use crate::store::accounts::audit::Deed;

const API: &str = "/api/v1/";

/// What a handler adds to the entry, as an extension of its answer.
#[derive(Debug, Clone, Default)]
pub struct Told {
    pub subject: Option<String>,
    pub detail: Option<Value>,
}

/// Whether a route's successes are noted.
pub fn is_noted(access: Access, method: &Method) -> bool {
    let changes = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    changes && matches!(right_of(access), Some(Right::Edit | Right::Own))
}

/// `secrets.put` for `PUT /api/v1/secrets/{name}`.
pub fn action(method: &Method, pattern: &str) -> String {
    let path = pattern.strip_prefix(API).unwrap_or(pattern);
    let words = path.split('/').filter(|word| !word.is_empty() && !word.starts_with('{'));
    let mut action = words.collect::<Vec<_>>().join(".");
    action.push('.');
    action.push_str(&method.as_str().to_ascii_lowercase());
    action
}

pub fn deed(caller: &Caller, action: String, subject: &str, told: Told, address: Option<IpAddr>) -> Deed {
    let named = Some(subject.to_owned()).filter(|subject| !subject.is_empty());
    Deed {
        actor: caller.actor(),
        action,
        subject: told.subject.or(named),
        detail: told.detail.map(|detail| detail.to_string()),
        address: address.map(|address| address.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_named_by_their_route() {
        assert_eq!(action(&Method::PUT, "/api/v1/secrets/{name}"), "secrets.put");
        assert_eq!(action(&Method::POST, "/api/v1/cleanup/plans/{planId}/apply"), "cleanup.plans.apply.post");
        assert_eq!(action(&Method::DELETE, "/api/v1/runs/{runId}"), "runs.delete");
    }

    #[test]
    fn only_what_edits_or_owns_is_noted() {
        assert!(is_noted(Access::Caller(Right::Own), &Method::POST));
        assert!(is_noted(Access::Caller(Right::Edit), &Method::DELETE));
        assert!(!is_noted(Access::Caller(Right::Append), &Method::POST));
        assert!(!is_noted(Access::Caller(Right::Own), &Method::GET));
        assert!(!is_noted(Access::Anyone, &Method::POST));
    }
}
