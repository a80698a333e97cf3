//! Who asks, what they may do, and when that ends.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::facts::account::{Email, Limit, Right, Rights, Role, SessionId, TokenId, UserId};
use crate::facts::id::{OrganizationId, RunId};
use crate::store::accounts::sessions::LiveSession;
use crate::store::accounts::tokens::LiveToken;

/// What a caller may do, for as long as it holds.
#[derive(Debug, Clone)]
pub struct Authority {
    /// Whose things the caller sees, and nobody else's.
    pub organization: OrganizationId,
    pub rights: Rights,
    pub limit: Limit,
    pub who: Who,
    /// Cancelled when it holds no more: streams that were opened with it end.
    pub ended: CancellationToken,
}

/// Whose authority it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Nobody who is known.
    Nobody,
    /// Everyone on this machine, where there are no accounts.
    Anyone,
    /// Whoever has the server's own token.
    Operator,
    User {
        session: SessionId,
        user: UserId,
        email: Email,
        name: Option<String>,
        role: Role,
    },
    Token {
        token: TokenId,
        name: String,
        created_by: Option<UserId>,
    },
}

/// What the store is asked about again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Principal {
    Session(SessionId),
    Token(TokenId),
}

impl Authority {
    /// Someone who is known to be nobody.
    #[must_use]
    pub fn nobody() -> Arc<Self> {
        Arc::new(Self {
            organization: OrganizationId::NOBODYS,
            rights: Rights::NONE,
            limit: Limit::None,
            who: Who::Nobody,
            ended: CancellationToken::new(),
        })
    }

    /// Whoever may do everything in the organization of an installation without accounts.
    #[must_use]
    pub fn unlimited(who: Who) -> Arc<Self> {
        Arc::new(Self {
            organization: OrganizationId::DEFAULT,
            rights: Rights::ALL,
            limit: Limit::None,
            who,
            ended: CancellationToken::new(),
        })
    }

    pub(super) fn of_session(session: LiveSession) -> Self {
        Self {
            organization: session.organization_id,
            rights: session.role.rights(),
            limit: Limit::None,
            who: Who::User {
                session: session.session_id,
                user: session.user_id,
                email: session.email,
                name: session.name,
                role: session.role,
            },
            ended: CancellationToken::new(),
        }
    }

    pub(super) fn of_token(token: LiveToken) -> Self {
        let rights = token.scopes.iter().fold(Rights::NONE, |rights, scope| rights.with(scope.rights()));
        Self {
            organization: token.organization_id,
            rights,
            limit: token.limit,
            who: Who::Token { token: token.token_id, name: token.name, created_by: token.created_by },
            ended: CancellationToken::new(),
        }
    }

    #[must_use]
    pub fn may(&self, right: Right) -> bool {
        self.rights.has(right)
    }

    /// The user behind it, if it is one's session.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        match &self.who {
            Who::User { user, .. } => Some(*user),
            _ => None,
        }
    }

    #[must_use]
    pub fn session(&self) -> Option<SessionId> {
        match &self.who {
            Who::User { session, .. } => Some(*session),
            _ => None,
        }
    }

    /// Whether a run that there is may be seen, by its name and its workflow's.
    #[must_use]
    pub fn reaches(&self, run_id: &RunId, workflow: Option<&str>) -> bool {
        match &self.limit {
            Limit::None => true,
            Limit::Run(only) => only == run_id,
            Limit::Workflow(only) => workflow == Some(only.as_str()),
        }
    }

    /// How the audit log names it.
    #[must_use]
    pub fn actor(&self) -> String {
        match &self.who {
            Who::Nobody => "nobody".to_owned(),
            Who::Anyone => "anyone".to_owned(),
            Who::Operator => "operator".to_owned(),
            Who::User { email, .. } => format!("user:{email}"),
            Who::Token { name, .. } => format!("token:{name}"),
        }
    }

    /// Whether it still says what another reading of the store says.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.organization == other.organization
            && self.rights == other.rights
            && self.limit == other.limit
            && self.who == other.who
    }
}
