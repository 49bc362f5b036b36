//! Two parsers read the same message: ours, and `sipx-sip`, which others have written.

use bytes::Bytes;
use sipx_sip::headers::{CSeq, CallId, From, To, Via};
use sipx_sip::{HeaderName, Limits, parse_datagram};
use warden_sip::message::Message;

/// What matching to transactions and dialogs needs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Essentials {
    start: Vec<u8>,
    call_id: Vec<u8>,
    sequence: u32,
    from_tag: Vec<u8>,
    to_tag: Vec<u8>,
    branch: Vec<u8>,
    port: Option<u16>,
    header_count: usize,
    body: Vec<u8>,
}

/// What our parser reads; `None` when it refuses the message.
pub(crate) fn ours(bytes: Bytes) -> Option<Essentials> {
    let message = Message::parse(bytes).ok()?;
    let start = match message.status() {
        Some(status) => [status.code().to_string().as_bytes(), message.reason()].concat(),
        None => [message.method_name(), message.request_uri_text()].concat(),
    };
    let via = message.via().ok()?;
    Some(Essentials {
        start,
        call_id: message.call_id().to_vec(),
        sequence: message.sequence(),
        from_tag: message.from_tag().to_vec(),
        to_tag: message.to_tag().unwrap_or_default().to_vec(),
        branch: via.params.value("branch").unwrap_or_default().to_vec(),
        port: via.sent_by.port,
        header_count: message.fields().count(),
        body: message.body().to_vec(),
    })
}

/// What the other parser reads.
pub(crate) fn theirs(bytes: Bytes) -> Option<Essentials> {
    let message = parse_datagram(bytes, &Limits::datagram()).ok()?;
    let start = match &message {
        sipx_sip::Message::Request(request) => [request.method.as_bytes(), &request.uri.to_bytes()].concat(),
        sipx_sip::Message::Response(response) => {
            [response.status.code().to_string().as_bytes(), &response.reason].concat()
        }
    };
    let headers = message.headers();
    let via = headers.typed_all::<Via>().next()?.ok()?;
    let branch = via.params.iter().find(|param| param.is("branch")).and_then(|param| param.value.clone());
    let (from, to) = (headers.typed::<From>()?.ok()?, headers.typed::<To>()?.ok()?);
    headers.get(&HeaderName::CallId)?;
    Some(Essentials {
        start,
        call_id: headers.typed::<CallId>()?.ok()?.0,
        sequence: headers.typed::<CSeq>()?.ok()?.sequence,
        from_tag: from.tag().unwrap_or_default().to_vec(),
        to_tag: to.tag().unwrap_or_default().to_vec(),
        branch: branch.unwrap_or_default(),
        port: via.port,
        header_count: headers.len(),
        body: message.body().to_vec(),
    })
}
