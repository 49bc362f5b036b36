//! Calls for help from where somebody is banned: the right password opens the way, and guessing does not get faster by it.
//!
//! Wrong passwords of such calls are counted by source and user, and by source. When there are too many, passwords are not
//! looked at for a while, the right one neither, and the answer does not tell: it asks the phone to try again. A phone that
//! is registered is always heard where it has registered from.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use warden_sip::digest::Credentials;

use super::ban::{BanPolicy, Banned};
use super::strikes::Strikes;
use super::{Access, Claim};
use crate::directory::Directory;

/// In each of these stretches of time.
const WINDOW: Duration = Duration::from_mins(5);
/// The most wrong passwords of a user at a source.
const PER_USER: BanPolicy = BanPolicy { enabled: true, max_attempts: 5, window: WINDOW, ban_duration: WINDOW };
/// The most of a source in whatever names.
const PER_SOURCE: BanPolicy = BanPolicy { max_attempts: 20, ..PER_USER };

/// The wrong passwords that came with calls for help. Bounded as [`Strikes`] is.
#[derive(Default)]
pub(super) struct HelpGuesses {
    wrong: Strikes,
}

impl HelpGuesses {
    pub(super) fn note(&mut self, source: IpAddr, username: &[u8], now: Instant) {
        for (who, policy) in counted(source, username) {
            self.wrong.note(&who, &policy, now);
        }
    }

    fn are_too_many(&self, source: IpAddr, username: &[u8], now: Instant) -> bool {
        counted(source, username).iter().any(|(who, policy)| self.wrong.are_too_many(who, policy, now))
    }
}

fn counted(source: IpAddr, username: &[u8]) -> [(Banned, BanPolicy); 2] {
    [(Banned::user(source, username), PER_USER), (Banned::address(source), PER_SOURCE)]
}

impl Access {
    /// Whether the password in a call for help is not to be looked at now.
    pub(super) fn is_guessing_for_help(
        &self,
        claim: &Claim<'_>,
        credentials: &Credentials<'_>,
        directory: &Directory,
        now: Instant,
    ) -> bool {
        let (source, username) = (claim.flow.remote, credentials.username().unwrap_or_default());
        claim.is_emergency
            && self.is_banned(source.ip(), username, &directory.access, now)
            && self.help_guesses.are_too_many(source.ip(), username, now)
            && !is_registered(claim, source, username, directory)
    }
}

fn is_registered(claim: &Claim<'_>, source: SocketAddr, username: &[u8], directory: &Directory) -> bool {
    let Some(device) = directory.devices.get(username) else { return false };
    claim.registrar.bindings_of(&device.extension).any(|binding| binding.source == source)
}
