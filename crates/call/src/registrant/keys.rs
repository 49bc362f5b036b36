//! Answers to what a registrar, or a proxy before it, asks of us: user name and password, by digest.

use warden_sip::digest::{Challenge, Exchange, Ha1};
use warden_sip::header::HeaderName;
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::random::Random;
use warden_sip::status::Status;
use warden_sip::write::Headers;

use super::account::Account;

/// A challenge that is answered in each request, until it is replaced.
#[derive(Debug)]
struct Key {
    challenge: Challenge,
    ha1: Ha1,
    /// How often it has been answered.
    count: u32,
    /// It came within this attempt: whoever still refuses does not take the password.
    is_fresh: bool,
}

/// What is known of both.
#[derive(Debug, Default)]
pub(super) struct Keys {
    registrar: Option<Key>,
    proxy: Option<Key>,
}

/// What a challenge means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Ask again, it will be answered.
    TryAgain,
    /// The answer was wrong.
    Wrong,
    /// It asks for something that is not spoken here.
    Unknown,
}

impl Keys {
    /// Another attempt begins; challenges may have grown old.
    pub(super) fn begin(&mut self) {
        for key in [&mut self.registrar, &mut self.proxy].into_iter().flatten() {
            key.is_fresh = false;
        }
    }

    /// A 401 or 407 has come.
    pub(super) fn take(&mut self, response: &Message, account: &Account) -> Verdict {
        let is_proxy = response.status() == Some(Status::PROXY_AUTHENTICATION_REQUIRED);
        let (place, name) = if is_proxy {
            (&mut self.proxy, HeaderName::ProxyAuthenticate)
        } else {
            (&mut self.registrar, HeaderName::WwwAuthenticate)
        };
        let Some(challenge) = Challenge::choose(response.headers(name)) else { return Verdict::Unknown };
        if place.as_ref().is_some_and(|key| key.is_fresh) && !challenge.is_stale() {
            // The next attempt begins without it.
            *place = None;
            return Verdict::Wrong;
        }
        let ha1 = Ha1::derive(account.sign_in.as_bytes(), challenge.realm(), account.password.0.as_bytes());
        *place = Some(Key { challenge, ha1, count: 0, is_fresh: true });
        Verdict::TryAgain
    }

    /// Adds what is known to a REGISTER for `uri`.
    pub(super) fn sign(&mut self, headers: &mut Headers, account: &Account, uri: &[u8], random: &mut Random) {
        let both =
            [(&mut self.registrar, HeaderName::Authorization), (&mut self.proxy, HeaderName::ProxyAuthorization)];
        for (key, name) in both {
            let Some(key) = key else { continue };
            key.count += 1;
            let cnonce = random.hex::<16>();
            let exchange = Exchange { method: Method::Register.name().as_bytes(), uri, nc: key.count, cnonce: &cnonce };
            headers.add(name, &key.challenge.answer(account.sign_in.as_bytes(), &key.ha1, &exchange));
        }
    }
}
