//! A ban as the command line has it.

use std::net::IpAddr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use warden_call::access::{BanReason, Banned};
use warden_store::Clock;

/// Somebody who is not heard for a while.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ban {
    /// An IPv4 address, or the first one of an IPv6 /64.
    pub(crate) address: IpAddr,
    /// `null` when everybody at the address is meant.
    pub(crate) username: Option<String>,
    pub(crate) reason: Reason,
    pub(crate) since: Timestamp,
    pub(crate) until: Timestamp,
    /// How many times it took.
    pub(crate) attempts: u32,
}

/// Why somebody is banned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    WrongPasswords,
    Scanner,
    ByHand,
}

impl Reason {
    /// For people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::WrongPasswords => "wrong passwords",
            Self::Scanner => "scanner",
            Self::ByHand => "by hand",
        }
    }
}

impl Ban {
    pub(crate) fn of(ban: &warden_call::access::Ban, clock: Clock) -> Self {
        let left = ban.until.saturating_duration_since(clock.now);
        let now = Timestamp::try_from(clock.wall).unwrap_or_default();
        let after = |duration: Duration| SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
        let until = now.checked_add(after(left)).unwrap_or(Timestamp::MAX);
        let username = match &ban.who {
            Banned::Address(_) => None,
            Banned::User(_, username) => Some(String::from_utf8_lossy(username).into_owned()),
        };
        Self {
            address: ban.who.source(),
            username,
            reason: match ban.reason {
                BanReason::WrongPasswords => Reason::WrongPasswords,
                BanReason::Scanner => Reason::Scanner,
                BanReason::ByHand => Reason::ByHand,
            },
            since: until.checked_sub(after(ban.duration)).unwrap_or(Timestamp::MIN),
            until,
            attempts: ban.attempts,
        }
    }
}
