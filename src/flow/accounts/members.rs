//! Who belongs to an organization: invited, given a role, taken out; and the first user of all.

use std::time::Duration;

use super::admission::Accounts;
use super::error::AccountError;
use super::secrets::digest;
use super::sessions::SignedIn;
use crate::facts::account::{Email, Role, UserId, check_password, may_lose_owner};
use crate::facts::bcrypt_hash::BcryptHash;
use crate::facts::id::OrganizationId;
use crate::facts::time::Timestamp;
use crate::store::accounts::users::{self, UserRow};
use crate::store::accounts::{audit, once};
use crate::store::db::Transaction;

/// How long an invitation is good: over a long weekend.
const INVITATION_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How long the first start's link is good; the next start prints another.
const FIRST_LINK_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// The first user's address where none is given: a name to sign in with, which nobody sends anything to.
const FIRST_EMAIL: &str = "owner@localhost";

/// A user who was invited.
#[derive(Debug, Clone)]
pub struct Invited {
    pub user_id: UserId,
    pub email: Email,
    pub name: Option<String>,
    /// The first user of all is an owner, whatever was asked for.
    pub role: Role,
    /// The one-time link's secret.
    pub link: String,
}

/// Why a transaction about a membership ends without a change.
fn conflict<T>(reason: &'static str) -> Result<T, AccountError> {
    Err(AccountError::Conflict(reason))
}

const LAST_OWNER: &str = "the organization would be left without an owner; make somebody else one first";
const NO_OWNER: &str =
    "the organization has no owner yet; make one first (`telltale user add EMAIL --role owner`)";
const PERSONAL: &str = "a personal organization has one user; make or choose another organization";

impl Accounts {
    /// Makes somebody a member, and a link to sign in with. The first user of all becomes an owner whatever is asked for.
    pub async fn invite(
        &self,
        organization: OrganizationId,
        email: &Email,
        name: Option<&str>,
        role: Role,
    ) -> Result<Invited, AccountError> {
        self.check_shared(organization).await?;
        let role = if users::any(&self.shared.db).await? { role } else { Role::Owner };
        let user = self.join(organization, email, name, role, false).await?;
        let link = self.make_link(Some(user.user_id), organization, INVITATION_FOR).await?;
        self.recheck().await;
        Ok(Invited { user_id: user.user_id, email: user.email, name: user.name, role, link })
    }

    /// Makes a user who has signed in to another system until now, and does so here with the same password. `None`: the address has an
    /// account, which is left as it is, in whatever organization. An organization is given no first members before an owner: nobody could say
    /// who else may come.
    pub async fn bring(
        &self,
        organization: OrganizationId,
        email: &Email,
        name: Option<&str>,
        role: Role,
        password_hash: &BcryptHash,
    ) -> Result<Option<UserId>, AccountError> {
        self.check_shared(organization).await?;
        let mut connection = self.shared.db.get().await?;
        let transaction = connection.transaction().await?;
        if role != Role::Owner && users::lock_owners(&transaction, organization).await?.is_empty() {
            return conflict(NO_OWNER);
        }
        let (user, personal) = (UserId(users::new_id()), OrganizationId(users::new_id()));
        if !users::insert(&transaction, user, email, name, personal).await? {
            return Ok(None);
        }
        users::put_membership(&transaction, organization, user, role).await?;
        users::set_password_in(&transaction, user, password_hash.as_str()).await?;
        transaction.commit().await?;
        drop(connection);
        self.recheck().await;
        Ok(Some(user))
    }

    /// Another link for a member who has lost the way in.
    pub async fn link_for(&self, organization: OrganizationId, user: UserId) -> Result<String, AccountError> {
        let members = users::members(&self.shared.db, organization).await?;
        if !members.iter().any(|member| member.user_id == user) {
            return Err(AccountError::NotFound);
        }
        self.make_link(Some(user), organization, INVITATION_FOR).await
    }

    /// Adds the user where there is none, and the membership. One that is there already is a conflict unless it may be `renewed`.
    pub(super) async fn join(
        &self,
        organization: OrganizationId,
        email: &Email,
        name: Option<&str>,
        role: Role,
        is_renewed: bool,
    ) -> Result<UserRow, AccountError> {
        let mut connection = self.shared.db.get().await?;
        let transaction = connection.transaction().await?;
        let (user, personal) = (UserId(users::new_id()), OrganizationId(users::new_id()));
        let is_new = users::insert(&transaction, user, email, name, personal).await?;
        let row = if is_new {
            UserRow {
                user_id: user,
                email: email.clone(),
                name: name.map(str::to_owned),
                password_hash: None,
                is_removed: false,
            }
        } else {
            // Users are never deleted, so that it is there.
            let row = users::by_email_in(&transaction, email).await?.ok_or(AccountError::NotFound)?;
            if !is_renewed && users::role_in(&transaction, organization, row.user_id).await?.is_some() {
                return conflict("this user belongs to the organization already");
            }
            users::revive(&transaction, row.user_id).await?;
            row
        };
        users::put_membership(&transaction, organization, row.user_id, role).await?;
        transaction.commit().await?;
        Ok(row)
    }

