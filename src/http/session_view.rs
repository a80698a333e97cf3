//! Who is signed in, as the page and scripts see it.

use serde::Serialize;
use utoipa::ToSchema;

use super::app::SharedApp;
use super::caller::{Caller, Right};
use super::problem::Problem;
use crate::facts::account::{Email, Role, UserId};
use crate::facts::id::OrganizationId;
use crate::flow::accounts::Who;
use crate::store::accounts::users::{self, OrganizationRow};

/// How one comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Authentication {
    /// By no way at all: whoever is on this machine may do everything.
    Open,
    /// With the server's own token.
    Token,
    /// By signing in.
    Accounts,
}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    #[schema(value_type = String, format = Uuid)]
    pub user_id: UserId,
    #[schema(value_type = String)]
    pub email: Email,
    pub name: Option<String>,
}

/// An organization.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Organization {
    #[schema(value_type = String, format = Uuid)]
    pub organization_id: OrganizationId,
    pub name: String,
}

/// An organization, and what the user is there.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Membership {
    #[schema(value_type = String, format = Uuid)]
    pub organization_id: OrganizationId,
    pub name: String,
    pub role: Role,
    /// The user's own, which nobody can join.
    pub personal: bool,
}

/// A way to sign in that is no password.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignInProvider {
    pub name: String,
}

/// Who asks, and how one comes in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    pub authentication: Authentication,
    /// Whether a user is signed in, or a token was sent that holds.
    pub signed_in: bool,
    pub user: Option<User>,
    pub organization: Option<Organization>,
    pub role: Option<Role>,
    /// Where the user is a member, the personal organization last.
    pub organizations: Vec<Membership>,
    pub open_id_connect: Option<SignInProvider>,
}

impl From<OrganizationRow> for Membership {
    fn from(row: OrganizationRow) -> Self {
        Self {
            organization_id: row.organization_id,
            name: row.name,
            role: row.role,
            personal: row.is_personal,
        }
    }
}

/// What this caller is told.
pub async fn view(app: &SharedApp, caller: &Caller) -> Result<Session, Problem> {
    let accounts = &app.core.accounts;
    let must_sign_in = accounts.has_users()
        || app.options.require_sign_in
        || !(app.options.loopback || app.options.token.is_some());
    let authentication = match (must_sign_in, &app.options.token) {
        (true, _) => Authentication::Accounts,
        (false, Some(_)) => Authentication::Token,
        (false, None) => Authentication::Open,
    };
    let organizations = match caller.user() {
        Some(user) => users::organizations(&app.core.db, user).await?,
        None => Vec::new(),
    };
    let organization = if caller.is_nobody() {
        None
    } else {
        users::organization(&app.core.db, caller.organization)
            .await?
            .map(|(name, _)| Organization { organization_id: caller.organization, name })
    };
    let user = match &caller.who {
        Who::User { user, email, name, .. } => {
            Some(User { user_id: *user, email: email.clone(), name: name.clone() })
        }
        _ => None,
    };
    Ok(Session {
        authentication,
        signed_in: !matches!(caller.who, Who::Nobody | Who::Anyone),
        user,
        organization,
        role: role(caller),
        organizations: organizations.into_iter().map(Membership::from).collect(),
        open_id_connect: accounts
            .provider()
            .map(|provider| SignInProvider { name: provider.name().to_owned() }),
    })
}

/// The highest role whose rights the caller has all.
pub fn role(caller: &Caller) -> Option<Role> {
    if let Who::User { role, .. } = &caller.who {
        return Some(*role);
    }
    [(Right::Own, Role::Owner), (Right::Edit, Role::Member), (Right::Read, Role::Viewer)]
        .into_iter()
        .find(|(right, _)| caller.may(*right))
        .map(|(_, role)| role)
}
