//! Writing the messages of a transaction: responses to a request, and the ACK and CANCEL that repeat one.

use bytes::Bytes;

use super::Flow;
use crate::header::{HeaderName, Params, Via, reliable};
use crate::message::Message;
use crate::method::Method;
use crate::print::Print;
use crate::status::Status;
use crate::tag::Tag;
use crate::write::{Body, Headers, finish, request_line, status_line};

/// An answer to a request; what is copied from the request is added by the endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: Status,
    /// Instead of the usual reason phrase.
    pub reason: Option<&'static str>,
    /// The To tag, which names the dialog; `None` takes one that belongs to the transaction.
    pub tag: Option<Tag>,
    /// The `RSeq` of a provisional response that is resent until it is confirmed (RFC 3262); `None` sends it once.
    pub rseq: Option<u32>,
    /// Headers beside those that every response has.
    pub headers: Headers,
    /// The body.
    pub body: Option<Body>,
    /// The same request would be answered so again: nothing is kept of it, and the answer to an INVITE is not resent.
    pub is_repeatable: bool,
}

impl Reply {
    /// An answer with nothing but its status.
    #[must_use]
    pub fn new(status: Status) -> Self {
        let headers = Headers::new();
        Self { status, reason: None, tag: None, rseq: None, headers, body: None, is_repeatable: false }
    }
}

impl From<crate::uas::Refusal> for Reply {
    fn from(refusal: crate::uas::Refusal) -> Self {
        Self { reason: Some(refusal.reason), headers: refusal.headers, ..Self::new(refusal.status) }
    }
}

/// Writes the response to `request`, which came on `flow` (RFC 3261 §8.2.6).
///
/// Headers that a malformed request lacks are left out.
pub(super) fn response(request: &Message, flow: &Flow, reply: &Reply, tag: Tag) -> Bytes {
    let mut out = Vec::with_capacity(512 + reply.body.as_ref().map_or(0, |body| body.content.len()));
    status_line(reply.status, reply.reason.unwrap_or_else(|| reply.status.reason()), &mut out);
    let mut headers = Headers::with_capacity(512);
    for (index, via) in request.members(HeaderName::Via).enumerate() {
        match Via::parse(via) {
            Ok(via) if index == 0 => headers.add_with(HeaderName::Via, |out| print_seen_via(&via, flow, out)),
            Ok(_) | Err(_) => headers.add(HeaderName::Via, via),
        };
    }
    let forms_dialog = matches!(request.method(), Method::Invite | Method::Subscribe | Method::Refer);
    if forms_dialog && reply.status > Status::TRYING && reply.status < Status::MULTIPLE_CHOICES {
        for route in request.headers(HeaderName::RecordRoute) {
            headers.add(HeaderName::RecordRoute, route);
        }
    }
    copy(request, HeaderName::From, &mut headers);
    if let Some(to) = request.header(HeaderName::To) {
        headers.add_with(HeaderName::To, |out| {
            out.extend_from_slice(to);
            let has_tag = request.to().is_ok_and(|to| to.params.has("tag"));
            if !has_tag && reply.status != Status::TRYING {
                out.extend_from_slice(b";tag=");
                out.extend_from_slice(reply.tag.unwrap_or(tag).text());
            }
        });
    }
    copy(request, HeaderName::CallId, &mut headers);
    copy(request, HeaderName::CSeq, &mut headers);
    if reply.status == Status::TRYING {
        copy(request, HeaderName::Timestamp, &mut headers);
    }
    if let Some(rseq) = reply.rseq {
        headers.add(HeaderName::Require, reliable::OPTION.as_bytes());
        headers.add_value(HeaderName::RSeq, &rseq);
    }
    out.extend_from_slice(headers.text());
    out.extend_from_slice(reply.headers.text());
    finish(reply.body.as_ref(), &mut out);
    Bytes::from(out)
}

fn copy(request: &Message, name: HeaderName, headers: &mut Headers) {
    if let Some(value) = request.header(name) {
        headers.add(name, value);
    }
}

