//! Organizations: those that the caller belongs to, and a new one.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::app::SharedApp;
use super::endpoint::Call;
use super::fields::Fields;
use super::problem::Problem;
use super::session_view::{Membership, Organization};
use super::{Response, body, schema, session, session_view};
use crate::facts::account::{NAME_MAX_BYTES, Role};
use crate::store::accounts::users;

#[derive(Serialize, ToSchema)]
pub struct OrganizationList {
    organizations: Vec<Membership>,
}

/// What a new organization is called.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes what is read field by field")]
pub struct NewOrganization {
    name: String,
}

/// GET /api/v1/organizations
pub async fn list(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let caller = &call.head.caller;
    let organizations = match caller.user() {
        Some(user) => {
            users::organizations(&app.core.db, user).await?.into_iter().map(Membership::from).collect()
        }
        // A token belongs to one organization.
        None => users::organization(&app.core.db, caller.organization)
            .await?
            .map(|(name, personal)| Membership {
                organization_id: caller.organization,
                name,
                role: session_view::role(caller).unwrap_or(Role::Viewer),
                personal,
            })
            .into_iter()
            .collect(),
    };
    Ok(schema::json(&OrganizationList { organizations }))
}

/// POST /api/v1/organizations
pub async fn make(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let body = body::read(&app.bodies, &call.head.headers, call.chunks).await?;
    let mut fields = Fields::of(&body)?;
    let name: Option<String> = fields.required("name", "a text");
    if name.as_ref().is_some_and(|name| name.is_empty() || name.len() > NAME_MAX_BYTES) {
        fields.fault("/name", "is not 1 to 200 bytes long");
    }
    fields.check()?;
    let name = name.unwrap_or_default();
    let caller = &call.head.caller;
    let Some(user) = caller.user() else {
        return Err(Problem::conflict("an organization needs an owner: sign in as a user to make one"));
    };
    let (organization_id, _) = app.core.accounts.make_organization(user, caller.organization, &name).await?;
    let subject = name.clone();
    let mut response = schema::json(&Organization { organization_id, name });
    *response.status_mut() = StatusCode::CREATED;
    session::told(&mut response, subject, None);
    Ok(response)
}
