//! Accounts without a machine: roles, scopes, what they may do, and when a sign-in has to wait.
//!
//! Decisions only: nothing here knows where users are kept or who is signed in.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::id::{InvalidId, RunId};
use super::status::words;
use super::time::Timestamp;

/// Longest e-mail address in bytes (RFC 5321: 64 before the @, 255 behind it).
pub const EMAIL_MAX_BYTES: usize = 320;
/// Longest name of a user, a token or an organization in bytes: they stand in lists.
pub const NAME_MAX_BYTES: usize = 200;
/// Shortest password in characters (NIST SP 800-63B asks for 8 at least).
pub const PASSWORD_MIN_CHARS: usize = 10;
/// Longest password in bytes: hashing takes all of it.
pub const PASSWORD_MAX_BYTES: usize = 1_024;

/// Failures of one account before its sign-in has to wait: nobody mistypes more often.
pub const ACCOUNT_FAILURES_FREE: u32 = 5;
/// The same for an address, behind which a whole office may sit.
pub const ADDRESS_FAILURES_FREE: u32 = 30;
/// The first wait; each further failure doubles it …
const FIRST_WAIT_SECONDS: i64 = 30;
/// … up to this: long enough to make guessing hopeless, short enough that locking somebody out is no use.
const LONGEST_WAIT_SECONDS: i64 = 15 * 60;
/// Failures older than this count no more.
pub const FAILURES_COUNT_FOR: Duration = Duration::from_secs(60 * 60);

words! {
    /// What a user is in an organization.
    Role {
        Viewer = "viewer",
        Member = "member",
        Owner = "owner",
    }
}

words! {
    /// What an API token may be used for.
    Scope {
        Append = "append",
        Read = "read",
        Admin = "admin",
    }
}

/// What a route asks of those who call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// See what one executes: a run's state and events, a workflow's version, an artifact. Whoever may read or append may.
    Follow,
    /// See runs, their events, lines and artifacts, workflows, workers.
    Read,
    /// Add to history: events, lines, artifacts; start, cancel, rerun and answer runs; claim and execute them.
    Append,
    /// Change what outlives a run: workflows, secrets, schedules, webhooks; and delete.
    Edit,
    /// Decide who may do what: users, tokens of others, policies.
    Own,
}

/// A set of rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights(u8);

impl Rights {
    pub const NONE: Self = Self(0);
    pub const ALL: Self = Self(0b1_1111);

    #[must_use]
    pub const fn of(rights: &[Right]) -> Self {
        let mut bits = 0;
        let mut index = 0;
        while index < rights.len() {
            bits |= 1 << rights[index] as u8;
            index += 1;
        }
        Self(bits)
    }

    #[must_use]
    pub const fn has(self, right: Right) -> bool {
        self.0 & (1 << right as u8) != 0
    }

    #[must_use]
    pub const fn with(self, more: Self) -> Self {
        Self(self.0 | more.0)
    }
}

impl Role {
    #[must_use]
    pub const fn rights(self) -> Rights {
        use Right::{Append, Edit, Follow, Read};
        match self {
            Self::Viewer => Rights::of(&[Follow, Read]),
            Self::Member => Rights::of(&[Follow, Read, Append, Edit]),
            Self::Owner => Rights::ALL,
        }
    }
}

impl Scope {
    /// What one scope allows; a token has what its scopes allow together.
    #[must_use]
    pub const fn rights(self) -> Rights {
        use Right::{Append, Follow, Read};
        match self {
            Self::Append => Rights::of(&[Follow, Append]),
            Self::Read => Rights::of(&[Follow, Read]),
            Self::Admin => Rights::ALL,
        }
    }
}

/// What a token may touch at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Limit {
    #[default]
    None,
    /// Runs of this workflow, and the workflow itself.
    Workflow(String),
    /// This run only.
    Run(RunId),
}

/// An e-mail address in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Email(String);

impl Email {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = InvalidId;

    /// As loose as addresses are: one @ with something on both sides, nothing that can't be seen.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let fits = text.split_once('@').is_some_and(|(local, host)| {
            !local.is_empty() && !host.is_empty() && !host.contains('@') && text.len() <= EMAIL_MAX_BYTES
        });
        if fits && !text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            let lower = text.to_lowercase();
            // A letter whose lower case is longer must not get past the bound.
            if lower.len() <= EMAIL_MAX_BYTES {
                return Ok(Self(lower));
            }
        }
        Err(InvalidId("an e-mail address is name@host, at most 320 bytes, without spaces"))
    }
}

impl TryFrom<String> for Email {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! account_ids {
    ($($(#[$meta:meta])* $name:ident)*) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
            pub struct $name(pub Uuid);

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    self.0.fmt(f)
                }
            }

            impl FromStr for $name {
                type Err = InvalidId;

                fn from_str(text: &str) -> Result<Self, InvalidId> {
                    Uuid::parse_str(text).map(Self).map_err(|_| InvalidId("a UUID is expected"))
                }
            }
        )*
    };
}
account_ids! {
    /// A user, whatever organizations it belongs to.
    UserId
    /// An API token.
    TokenId
    /// A sign-in, with all the refreshes that came of it.
    SessionId
}

