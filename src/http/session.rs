//! Signing in and out: /api/v1/session and what is below it.
//!
//! Cookies are sent by browsers of themselves, so that what works with one is for this server's own pages only: the doors
//! keep other sites out, and the sites that `cors_origins` lets in are kept out here.

use http::StatusCode;
use http::header::{HeaderValue, SET_COOKIE};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::app::SharedApp;
use super::caller::Caller;
use super::cookies::REFRESH;
use super::endpoint::{Call, Head};
use super::fields::Fields;
use super::problem::Problem;
use super::session_view::{self, Session};
use super::{Response, body, deeds, schema};
use crate::facts::account::{EMAIL_MAX_BYTES, Email, NAME_MAX_BYTES, PASSWORD_MAX_BYTES};
use crate::facts::id::OrganizationId;
use crate::flow::accounts::{ACCESS_FOR, AccountError, SESSION_FOR, SignedIn};
use crate::store::accounts::audit::Deed;

/// The longest link's secret: ours have 43 letters.
const LINK_MAX_BYTES: usize = 256;

/// What signs in.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes what is read field by field")]
pub struct SignIn {
    email: String,
    password: String,
}

/// A one-time link's secret, and what is set with it.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes what is read field by field")]
pub struct LinkSignIn {
    link: String,
    /// The password to sign in with from now on.
    #[schema(required = false)]
    password: Option<String>,
    /// Of the first user only, whom nobody has invited.
    #[schema(required = false)]
    email: Option<String>,
    #[schema(required = false)]
    name: Option<String>,
}

/// Where the session shall go on.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes what is read field by field")]
#[schema(rename_all = "camelCase")]
pub struct OrganizationChoice {
    #[schema(format = Uuid)]
    organization_id: String,
}

/// A session that has begun or goes on: what to send as a bearer token, and who that is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenedSession {
    access_token: String,
    expires_in_seconds: u64,
    #[serde(flatten)]
    session: Session,
}

/// GET /api/v1/session
pub async fn show(app: SharedApp, call: Call) -> Result<Response, Problem> {
    Ok(schema::json(&session_view::view(&app, &call.head.caller).await?))
}

/// POST /api/v1/session
pub async fn sign_in(app: SharedApp, call: Call) -> Result<Response, Problem> {
    check_own_page(&call.head)?;
    let body = body::read(&app.bodies, &call.head.headers, call.chunks).await?;
    let mut fields = Fields::of(&body)?;
    let email: Option<String> = fields.required("email", "an e-mail address");
    let password: Option<String> = fields.required("password", "a text");
    if email.as_ref().is_some_and(|email| email.len() > EMAIL_MAX_BYTES) {
        fields.fault("/email", "is longer than 320 bytes");
    }
    if password.as_ref().is_some_and(|password| password.len() > PASSWORD_MAX_BYTES) {
        fields.fault("/password", "is longer than 1,024 bytes");
    }
    fields.check()?;
    let (email, password) = (email.unwrap_or_default(), password.unwrap_or_default());
    let address = call.head.address.map(|address| address.to_string()).unwrap_or_default();
    match app.core.accounts.sign_in(&email, &password, &address).await {
        Ok(signed_in) => opened(&app, &call.head, signed_in, "session.sign-in").await,
        Err(error) => {
            note_refused(&app, &call.head, &email, &error).await;
            Err(error.into())
        }
    }
}

/// POST /api/v1/session/link
pub async fn redeem(app: SharedApp, call: Call) -> Result<Response, Problem> {
    check_own_page(&call.head)?;
    let body = body::read(&app.bodies, &call.head.headers, call.chunks).await?;
    let mut fields = Fields::of(&body)?;
    let link: Option<String> = fields.required("link", "a link's secret");
    if link.as_ref().is_some_and(|link| link.len() > LINK_MAX_BYTES) {
        fields.fault("/link", "is longer than 256 bytes");
    }
    let password: Option<String> = fields.optional("password", "a text");
    let email: Option<Email> = fields.optional("email", "an e-mail address");
    let name = fields.text("name", NAME_MAX_BYTES);
    fields.check()?;
    let accounts = &app.core.accounts;
    let redeemed = accounts
        .redeem(&link.unwrap_or_default(), password.as_deref(), email.as_ref(), name.as_deref())
        .await?;
    opened(&app, &call.head, redeemed, "session.link").await
}

/// POST /api/v1/session/refresh
pub async fn refresh(app: SharedApp, call: Call) -> Result<Response, Problem> {
    check_own_page(&call.head)?;
    let refreshed = match REFRESH.of(&call.head.headers) {
        Some(cookie) => app.core.accounts.refresh(cookie).await,
        None => Err(AccountError::NotSignedIn),
    };
    match refreshed {
        Ok(signed_in) => {
            let mut response = opened_answer(&app, &signed_in).await?;
            set_refresh(&mut response, &call.head, &signed_in);
            Ok(response)
        }
        Err(AccountError::NotSignedIn) => {
            let cleared = REFRESH.clear(&call.head.headers);
            let problem = Problem::from(AccountError::NotSignedIn);
            Err(problem.with_header(SET_COOKIE, cleared.to_str().unwrap_or_default()))
        }
        Err(error) => Err(error.into()),
    }
}

