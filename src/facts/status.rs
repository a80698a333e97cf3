//! The statuses of runs and nodes, as the contract words them.

/// A word that names no member of its set; `expected` lists them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not one of {expected}")]
pub struct UnknownWord {
    pub found: String,
    pub expected: &'static str,
}

/// Declares an enum whose members are written as fixed words in JSON, SQL and on the command line.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$member_meta:meta])* $member:ident = $word:tt,)* }) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
        )]
        pub enum $name { $($(#[$member_meta])* #[serde(rename = $word)] $member,)* }

        impl $name {
            /// Every member, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$member,)*];

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$member => $word,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::facts::status::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$member),)*
                    _ => Err($crate::facts::status::UnknownWord {
                        found: text.chars().take(80).collect(),
                        expected: concat!($($word, " "),*).trim_ascii_end(),
                    }),
                }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Where a run is.
    RunStatus {
        Queued = "QUEUED",
        Running = "RUNNING",
        AwaitingInput = "AWAITING_INPUT",
        Completed = "COMPLETED",
        Failed = "FAILED",
        Cancelled = "CANCELLED",
        Terminated = "TERMINATED",
        TimedOut = "TIMED_OUT",
        Stale = "STALE",
    }
}

words! {
    /// Where a node is in its current attempt.
    NodeStatus {
        Pending = "PENDING",
        Running = "RUNNING",
        Retrying = "RETRYING",
        AwaitingInput = "AWAITING_INPUT",
        Completed = "COMPLETED",
        Failed = "FAILED",
        Skipped = "SKIPPED",
        Cancelled = "CANCELLED",
    }
}

impl RunStatus {
    /// Whether the run is over for good.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled | Self::Terminated | Self::TimedOut)
    }
}

impl NodeStatus {
    /// Whether the node is over in this attempt, which counts as a completed action.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Skipped | Self::Cancelled)
    }
}
