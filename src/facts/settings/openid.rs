//! The settings about signing in with OpenID Connect, as one value: there only where a provider is set.

use std::fmt;

use crate::facts::account::Role;

/// A provider, and what its users become here.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenIdSettings {
    /// As the provider writes it; `/.well-known/openid-configuration` is put behind it.
    pub issuer: String,
    pub client_id: String,
    pub client_secret: String,
    /// What the page calls it.
    pub name: String,
    /// The claim that lists a user's groups.
    pub groups_claim: String,
    /// Which group gives which role; `*` is everybody. Empty: only who was invited comes in.
    pub role_map: Vec<(String, Role)>,
}

/// The secret stays out of logs.
impl fmt::Debug for OpenIdSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenIdSettings")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .field("name", &self.name)
            .field("groups_claim", &self.groups_claim)
            .field("role_map", &self.role_map)
            .finish_non_exhaustive()
    }
}

/// `group=role`
pub(super) fn group_and_role(text: &str) -> Result<(String, Role), String> {
    let expected = || format!("GROUP=owner, GROUP=member or GROUP=viewer is expected, not `{text}`");
    let (group, role) = text.rsplit_once('=').ok_or_else(expected)?;
    if group.is_empty() {
        return Err(expected());
    }
    Ok((group.to_owned(), role.parse().map_err(|_| expected())?))
}
