//! One thing that is wrong with the settings.

use std::fmt;

/// Which setting is wrong, spelled as the operator wrote it (`TELLTALE_LISTEN`, `--listen`,
/// `telltale.toml:3: listen`), and why. A reason never repeats a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub name: String,
    pub reason: String,
}

impl Fault {
    pub(super) fn new(name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { name: name.into(), reason: reason.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.reason)
    }
}

impl std::error::Error for Fault {}
