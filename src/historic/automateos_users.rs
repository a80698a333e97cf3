//! AutomateOS's users, with the bcrypt hashes of their passwords. Pure.

use serde_json::{Map, Value};

use super::RowFault;
use crate::facts::account::Email;
use crate::facts::bcrypt_hash::BcryptHash;

/// A row of `user`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastUser {
    pub email: Email,
    pub password_hash: BcryptHash,
}

/// The user that a row tells of, or why it can't be one here.
pub fn past_user(row: &Map<String, Value>) -> Result<PastUser, RowFault> {
    let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
    let email = text("email");
    let fault = |reason: String| RowFault { row: format!("user {email}"), reason };
    Ok(PastUser {
        email: email.parse().map_err(|error| fault(format!("{error}")))?,
        password_hash: text("hashed_password").parse().map_err(|error| fault(format!("{error}")))?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_user_has_an_address_and_a_hash_that_can_be_checked() {
        let hash = "$2b$04$m0CrhHm10qJ3lXRY.5zDGOXuHrI9r0bc/zPqfyaNDCMts60vZPEeC";
        let user = |email: &str, hash: &str| {
            past_user(json!({ "id": 1, "email": email, "hashed_password": hash }).as_object().unwrap())
        };
        assert_eq!(user("Ada@Example.org", hash).unwrap().email.as_str(), "ada@example.org");
        assert!(user("ada", hash).unwrap_err().to_string().starts_with("user ada: an e-mail address is"));
        let fault = user("ada@example.org", "md5:secret").unwrap_err().to_string();
        assert!(
            fault.starts_with("user ada@example.org: a bcrypt hash is") && !fault.contains("secret"),
            "{fault}"
        );
    }
}
