//! Users of another system to a server, one at a time, with what became of each.

use std::time::Duration;

use super::RowFault;
use super::automateos_users::PastUser;
use crate::client::{Client, ClientError, until_acknowledged};
use crate::facts::account::{Email, Role};

/// How long a server may be away meanwhile.
const PATIENCE: Duration = Duration::from_secs(30);
/// The caller may not decide who comes.
const FORBIDDEN: u16 = 403;
/// The organization can't have members yet.
const CONFLICT: u16 = 409;
const INVALID: u16 = 400;

/// What became of users, or would have.
#[derive(Debug, Default)]
pub struct SentUsers {
    pub made: Vec<Email>,
    /// Who had an account, which was left as it is.
    pub there: Vec<Email>,
    pub faults: Vec<RowFault>,
}

/// Makes the users members with this role; without a client they are only named. Safe to repeat.
pub async fn send_users(
    client: Option<&Client>,
    role: Role,
    users: Vec<Result<PastUser, RowFault>>,
) -> Result<SentUsers, ClientError> {
    let mut sent = SentUsers::default();
    let count = users.len();
    for (place, user) in users.into_iter().enumerate() {
        let user = match user {
            Ok(user) => user,
            Err(fault) => {
                sent.faults.push(fault);
                continue;
            }
        };
        let Some(client) = client else {
            sent.made.push(user.email);
            continue;
        };
        let brought =
            until_acknowledged(PATIENCE, || client.bring_user(&user.email, role, &user.password_hash)).await;
        match brought {
            Ok(true) => sent.made.push(user.email),
            Ok(false) => sent.there.push(user.email),
            Err(error) => match error.status() {
                // The same for all that are left.
                Some(FORBIDDEN | CONFLICT) => {
                    let reason = format!("{} users were not taken: {error}", count - place);
                    sent.faults.push(RowFault { row: "user".to_owned(), reason });
                    return Ok(sent);
                }
                Some(INVALID) => {
                    sent.faults
                        .push(RowFault { row: format!("user {}", user.email), reason: error.to_string() });
                }
                _ => return Err(error),
            },
        }
    }
    Ok(sent)
}
