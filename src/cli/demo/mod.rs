//! Demonstrations: histories made up from a number, to load a server with.
//!
//! `seed` sends what `story` makes up, which is pure.

mod dice;
pub(super) mod seed;
mod story;
mod templates;
