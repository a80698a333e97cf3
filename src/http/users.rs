//! The members of the caller's organization: /api/v1/users.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::app::SharedApp;
use super::endpoint::{Call, Head};
use super::fields::Fields;
use super::problem::Problem;
use super::{Response, body, peer, schema, session};
use crate::facts::account::{Email, NAME_MAX_BYTES, Role, UserId};
use crate::facts::bcrypt_hash::BcryptHash;
use crate::facts::time::Timestamp;
use crate::store::accounts::users::{self, MemberRow};

/// A member of the organization.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    #[schema(value_type = String, format = Uuid)]
    user_id: UserId,
    #[schema(value_type = String)]
    email: Email,
    name: Option<String>,
    role: Role,
    /// Null in the answer that makes it.
    #[schema(value_type = Option<String>, format = DateTime)]
    created_at: Option<Timestamp>,
    /// Has signed in before: not only invited.
    joined: bool,
}

#[derive(Serialize, ToSchema)]
pub struct MemberList {
    /// By e-mail.
    users: Vec<Member>,
}

/// Whom to invite.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes what is read field by field")]
pub struct Invitation {
    email: String,
    #[schema(required = false)]
    name: Option<String>,
    role: Role,
}

/// A user of another system.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what is read field by field")]
pub struct BroughtUser {
    email: String,
    #[schema(required = false)]
    name: Option<String>,
    role: Role,
    /// bcrypt: `$2b$12$` and 53 letters, with a cost up to 14.
    password_hash: String,
}

/// What came of it.
#[derive(Serialize, ToSchema)]
pub struct BroughtMember {
    /// The new member; null where the address had an account, which was left as it is.
    user: Option<Member>,
}

/// What a member shall be.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes what is read field by field")]
pub struct RoleChange {
    role: Role,
}

/// An invited member, and the link to pass on: it signs in once, and is shown once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvitedMember {
    user: Member,
    sign_in_link: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignInLink {
    sign_in_link: String,
}

impl From<MemberRow> for Member {
    fn from(row: MemberRow) -> Self {
        Self {
            user_id: row.user_id,
            email: row.email,
            name: row.name,
            role: row.role,
            created_at: Some(row.created_at),
            joined: row.has_joined,
        }
    }
}

/// GET /api/v1/users
pub async fn list(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let members = users::members(&app.core.db, call.head.organization()).await?;
    Ok(schema::json(&MemberList { users: members.into_iter().map(Member::from).collect() }))
}

/// POST /api/v1/users
pub async fn invite(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let body = body::read(&app.bodies, &call.head.headers, call.chunks).await?;
    let mut fields = Fields::of(&body)?;
    let email: Option<Email> = fields.required("email", "an e-mail address");
    let name = fields.text("name", NAME_MAX_BYTES);
    let role: Option<Role> = fields.required("role", "owner, member or viewer");
    let (Some(email), Some(role)) = (email, role) else {
        fields.check()?;
        return Err(Problem::internal("a missing field made no fault"));
    };
    fields.check()?;
    let organization = call.head.organization();
    let invited = app.core.accounts.invite(organization, &email, name.as_deref(), role).await?;
    let sign_in_link = link_of(&call.head, &invited.link);
    let user = Member {
        user_id: invited.user_id,
        email: invited.email,
        name: invited.name,
        role: invited.role,
        created_at: None,
        joined: false,
    };
    let told = (user.email.clone(), json!({ "role": user.role }));
    let mut response = schema::json(&InvitedMember { user, sign_in_link });
    *response.status_mut() = StatusCode::CREATED;
    session::told(&mut response, told.0, Some(told.1));
    Ok(response)
}

/// POST /api/v1/users/import
pub async fn bring(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let body = body::read(&app.bodies, &call.head.headers, call.chunks).await?;
    let mut fields = Fields::of(&body)?;
    let email: Option<Email> = fields.required("email", "an e-mail address");
    let name = fields.text("name", NAME_MAX_BYTES);
    let role: Option<Role> = fields.required("role", "owner, member or viewer");
    let password_hash: Option<BcryptHash> = fields.required("passwordHash", "a bcrypt hash");
    let (Some(email), Some(role), Some(hash)) = (email, role, password_hash) else {
        fields.check()?;
        return Err(Problem::internal("a missing field made no fault"));
    };
    fields.check()?;
    let organization = call.head.organization();
    let made = app.core.accounts.bring(organization, &email, name.as_deref(), role, &hash).await?;
    let told = (email.clone(), json!({ "role": role, "made": made.is_some() }));
    let user = made.map(|user_id| Member { user_id, email, name, role, created_at: None, joined: true });
    let status = if user.is_some() { StatusCode::CREATED } else { StatusCode::OK };
    let mut response = schema::json(&BroughtMember { user });
    *response.status_mut() = status;
    session::told(&mut response, told.0, Some(told.1));
    Ok(response)
}

/// PUT /api/v1/users/{userId}
pub async fn set_role(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let user = user_id(&call.head)?;
    let body = body::read(&app.bodies, &call.head.headers, call.chunks).await?;
    let mut fields = Fields::of(&body)?;
    let role: Option<Role> = fields.required("role", "owner, member or viewer");
    fields.check()?;
    let role = role.unwrap_or(Role::Viewer);
    app.core.accounts.set_role(call.head.organization(), user, role).await?;
    let members = users::members(&app.core.db, call.head.organization()).await?;
    let member = members.into_iter().find(|member| member.user_id == user).ok_or_else(no_such_user)?;
    let email = member.email.clone();
    let mut response = schema::json(&Member::from(member));
    session::told(&mut response, email, Some(json!({ "role": role })));
    Ok(response)
}

/// DELETE /api/v1/users/{userId}
pub async fn remove(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let user = user_id(&call.head)?;
    let row = users::by_id(&app.core.db, user).await?.ok_or_else(no_such_user)?;
    app.core.accounts.remove(call.head.organization(), user).await?;
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    session::told(&mut response, row.email, None);
    Ok(response)
}

/// POST /api/v1/users/{userId}/link
pub async fn link(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let user = user_id(&call.head)?;
    let link = app.core.accounts.link_for(call.head.organization(), user).await?;
    let mut response = schema::json(&SignInLink { sign_in_link: link_of(&call.head, &link) });
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

/// The page's address that redeems a link.
fn link_of(head: &Head, secret: &str) -> String {
    format!("{}/ui/sign-in?link={secret}", peer::own_url(&head.headers))
}

fn user_id(head: &Head) -> Result<UserId, Problem> {
    head.params.get(0).parse().map_err(|_| no_such_user())
}

fn no_such_user() -> Problem {
    crate::flow::accounts::AccountError::NotFound.into()
}
