//! Which device sent a request: by digest with the secrets of the directory, or by the address that it is pinned to.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Instant;

use warden_sip::digest::{Algorithm, Credentials, Verdict};
use warden_sip::endpoint::{Flow, Reply, network};
use warden_sip::header::HeaderName;
use warden_sip::message::Message;
use warden_sip::status::Status;

use super::{Access, Door, WrongGuess, pinned};
use crate::directory::{Device, Directory};
use crate::output::{Acl, Event, Output};
use crate::registrar::Registrar;

/// A request that wants to be authenticated, and what is known of where it comes from.
#[derive(Clone, Copy)]
pub(crate) struct Claim<'a> {
    pub(crate) request: &'a Message,
    pub(crate) flow: Flow,
    /// Where phones are registered.
    pub(crate) registrar: &'a Registrar,
    /// It calls for help: the password must be right, and bans do not stand in the way.
    pub(crate) is_emergency: bool,
}

impl Access {
    /// The device that sent the request.
    ///
    /// # Errors
    /// The answer: a challenge, 400, after a wrong password the same challenge again, 403 after too many of them, without a
    /// look at the password, and 403 to a device that signs in from elsewhere than it may. An unknown user is answered
    /// exactly as a wrong password, after the same work. Who guesses with calls for help is asked to try again, unread.
    pub(crate) fn sign_in<'d>(
        &mut self,
        claim: Claim<'_>,
        directory: &'d Directory,
        now: Instant,
        outputs: &mut VecDeque<Output>,
    ) -> Result<&'d Device, Box<Reply>> {
        if let Some(device) = pinned::device(&claim, directory) {
            return Ok(device);
        }
        let (request, source) = (claim.request, claim.flow.remote.ip());
        let credentials = self.authenticator.ours(request.headers(HeaderName::Authorization));
        if !claim.is_emergency && self.refuses(credentials.as_ref(), claim.flow, directory, now) {
            let reason = Some("Too Many Wrong Passwords");
            return Err(Box::new(Reply { reason, is_repeatable: true, ..Reply::new(Status::FORBIDDEN) }));
        }
        let Some(credentials) = credentials else {
            return Err(Box::new(self.challenge(&claim, directory, false, now)));
        };
        if self.is_guessing_for_help(&claim, &credentials, directory, now) {
            return Err(Box::new(self.challenge(&claim, directory, true, now)));
        }
        let lookup = |username: &[u8]| directory.devices.get(username).map(|device| &device.ha1);
        let from = octets(source);
        let verdict = self.authenticator.verify_ours(&credentials, &from, request.method_name(), lookup, now);
        if let Verdict::Accepted { username, algorithm } = &verdict
            && let Some(device) =
                directory.devices.get(username).filter(|device| suffices(*algorithm, device, directory))
        {
            return place(device, username, &claim, outputs).map(|()| device);
        }
        // Only who does not show who it is pays; what has been refused before, the next request is dropped unread.
        let _paid = self.take_unsigned(source, claim.flow.transport, &directory.access, now);
        match verdict {
            Verdict::Malformed => {
                let reason = Some("Malformed Authorization");
                Err(Box::new(Reply { reason, is_repeatable: true, ..Reply::new(Status::BAD_REQUEST) }))
            }
            Verdict::Stale => Err(Box::new(self.challenge(&claim, directory, true, now))),
            // Accepted: the password is right, and the hash is weaker than this device must use.
            Verdict::Accepted { .. } | Verdict::NoCredentials => {
                Err(Box::new(self.challenge(&claim, directory, false, now)))
            }
            Verdict::Wrong { username } => {
                let unknown = !directory.devices.contains_key(&username);
                let event = Event::SignInFailed { username: username.clone(), source: claim.flow, unknown };
                outputs.push_back(Output::Event(event));
                if claim.is_emergency {
                    self.help_guesses.note(source, &username, now);
                }
                let guess = WrongGuess { door: Door::Phone, source, username };
                self.strike(&guess, claim.registrar.homes().has(source), &directory.access, now, outputs);
                // What the network repeats is not counted again.
                let challenge = self.challenge(&claim, directory, false, now);
                Err(Box::new(Reply { is_repeatable: false, ..challenge }))
            }
        }
    }

    fn refuses(&self, credentials: Option<&Credentials<'_>>, flow: Flow, directory: &Directory, now: Instant) -> bool {
        let username = credentials.and_then(Credentials::username);
        self.is_banned(flow.remote.ip(), username.unwrap_or_default(), &directory.access, now)
    }

    /// For the hash that the device must use which the request claims to come from; for nobody's, the usual one.
    fn challenge(&mut self, claim: &Claim<'_>, directory: &Directory, stale: bool, now: Instant) -> Reply {
        let name = directory.exceptions.has_algorithms().then(|| pinned::claimed(claim.request)).flatten();
        let claimed = name.and_then(|name| directory.devices.get(&*name));
        let algorithm = claimed.map_or(directory.access.algorithm, |device| required(device, directory));
        let mut reply = Reply { is_repeatable: true, ..Reply::new(Status::UNAUTHORIZED) };
        let source = octets(claim.flow.remote.ip());
        let value = self.authenticator.challenge(&source, now, &mut self.random, stale, algorithm);
        reply.headers.add(HeaderName::WwwAuthenticate, &value);
        reply
    }
}

/// What a nonce is bound to: an IPv4 address, or the /64 of an IPv6 one.
fn octets(source: IpAddr) -> [u8; 16] {
    match network(source) {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    }
}

fn required(device: &Device, directory: &Directory) -> Algorithm {
    device.access.algorithm.unwrap_or(directory.access.algorithm)
}

/// SHA-256 serves for every device, MD5 only where nothing better is asked for.
fn suffices(used: Algorithm, device: &Device, directory: &Directory) -> bool {
    match required(device, directory) {
        Algorithm::Md5 => true,
        Algorithm::Sha256 => used == Algorithm::Sha256,
    }
}

/// A device that may sign in from some networks only is refused elsewhere, unless it calls for help.
fn place(
    device: &Device,
    username: &[u8],
    claim: &Claim<'_>,
    outputs: &mut VecDeque<Output>,
) -> Result<(), Box<Reply>> {
    let is_welcome = |networks: &super::NetworkSet| networks.contains(claim.flow.remote.ip());
    if claim.is_emergency || device.access.networks.as_ref().is_none_or(is_welcome) {
        return Ok(());
    }
    let event = Event::Forbidden { username: username.into(), source: claim.flow, acl: Acl::Networks };
    outputs.push_back(Output::Event(event));
    Err(Box::new(Reply { reason: Some("Not From This Network"), ..Reply::new(Status::FORBIDDEN) }))
}
