//! The server's side: challenges others and checks what they answer.

use std::time::{Duration, Instant};

use super::credentials::{Credentials, NoCredentials};
use super::hash::Hash;
use super::nonce::{Mint, NonceId};
use super::response::{Count, Inputs};
use super::used::UsedNonces;
use super::{Algorithm, Ha1, hex};
use crate::header::print_quoted;
use crate::random::Random;

/// How many used nonces [`Authenticator::new`] remembers, in about 4 MB allocated at once.
pub const DEFAULT_CAPACITY: usize = 65_536;

/// What became of an `Authorization` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The sender knows the password.
    Accepted {
        /// Without quotes and escapes.
        username: Box<[u8]>,
        /// The one that the nonce was issued for. The owner compares it with what this user must use, since a
        /// challenge for a weaker one may have been asked for in another user's name.
        algorithm: Algorithm,
    },
    /// The nonce is unknown, too old, of another server or of another source, or its count was used before: answer 401 with
    /// `stale=true`. Never a strike: nothing is known about the password, or it was right.
    Stale,
    /// The nonce is good, and the user does not exist or the response is wrong: a strike, and the same answer for both.
    Wrong {
        /// Without quotes and escapes; nobody has proved to be this user.
        username: Box<[u8]>,
    },
    /// Parameters are missing or make no sense: answer 400.
    ///
    /// Credentials without `qop` count as such, since every challenge offers it: without a nonce count a response
    /// could be replayed as long as its nonce lives.
    Malformed,
    /// Another scheme or realm: ask, without a strike.
    NoCredentials,
}

/// Challenges, and checks what is answered, for one realm (RFC 3261 §22, RFC 7616).
///
/// The `uri` of the credentials enters the computation as it stands and is compared with the Request-URI by nobody:
/// phones write one thing in the one and another in the other, and proxies rewrite the latter. A nonce count cannot be
/// used twice, so a response does not serve for a second target either.
///
/// Repetitions of one request over UDP must be absorbed by its transaction: here they would be [`Verdict::Stale`].
pub struct Authenticator {
    realm: Box<[u8]>,
    mint: Mint,
    dummy: Ha1,
    used: UsedNonces,
    lifetime_ms: u64,
    epoch: Instant,
}

impl Authenticator {
    /// Remembers up to [`DEFAULT_CAPACITY`] used nonces; the rest is as in [`Authenticator::with_capacity`].
    #[must_use]
    pub fn new(realm: &str, secret: [u8; 32], lifetime: Duration, epoch: Instant) -> Self {
        Self::with_capacity(DEFAULT_CAPACITY, realm, secret, lifetime, epoch)
    }

    /// `lifetime` is how long a nonce serves; `epoch` must not be later than any `now` given afterwards.
    ///
    /// The secret must be fresh from the operating system for **each** authenticator: with one from an earlier run,
    /// whose used nonces are forgotten, requests of that run could be replayed. So a nonce of another run or node is
    /// [`Verdict::Stale`] and costs one more round trip.
    ///
    /// `capacity` bounds the used nonces remembered. When there are more, a nonce not used lately becomes stale before
    /// its time; it never becomes usable again.
    #[must_use]
    pub fn with_capacity(capacity: usize, realm: &str, secret: [u8; 32], lifetime: Duration, epoch: Instant) -> Self {
        let lifetime_ms = milliseconds(lifetime);
        Self {
            realm: realm.as_bytes().into(),
            mint: Mint::new(&secret, realm.as_bytes()),
            dummy: Ha1::dummy(&secret),
            used: UsedNonces::new(capacity, lifetime_ms),
            lifetime_ms,
            epoch,
        }
    }

    /// A value for `WWW-Authenticate` or `Proxy-Authenticate`, with a nonce of its own.
    ///
    /// The nonce serves for `algorithm` only, and for `source`, such as an address: so nobody can be charged with the wrong
    /// guesses of another, whose datagrams may come from invented addresses. `stale` tells the client to try again without
    /// asking its user.
    #[must_use]
    pub fn challenge(
        &self,
        source: &[u8],
        now: Instant,
        random: &mut Random,
        stale: bool,
        algorithm: Algorithm,
    ) -> Vec<u8> {
        let mut value = Vec::with_capacity(160);
        value.extend_from_slice(b"Digest realm=");
        print_quoted(&self.realm, &mut value);
        value.extend_from_slice(b", nonce=\"");
        value.extend_from_slice(&self.mint.issue(self.since_epoch_ms(now), algorithm, random, source));
        value.extend_from_slice(b"\", algorithm=");
        value.extend_from_slice(algorithm.name().as_bytes());
        value.extend_from_slice(b", qop=\"auth\"");
        if stale {
            value.extend_from_slice(b", stale=true");
        }
        value
    }