/// DELETE /api/v1/session
pub async fn sign_out(app: SharedApp, call: Call) -> Result<Response, Problem> {
    check_own_page(&call.head)?;
    let accounts = &app.core.accounts;
    let session = match (call.head.caller.session(), REFRESH.of(&call.head.headers)) {
        (Some(session), _) => Some(session),
        (None, Some(cookie)) => accounts.session_of_cookie(cookie).await?,
        (None, None) => None,
    };
    if let Some(session) = session {
        accounts.sign_out(session).await?;
        if !call.head.caller.is_nobody() {
            let deed = deed(&call.head, call.head.caller.actor(), "session.sign-out", None);
            accounts.note(call.head.organization(), &deed).await;
        }
    }
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    response.headers_mut().insert(SET_COOKIE, REFRESH.clear(&call.head.headers));
    Ok(response)
}

/// PUT /api/v1/session/organization
pub async fn change_organization(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let caller = &call.head.caller;
    let (Some(session), Some(user)) = (caller.session(), caller.user()) else {
        return Err(if caller.is_nobody() { Problem::unauthorized() } else { Problem::no_right() });
    };
    let body = body::read(&app.bodies, &call.head.headers, call.chunks).await?;
    let mut fields = Fields::of(&body)?;
    let organization: Option<OrganizationId> = fields.required("organizationId", "an organization's id");
    fields.check()?;
    let organization = organization.unwrap_or(OrganizationId::NOBODYS);
    let (access_token, authority) = app.core.accounts.move_session(session, user, organization).await?;
    let session = session_view::view(&app, &Caller(authority)).await?;
    let expires_in_seconds = ACCESS_FOR.as_secs();
    Ok(schema::json(&OpenedSession { access_token, expires_in_seconds, session }))
}

/// The answer to a sign-in, which is noted.
async fn opened(
    app: &SharedApp,
    head: &Head,
    signed_in: SignedIn,
    action: &str,
) -> Result<Response, Problem> {
    let mut response = opened_answer(app, &signed_in).await?;
    set_refresh(&mut response, head, &signed_in);
    note_sign_in(app, head, &signed_in, action).await;
    Ok(response)
}

pub async fn note_sign_in(app: &SharedApp, head: &Head, signed_in: &SignedIn, action: &str) {
    let deed = deed(head, signed_in.authority.actor(), action, None);
    app.core.accounts.note(signed_in.authority.organization, &deed).await;
}

pub fn set_refresh(response: &mut Response, head: &Head, signed_in: &SignedIn) {
    let cookie: HeaderValue = REFRESH.set(&signed_in.refresh, SESSION_FOR, &head.headers);
    response.headers_mut().append(SET_COOKIE, cookie);
}

async fn opened_answer(app: &SharedApp, signed_in: &SignedIn) -> Result<Response, Problem> {
    let session = session_view::view(app, &Caller(signed_in.authority.clone())).await?;
    Ok(schema::json(&OpenedSession {
        access_token: signed_in.access_token.clone(),
        expires_in_seconds: ACCESS_FOR.as_secs(),
        session,
    }))
}

/// Refusals are the installation's: whose account it would be is not known, or not yet.
async fn note_refused(app: &SharedApp, head: &Head, email: &str, error: &AccountError) {
    let action = match error {
        AccountError::NotSignedIn => "session.refused",
        AccountError::Locked(_) => "session.locked",
        _ => return,
    };
    let deed = deed(head, "nobody".to_owned(), action, Some(email.to_owned()));
    app.core.accounts.note(OrganizationId::DEFAULT, &deed).await;
}

fn deed(head: &Head, actor: String, action: &str, subject: Option<String>) -> Deed {
    let address = head.address.map(|address| address.to_string());
    Deed { actor, action: action.to_owned(), subject, detail: None, address }
}

/// Refuses pages of other origins, those too that may call the rest of the API.
fn check_own_page(head: &Head) -> Result<(), Problem> {
    let site = head.header("sec-fetch-site");
    if site.is_none_or(|site| matches!(site, "same-origin" | "none")) {
        Ok(())
    } else {
        Err(Problem::forbidden("signing in and out is for this server's own pages"))
    }
}

/// What an Own route's handler tells the audit log beside what the path names.
pub fn told(response: &mut Response, subject: impl ToString, detail: Option<serde_json::Value>) {
    response.extensions_mut().insert(deeds::Told { subject: Some(subject.to_string()), detail });
}