/// Whether a text may become a password; the reason why not completes "the password …".
pub fn check_password(password: &str, email: Option<&Email>) -> Result<(), &'static str> {
    if password.chars().count() < PASSWORD_MIN_CHARS {
        return Err("has fewer than 10 characters");
    }
    if password.len() > PASSWORD_MAX_BYTES {
        return Err("is longer than 1,024 bytes");
    }
    if email.is_some_and(|email| password.to_lowercase() == email.as_str()) {
        return Err("is the e-mail address");
    }
    let first = password.chars().next();
    if password.chars().all(|c| Some(c) == first) {
        return Err("is one character many times");
    }
    Ok(())
}

/// How long a sign-in has to wait after so many failures, the last of them at `last`; `None`: it may be tried.
#[must_use]
pub fn wait_before_sign_in(failures: u32, free: u32, last: Timestamp, now: Timestamp) -> Option<Duration> {
    let beyond = failures.checked_sub(free)?;
    let wait = FIRST_WAIT_SECONDS.saturating_mul(1_i64.checked_shl(beyond.min(20)).unwrap_or(i64::MAX));
    let wait_micros = wait.min(LONGEST_WAIT_SECONDS) * 1_000_000;
    // A clock that went back makes nobody wait longer than the wait itself.
    let passed = i64::try_from(now.micros_since(last)).unwrap_or(i64::MAX);
    let left = wait_micros - passed;
    (left > 0).then(|| Duration::from_micros(left.unsigned_abs()))
}

/// Whether an organization that has these owners may lose one as an owner.
#[must_use]
pub fn may_lose_owner(owners: &[UserId], leaving: UserId) -> bool {
    owners.iter().any(|owner| *owner != leaving)
}

/// The role that a provider's groups give, the highest of those that the map names.
#[must_use]
pub fn role_of_groups(map: &[(String, Role)], groups: &[String]) -> Option<Role> {
    map.iter().filter(|(group, _)| group == "*" || groups.contains(group)).map(|(_, role)| *role).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000).unwrap()
    }

    #[test]
    fn roles_and_scopes_have_their_rights() {
        use Right::{Append, Edit, Follow, Own, Read};
        let table: [(Rights, &[Right]); 6] = [
            (Role::Viewer.rights(), &[Follow, Read]),
            (Role::Member.rights(), &[Follow, Read, Append, Edit]),
            (Role::Owner.rights(), &[Follow, Read, Append, Edit, Own]),
            (Scope::Append.rights(), &[Follow, Append]),
            (Scope::Read.rights(), &[Follow, Read]),
            (Scope::Append.rights().with(Scope::Read.rights()), &[Follow, Read, Append]),
        ];
        for (rights, expected) in table {
            for right in [Follow, Read, Append, Edit, Own] {
                assert_eq!(rights.has(right), expected.contains(&right), "{rights:?} {right:?}");
            }
        }
        assert_eq!(Scope::Admin.rights(), Rights::ALL);
    }

    #[test]
    fn addresses_are_one_however_they_are_typed() {
        assert_eq!("Ada@Example.ORG".parse::<Email>().unwrap().as_str(), "ada@example.org");
        for bad in ["", "ada", "@x", "x@", "a b@c", "a@b@c", "a@b\n", &format!("{}@x", "a".repeat(320))] {
            assert!(bad.parse::<Email>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_is_long_and_not_the_address() {
        let email = "someone@example.org".parse().unwrap();
        assert_eq!(check_password("correct horse", Some(&email)), Ok(()));
        for bad in ["short", "aaaaaaaaaaaa", "Someone@example.org", &"x1".repeat(600)] {
            assert!(check_password(bad, Some(&email)).is_err(), "{bad}");
        }
    }

    #[test]
    fn guessing_waits_longer_and_longer_and_then_no_more() {
        let wait = |failures, after: i64| {
            wait_before_sign_in(failures, ACCOUNT_FAILURES_FREE, at(1_000), at(1_000 + after))
                .map(|w| w.as_secs())
        };
        assert_eq!(wait(4, 0), None);
        assert_eq!(wait(5, 0), Some(30));
        assert_eq!(wait(6, 0), Some(60));
        assert_eq!(wait(6, 59), Some(1));
        assert_eq!(wait(6, 60), None);
        assert_eq!(wait(u32::MAX, 0), Some(900));
        assert_eq!(wait(7, -500), Some(120));
    }

    #[test]
    fn the_last_owner_stays() {
        let (a, b) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        assert!(may_lose_owner(&[a, b], a) && !may_lose_owner(&[a], a));
    }

    #[test]
    fn groups_give_their_highest_role() {
        let map = [("*".to_owned(), Role::Viewer), ("ops".to_owned(), Role::Owner)];
        assert_eq!(role_of_groups(&map, &[]), Some(Role::Viewer));
        assert_eq!(role_of_groups(&map, &["ops".into()]), Some(Role::Owner));
        assert_eq!(role_of_groups(&map[1..], &["dev".into()]), None);
    }
}
