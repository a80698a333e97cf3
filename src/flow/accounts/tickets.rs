//! Tickets: what stands in an address where no header can be sent. Good once, for half a minute, and for reading only.

use std::sync::Arc;
use std::time::Duration;

use super::admission::Accounts;
use super::authority::{Authority, Principal, Who};
use super::error::AccountError;
use super::secrets::{digest, new_secret};
use crate::facts::account::{SessionId, TokenId};
use crate::store::accounts::once;
use crate::store::clock;
use crate::store::db::DbError;

/// From being made to being used: a page asks for one just before.
pub const TICKET_FOR: Duration = Duration::from_secs(30);

impl Accounts {
    /// A ticket that stands for whoever asks for it.
    pub async fn make_ticket(&self, by: &Authority) -> Result<String, AccountError> {
        let (kind, id) = match &by.who {
            Who::User { session, .. } => ("session", Some(session.0)),
            Who::Token { token, .. } => ("token", Some(token.0)),
            Who::Operator | Who::Anyone => ("operator", None),
            Who::Nobody => return Err(AccountError::NotSignedIn),
        };
        let secret = new_secret();
        let until = clock::now().after(TICKET_FOR);
        once::insert_ticket(&self.shared.db, &digest(&secret), kind, id, until).await?;
        Ok(secret)
    }

    /// Uses a ticket up: who made it, if they still hold.
    pub async fn use_ticket(&self, ticket: &str) -> Result<Option<Arc<Authority>>, DbError> {
        match once::take_ticket(&self.shared.db, &digest(ticket)).await? {
            None => Ok(None),
            Some((kind, id)) => match (kind.as_str(), id) {
                ("session", Some(id)) => self.of_principal(Principal::Session(SessionId(id))).await,
                ("token", Some(id)) => self.of_principal(Principal::Token(TokenId(id))).await,
                ("operator", None) => Ok(Some(Authority::unlimited(Who::Operator))),
                _ => Ok(None),
            },
        }
    }
}
