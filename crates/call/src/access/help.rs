//! Calls for help from where somebody is banned: the right password opens the way, and guessing does not get faster by it.
//!
//! Wrong passwords of all calls for help are counted by source and user, and by source. Once its source is banned and there
//! are too many of them, passwords are not looked at for a while, the right one neither, and the answer does not tell: it
//! asks the phone to try again. A phone that is registered is always heard where it has registered from.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use warden_sip::digest::Credentials;
use warden_sip::message::Message;
use warden_sip::method::Method;

use super::ban::{BanPolicy, Banned};
use super::strikes::Strikes;
use super::{Access, Claim};
use crate::directory::Directory;
use crate::route::Dialplan;

/// In each of these stretches of time.
const WINDOW: Duration = Duration::from_mins(5);
/// The most wrong passwords of a user at a source.
const PER_USER: BanPolicy = BanPolicy { enabled: true, max_attempts: 5, window: WINDOW, ban_duration: WINDOW };
/// The most of a source in whatever names.
const PER_SOURCE: BanPolicy = BanPolicy { max_attempts: 20, ..PER_USER };

/// Whether somebody dials an emergency number, or gives it up again.
pub(super) fn calls_for_help(request: &Message, dialplan: &Dialplan) -> bool {
    let begins = matches!(request.method(), Method::Invite | Method::Cancel) && request.to_tag().is_none();
    let number = if begins { request.request_uri().ok().and_then(|uri| uri.dialled()) } else { None };
    number.is_some_and(|number| std::str::from_utf8(&number).is_ok_and(|number| dialplan.is_emergency(number)))
}

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

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn who_dials_an_emergency_number_or_gives_it_up_calls_for_help_and_nobody_else() {
        let calls = |method: &str, number: &str, to_tag: &str| {
            let text = format!(
                "{method} sip:{number}@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n\
                 To: <sip:c@d>{to_tag}\r\nCall-ID: c\r\nCSeq: 1 {method}\r\n\r\n"
            );
            calls_for_help(&Message::parse(Bytes::from(text)).unwrap(), &Dialplan::new(["911"], []))
        };
        assert!(calls("INVITE", "911", "") && calls("CANCEL", "911", ""));
        assert!(!calls("INVITE", "1001", ""));
        for (method, to_tag) in [
            ("REGISTER", ";tag=2"),
            ("REGISTER", ""),
            ("INVITE", ";tag=2"),
            ("BYE", ";tag=2"),
            ("OPTIONS", ""),
            ("SUBSCRIBE", ""),
        ] {
            assert!(!calls(method, "911", to_tag), "{method}{to_tag}");
        }
    }
}