    /// Gives a member another role.
    pub async fn set_role(
        &self,
        organization: OrganizationId,
        user: UserId,
        role: Role,
    ) -> Result<(), AccountError> {
        self.check_shared(organization).await?;
        let mut connection = self.shared.db.get().await?;
        let transaction = connection.transaction().await?;
        self.check_owner_stays(&transaction, organization, user, role == Role::Owner).await?;
        users::put_membership(&transaction, organization, user, role).await?;
        transaction.commit().await?;
        drop(connection);
        self.recheck().await;
        Ok(())
    }

    /// Takes a member out, with what was opened and made there; one who belongs nowhere else can't sign in any more.
    pub async fn remove(&self, organization: OrganizationId, user: UserId) -> Result<(), AccountError> {
        self.check_shared(organization).await?;
        let mut connection = self.shared.db.get().await?;
        let transaction = connection.transaction().await?;
        self.check_owner_stays(&transaction, organization, user, false).await?;
        users::remove_membership(&transaction, organization, user).await?;
        users::remove_homeless(&transaction, user).await?;
        transaction.commit().await?;
        drop(connection);
        self.recheck().await;
        Ok(())
    }

    /// 404 for who is no member; a conflict where the last owner would go.
    async fn check_owner_stays(
        &self,
        transaction: &Transaction<'_>,
        organization: OrganizationId,
        user: UserId,
        stays_owner: bool,
    ) -> Result<(), AccountError> {
        let owners = users::lock_owners(transaction, organization).await?;
        let role = users::role_in(transaction, organization, user).await?.ok_or(AccountError::NotFound)?;
        if role == Role::Owner && !stays_owner && !may_lose_owner(&owners, user) {
            return conflict(LAST_OWNER);
        }
        Ok(())
    }

    async fn check_shared(&self, organization: OrganizationId) -> Result<(), AccountError> {
        match users::organization(&self.shared.db, organization).await? {
            Some((_, false)) => Ok(()),
            Some((_, true)) => conflict(PERSONAL),
            None => Err(AccountError::NotFound),
        }
    }

    /// A new organization, with this user as its owner.
    pub async fn make_organization(
        &self,
        by: UserId,
        from: OrganizationId,
        name: &str,
    ) -> Result<(OrganizationId, Timestamp), AccountError> {
        self.check_shared(from).await?;
        let mut connection = self.shared.db.get().await?;
        let transaction = connection.transaction().await?;
        let organization = OrganizationId(users::new_id());
        let created_at = users::insert_organization(&transaction, organization, name, None).await?;
        users::put_membership(&transaction, organization, by, Role::Owner).await?;
        transaction.commit().await?;
        Ok((organization, created_at))
    }

    /// The link of a server that has no users yet; those of earlier starts hold no more.
    pub async fn first_link(&self) -> Result<String, AccountError> {
        once::drop_first_links(&self.shared.db).await?;
        self.make_link(None, OrganizationId::DEFAULT, FIRST_LINK_FOR).await
    }

    /// Signs in with a one-time link, and sets a password where one is given. Without a user yet, it makes the first one.
    pub async fn redeem(
        &self,
        link: &str,
        password: Option<&str>,
        email: Option<&Email>,
        name: Option<&str>,
    ) -> Result<SignedIn, AccountError> {
        if let Some(password) = password {
            check_password(password, email)
                .map_err(|reason| AccountError::Invalid("/password", reason.to_owned()))?;
        }
        let taken = once::take_link(&self.shared.db, &digest(link)).await?;
        let (user, organization) = taken.ok_or(AccountError::NotSignedIn)?;
        let row = match user {
            Some(user) => users::by_id(&self.shared.db, user).await?.filter(|row| !row.is_removed),
            None => self.first_user(organization, email, name).await?,
        };
        let row = row.ok_or(AccountError::NotSignedIn)?;
        if let Some(password) = password {
            let hash = self.shared.hasher.hash(password.to_owned()).await?;
            users::set_password(&self.shared.db, row.user_id, &hash).await?;
        }
        self.recheck().await;
        self.begin_session(&row, Some(organization)).await
    }

    /// The first user, an owner; `None` where there is one already.
    async fn first_user(
        &self,
        organization: OrganizationId,
        email: Option<&Email>,
        name: Option<&str>,
    ) -> Result<Option<UserRow>, AccountError> {
        if users::any(&self.shared.db).await? {
            return Ok(None);
        }
        let first = FIRST_EMAIL.parse().map_err(|_| AccountError::NotSignedIn)?;
        let row = self.join(organization, email.unwrap_or(&first), name, Role::Owner, true).await?;
        once::drop_first_links(&self.shared.db).await?;
        Ok(Some(row))
    }

    /// Notes who did what. Failing is logged, and stops nothing that was done.
    pub async fn note(&self, organization: OrganizationId, deed: &audit::Deed) {
        if let Err(error) = audit::insert(&self.shared.db, organization, deed).await {
            tracing::error!(%error, actor = deed.actor, action = deed.action, "the audit log can't be written");
        }
    }
}