/// The topmost Via with `received` and `rport` as seen (RFC 3261 §18.2.1, RFC 3581 §4).
fn print_seen_via(via: &Via<'_>, flow: &Flow, out: &mut Vec<u8>) {
    let asks_port = via.params.has("rport");
    Via { params: Params::default(), ..*via }.print(out);
    for param in via.params {
        if param.name.eq_ignore_ascii_case(b"rport") || param.name.eq_ignore_ascii_case(b"received") {
            continue;
        }
        out.push(b';');
        out.extend_from_slice(param.name);
        if let Some(value) = param.value {
            out.push(b'=');
            out.extend_from_slice(value);
        }
    }
    if asks_port || flow.contradicts(via) {
        // Without brackets, as RFC 5118 §4.5 found most programs to write and all to read.
        out.extend_from_slice(b";received=");
        let address = flow.remote.ip().to_canonical().printed();
        out.extend(address.iter().filter(|b| !b"[]".contains(b)));
    }
    if asks_port {
        out.extend_from_slice(b";rport=");
        u32::from(flow.remote.port()).print(out);
    }
}

/// A request to be sent; the endpoint adds Via and Content-Length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method, never [`Method::Other`].
    pub method: Method,
    /// The Request-URI.
    pub uri: Vec<u8>,
    /// From, To, Call-ID, `CSeq`, Max-Forwards and all others.
    pub headers: Headers,
    /// The body.
    pub body: Option<Body>,
}

impl Request {
    /// How many **bytes** it will have on `flow`.
    #[must_use]
    pub fn size_on(&self, flow: &Flow) -> usize {
        request(self, flow, 0).len()
    }
}

/// Writes `request` with a Via of ours on top.
pub(super) fn request(request: &Request, flow: &Flow, branch: u64) -> Bytes {
    let mut out = Vec::with_capacity(768 + request.body.as_ref().map_or(0, |body| body.content.len()));
    request_line(request.method, &request.uri, &mut out);
    out.extend_from_slice(b"Via: SIP/2.0/");
    out.extend_from_slice(flow.transport.name().as_bytes());
    out.push(b' ');
    flow.local.ip().to_canonical().print(&mut out);
    out.push(b':');
    u32::from(flow.local.port()).print(&mut out);
    out.extend_from_slice(b";rport;branch=z9hG4bK");
    out.extend_from_slice(Tag::from_bits(branch).text());
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(request.headers.text());
    finish(request.body.as_ref(), &mut out);
    Bytes::from(out)
}

/// The number in a branch of ours.
pub(super) fn branch_bits(branch: &[u8]) -> Option<u64> {
    Tag::parse(branch.strip_prefix(b"z9hG4bK")?)
}

/// Writes the CANCEL for `invite`, or the ACK for its failure when `to` is the To header that came with it
/// (RFC 3261 §9.1, §17.1.1.3). `more` comes behind the headers that it must have.
pub(super) fn companion(invite: &Message, method: Method, to: Option<&[u8]>, more: &Headers) -> Bytes {
    let mut out = Vec::with_capacity(512);
    request_line(method, invite.request_uri_text(), &mut out);
    let mut headers = Headers::with_capacity(512);
    copy(invite, HeaderName::Via, &mut headers);
    copy(invite, HeaderName::MaxForwards, &mut headers);
    for route in invite.headers(HeaderName::Route) {
        headers.add(HeaderName::Route, route);
    }
    copy(invite, HeaderName::From, &mut headers);
    headers.add(HeaderName::To, to.or(invite.header(HeaderName::To)).unwrap_or_default());
    copy(invite, HeaderName::CallId, &mut headers);
    headers.add_with(HeaderName::CSeq, |out| {
        invite.sequence().print(out);
        out.push(b' ');
        out.extend_from_slice(method.name().as_bytes());
    });
    out.extend_from_slice(headers.append(more).text());
    finish(None, &mut out);
    Bytes::from(out)
}