    /// Of all the `Authorization` values in a request, the first that is for this realm (RFC 3261 §22.3).
    pub fn ours<'a>(&self, values: impl Iterator<Item = &'a [u8]>) -> Option<Credentials<'a>> {
        let mut found = values.filter_map(|value| Credentials::parse(value).ok());
        found.find(|credentials| credentials.realm.as_deref() == Some(&*self.realm))
    }

    /// Checks credentials that are [ours](Self::ours); the rest is as in [`Authenticator::verify`].
    pub fn verify_ours<'h>(
        &mut self,
        credentials: &Credentials<'_>,
        source: &[u8],
        method_name: &[u8],
        lookup: impl FnOnce(&[u8]) -> Option<&'h Ha1>,
        now: Instant,
    ) -> Verdict {
        self.judge(credentials, source, method_name, lookup, now).unwrap_or_else(|verdict| verdict)
    }

    /// Checks one `Authorization` value of a request from `source` with the method `method_name`.
    ///
    /// `lookup` is asked for the user at most once, and only with a nonce that is good: a password can be tested with
    /// no other. The work after it is the same whether the user exists or not.
    pub fn verify<'h>(
        &mut self,
        authorization: &[u8],
        source: &[u8],
        method_name: &[u8],
        lookup: impl FnOnce(&[u8]) -> Option<&'h Ha1>,
        now: Instant,
    ) -> Verdict {
        match self.credentials(authorization) {
            Ok(credentials) => self.verify_ours(&credentials, source, method_name, lookup, now),
            Err(verdict) => verdict,
        }
    }

    fn judge<'h>(
        &mut self,
        credentials: &Credentials<'_>,
        source: &[u8],
        method_name: &[u8],
        lookup: impl FnOnce(&[u8]) -> Option<&'h Ha1>,
        now: Instant,
    ) -> Result<Verdict, Verdict> {
        let nonce = credentials.nonce.as_deref().ok_or(Verdict::Malformed)?;
        let id = self.live_nonce(nonce, source, now).ok_or(Verdict::Stale)?;
        let answer = Answer::read(credentials, id.algorithm).ok_or(Verdict::Malformed)?;
        let username: Box<[u8]> = answer.username.into();
        if !answer.proves(lookup(&username), &self.dummy, nonce, method_name) {
            return Err(Verdict::Wrong { username });
        }
        if !self.used.take(id, answer.count, self.since_epoch_ms(now)) {
            return Err(Verdict::Stale);
        }
        Ok(Verdict::Accepted { username, algorithm: id.algorithm })
    }

    fn credentials<'a>(&self, authorization: &'a [u8]) -> Result<Credentials<'a>, Verdict> {
        let credentials = Credentials::parse(authorization).map_err(|error| match error {
            NoCredentials::OtherScheme => Verdict::NoCredentials,
            NoCredentials::Malformed => Verdict::Malformed,
        })?;
        match credentials.realm.as_deref() {
            None => Err(Verdict::Malformed),
            Some(realm) if *realm == *self.realm => Ok(credentials),
            Some(_) => Err(Verdict::NoCredentials),
        }
    }

    /// A nonce that this authenticator issued to `source`, that is young enough and cannot have been used and forgotten.
    fn live_nonce(&self, nonce: &[u8], source: &[u8], now: Instant) -> Option<NonceId> {
        let id = self.mint.recognize(nonce, source)?;
        let age_ms = self.since_epoch_ms(now).checked_sub(id.issued_ms)?;
        (age_ms < self.lifetime_ms && self.used.admits(&id)).then_some(id)
    }

    fn since_epoch_ms(&self, now: Instant) -> u64 {
        milliseconds(now.saturating_duration_since(self.epoch))
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Credentials that are complete and fit the nonce's algorithm.
struct Answer<'a> {
    username: &'a [u8],
    uri: &'a [u8],
    nc: &'a [u8],
    cnonce: &'a [u8],
    count: u32,
    response: Hash,
    algorithm: Algorithm,
}

impl<'a> Answer<'a> {
    /// `None` when something is missing or of another kind than was offered. `algorithm` may be left out
    /// (RFC 2617 §3.2.2) and then means the one offered.
    fn read(credentials: &'a Credentials<'_>, algorithm: Algorithm) -> Option<Self> {
        let chosen = credentials.algorithm.as_deref();
        let as_offered = chosen.is_none_or(|name| Algorithm::from_name(name) == Some(algorithm));
        if !as_offered || !credentials.qop.as_deref()?.eq_ignore_ascii_case(b"auth") {
            return None;
        }
        let nc = credentials.nc.as_deref()?;
        Some(Self {
            username: credentials.username.as_deref()?,
            uri: credentials.uri.as_deref()?,
            nc,
            cnonce: credentials.cnonce.as_deref()?,
            count: u32::from_be_bytes(hex::decode(nc)?),
            response: Hash::parse(algorithm, credentials.response.as_deref()?)?,
            algorithm,
        })
    }

    /// Whether the response is that of `known`; with no such user the work is done on `dummy` for nothing.
    fn proves(&self, known: Option<&Ha1>, dummy: &Ha1, nonce: &[u8], method: &[u8]) -> bool {
        let count = Some(Count { nc: self.nc, cnonce: self.cnonce });
        let inputs = Inputs { algorithm: self.algorithm, nonce, count, method, uri: self.uri };
        let right = self.response.equals(&inputs.response(known.unwrap_or(dummy)));
        right && known.is_some()
    }
}
