//! The browser's way to an OpenID Connect provider and back.

use std::time::Duration;

use http::StatusCode;
use http::header::{HeaderValue, LOCATION, SET_COOKIE};

use super::Response;
use super::app::SharedApp;
use super::cookies::OPENID;
use super::endpoint::{Call, Head};
use super::problem::Problem;
use super::{peer, session};

/// As long as the store keeps what belongs to the state.
const STATE_FOR: Duration = Duration::from_secs(15 * 60);
const CALLBACK: &str = "/api/v1/session/openid/callback";
/// Where somebody is told that it did not work.
const REFUSED: &str = "/ui/sign-in?error=openid";

/// GET /api/v1/session/openid
pub async fn leave(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let (address, state) = app.core.accounts.openid_way(&callback(&call.head)).await?;
    let mut response = to(&address)?;
    response.headers_mut().insert(SET_COOKIE, OPENID.set(&state, STATE_FOR, &call.head.headers));
    Ok(response)
}

/// GET /api/v1/session/openid/callback
pub async fn come_back(app: SharedApp, call: Call) -> Result<Response, Problem> {
    if app.core.accounts.provider().is_none() {
        return Err(Problem::no_such_path());
    }
    let query = call.head.query();
    let (state, code) = (query.text("state"), query.text("code"));
    // The state must be this browser's own: else somebody could be signed in as another without knowing.
    let is_own = state.is_some() && state == OPENID.of(&call.head.headers);
    let (Some(state), Some(code), true) = (state, code, is_own) else { return refused(&call.head) };
    match app.core.accounts.openid_back(state, code, &callback(&call.head)).await {
        Ok(signed_in) => {
            let mut response = to("/ui/")?;
            response.headers_mut().append(SET_COOKIE, OPENID.clear(&call.head.headers));
            session::set_refresh(&mut response, &call.head, &signed_in);
            session::note_sign_in(&app, &call.head, &signed_in, "session.openid").await;
            Ok(response)
        }
        Err(error) => {
            // A person looks at this answer: the page says that it did not work, the log says why.
            tracing::warn!(%error, "a sign-in with OpenID Connect was refused");
            refused(&call.head)
        }
    }
}

fn callback(head: &Head) -> String {
    format!("{}{CALLBACK}", peer::own_url(&head.headers))
}

fn refused(head: &Head) -> Result<Response, Problem> {
    let mut response = to(REFUSED)?;
    response.headers_mut().append(SET_COOKIE, OPENID.clear(&head.headers));
    Ok(response)
}

fn to(address: &str) -> Result<Response, Problem> {
    let location = HeaderValue::from_str(address)
        .map_err(|_| Problem::internal(format!("no address to lead to: {address}")))?;
    let mut response = Response::default();
    *response.status_mut() = StatusCode::FOUND;
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}
