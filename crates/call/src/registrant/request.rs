//! The REGISTER that is sent, and what its 2xx grants (RFC 3261 §10.2).

use std::net::IpAddr;
use std::time::Duration;

use warden_sip::endpoint::{Flow, Request};
use warden_sip::header::{HeaderName, Params, Star, Transport, contacts};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::print::Print;
use warden_sip::tag::Tag;
use warden_sip::uri::{HostPort, OwnedUri, SipUri, Uri, print_escaped_user};
use warden_sip::write::Headers;

use super::account::Account;

/// What all REGISTERs of one account have in common (RFC 3261 §10.2.4).
#[derive(Debug)]
pub(super) struct Series {
    pub(super) call_id: [u8; 32],
    pub(super) tag: Tag,
    pub(super) sequence: u32,
}

/// The registrar's URI as it stands in the request line; `None` unless it is a SIP URI.
pub(super) fn request_uri(account: &Account) -> Option<Vec<u8>> {
    let uri = account.registrar.view();
    let uri = *uri.as_sip()?;
    Some(SipUri { user: None, password: None, params: Params::default(), headers: b"", ..uri }.printed())
}

/// The address that is registered.
fn address_of_record(account: &Account) -> Vec<u8> {
    let mut user = Vec::new();
    print_escaped_user(account.username.as_bytes(), &mut user);
    let uri = account.registrar.view();
    let mut out = vec![b'<'];
    if let Some(uri) = uri.as_sip() {
        let host = HostPort { port: None, ..uri.host };
        let (user, params) = (Some(user.as_slice()), Params::default());
        SipUri { secure: uri.secure, user, password: None, host, params, headers: b"" }.print(&mut out);
    }
    out.push(b'>');
    out
}

/// Where calls for the account are to come: our end of `flow`, as `host` has it, with the account's name.
pub(super) fn contact(account: &Account, flow: &Flow, host: IpAddr) -> Vec<u8> {
    let mut out = b"sip:".to_vec();
    print_escaped_user(account.name.as_bytes(), &mut out);
    out.push(b'@');
    host.print(&mut out);
    out.push(b':');
    u32::from(flow.local.port()).print(&mut out);
    match flow.transport {
        Transport::Udp => {}
        Transport::Tcp | Transport::Tls | Transport::Ws | Transport::Wss => {
            out.extend_from_slice(b";transport=");
            out.extend(flow.transport.name().bytes().map(|byte| byte.to_ascii_lowercase()));
        }
    }
    out
}

/// What a REGISTER asks for.
pub(super) struct Wish<'a> {
    /// Where calls are to come.
    pub(super) contact: &'a [u8],
    /// For how long; zero gives the registration up.
    pub(super) expires_s: u32,
    /// Where they came before and are not to come any more.
    pub(super) instead_of: Option<&'a [u8]>,
}

/// A REGISTER without credentials.
pub(super) fn register(account: &Account, series: &Series, wish: &Wish<'_>) -> Option<Request> {
    let uri = request_uri(account)?;
    let address = address_of_record(account);
    let mut headers = Headers::with_capacity(512);
    headers.add(HeaderName::MaxForwards, b"70");
    if let Some(proxy) = &account.outbound_proxy {
        headers.add_with(HeaderName::Route, |out| route(proxy, out));
    }
    headers.add_with(HeaderName::From, |out| {
        out.extend_from_slice(&address);
        out.extend_from_slice(b";tag=");
        out.extend_from_slice(series.tag.text());
    });
    headers.add(HeaderName::To, &address);
    headers.add(HeaderName::CallId, &series.call_id);
    headers.add_with(HeaderName::CSeq, |out| {
        series.sequence.print(out);
        out.extend_from_slice(b" REGISTER");
    });
    headers.add_with(HeaderName::Contact, |out| {
        out.push(b'<');
        out.extend_from_slice(wish.contact);
        out.push(b'>');
        if let Some(before) = wish.instead_of {
            out.extend_from_slice(b", <");
            out.extend_from_slice(before);
            out.extend_from_slice(b">;expires=0");
        }
    });
    headers.add_value(HeaderName::Expires, &wish.expires_s);
    Some(Request { method: Method::Register, uri, headers, body: None })
}

/// The proxy, to be passed by (RFC 3261 §8.1.2): a loose router, since strict ones are of the past.
fn route(proxy: &OwnedUri, out: &mut Vec<u8>) {
    out.push(b'<');
    out.extend_from_slice(proxy.text());
    let is_loose = proxy.view().as_sip().is_some_and(|uri| uri.params.has("lr"));
    out.extend_from_slice(if is_loose { b">" } else { b";lr>" });
}

/// For how long `response` keeps `contact`: by its own Contact, else by Expires, else as it was asked.
pub(super) fn granted(response: &Message, contact: &[u8], asked: Duration) -> Duration {
    let ours = Uri::parse(contact);
    let kept = response.headers(HeaderName::Contact).flat_map(contacts).find_map(|kept| match kept {
        Ok(Star::One(kept)) => {
            let is_ours = kept.uri().ok().zip(ours.as_ref().ok()).is_some_and(|(kept, ours)| kept.is_equivalent(ours));
            is_ours.then(|| kept.expires_s()).flatten()
        }
        Ok(Star::All) | Err(_) => None,
    });
    let seconds = kept.or_else(|| response.expires_s());
    seconds.map_or(asked, |seconds| Duration::from_secs(seconds.into()))
}
