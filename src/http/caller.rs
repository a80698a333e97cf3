//! Who asks, and what they may do.

use std::ops::Deref;
use std::sync::Arc;

pub use crate::facts::account::Right;
use crate::flow::accounts::{Authority, Who};

/// Whose request it is; cheap to clone, and held by whatever goes on after the request.
#[derive(Debug, Clone)]
pub struct Caller(pub Arc<Authority>);

impl Caller {
    /// Someone who showed nothing.
    pub fn nobody() -> Self {
        Self(Authority::nobody())
    }

    /// Whoever has the server's own token.
    pub fn operator() -> Self {
        Self(Authority::unlimited(Who::Operator))
    }

    pub fn is_nobody(&self) -> bool {
        self.0.who == Who::Nobody
    }
}

impl Deref for Caller {
    type Target = Authority;

    fn deref(&self) -> &Authority {
        &self.0
    }
}

#[cfg(test)]
impl Default for Caller {
    fn default() -> Self {
        Self(Authority::unlimited(Who::Anyone))
    }
}
