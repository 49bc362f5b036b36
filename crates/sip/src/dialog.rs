//! Dialogs (RFC 3261 §12): who the two ends are, how requests between them are numbered and routed.

use crate::endpoint::Request;
use crate::header::{HeaderName, NameAddr, Params, Star, contacts};
use crate::message::Message;
use crate::method::Method;
use crate::print::Print;
use crate::tag::Tag;
use crate::uri::{OwnedUri, Uri};
use crate::write::Headers;

/// Why no dialog could be made of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DialogError {
    /// No Contact says where further requests go, or it is no SIP URI.
    #[error("no usable Contact")]
    Contact,
    /// The response has no To tag.
    #[error("no To tag")]
    Tag,
}

/// A request came with a number lower than one before; the answer is 500 (RFC 3261 §12.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("CSeq {got} comes after {last}")]
pub struct OutOfOrder {
    /// Its number.
    pub got: u32,
    /// The highest number seen.
    pub last: u32,
}

/// Our end of a dialog.
#[derive(Clone, Debug)]
pub struct Dialog {
    call_id: Box<[u8]>,
    local_tag: Box<[u8]>,
    remote_tag: Box<[u8]>,
    /// Our From value without tag.
    local: Box<[u8]>,
    /// Our To value without tag.
    remote: Box<[u8]>,
    local_sequence: u32,
    remote_sequence: Option<u32>,
    remote_target: OwnedUri,
    route_set: Vec<Box<[u8]>>,
}

impl Dialog {
    /// The dialog that answering `request` with `local_tag` makes (RFC 3261 §12.1.1).
    ///
    /// # Errors
    /// [`DialogError::Contact`].
    pub fn from_request(request: &Message, local_tag: Tag) -> Result<Self, DialogError> {
        Ok(Self {
            call_id: request.call_id().into(),
            local_tag: local_tag.text().into(),
            remote_tag: request.from_tag().into(),
            local: without_tag(request.to().ok()),
            remote: without_tag(request.from().ok()),
            local_sequence: 0,
            remote_sequence: Some(request.sequence()),
            remote_target: target(request)?,
            route_set: request.members(HeaderName::RecordRoute).map(Into::into).collect(),
        })
    }

    /// The dialog that `response` to a request of ours makes, an early one for 101 to 199 (RFC 3261 §12.1.2).
    ///
    /// # Errors
    /// [`DialogError`]; an early response may lack a Contact, and then there is no early dialog.
    pub fn from_response(response: &Message) -> Result<Self, DialogError> {
        let remote_tag = response.to_tag().ok_or(DialogError::Tag)?;
        Ok(Self::made_by(response, remote_tag, target(response)?))
    }

    /// The dialog of a 2xx that may lack Contact and To tag, so that it can be acknowledged and ended all the same: what a
    /// Contact should tell is then taken to be `uri`, where the INVITE went.
    #[must_use]
    pub fn to_end(response: &Message, uri: &OwnedUri) -> Self {
        let remote_target = target(response).unwrap_or_else(|_| uri.clone());
        Self::made_by(response, response.to_tag().unwrap_or_default(), remote_target)
    }

    /// The dialog that a 2xx has made of an early one, `before`: its requests are numbered on (RFC 3261 §13.2.2.4).
    #[must_use]
    pub fn numbered_after(self, before: Option<&Self>) -> Self {
        let Some(Self { local_sequence, remote_sequence, .. }) = before else { return self };
        Self { local_sequence: *local_sequence, remote_sequence: *remote_sequence, ..self }
    }

    /// Leaves out the next `count` numbers: so many requests may have been sent that nobody remembers.
    pub fn skip(&mut self, count: u32) {
        self.local_sequence = self.local_sequence.saturating_add(count);
    }

    fn made_by(response: &Message, remote_tag: &[u8], remote_target: OwnedUri) -> Self {
        let mut route_set: Vec<Box<[u8]>> = response.members(HeaderName::RecordRoute).map(Into::into).collect();
        route_set.reverse();
        Self {
            call_id: response.call_id().into(),
            local_tag: response.from_tag().into(),
            remote_tag: remote_tag.into(),
            local: without_tag(response.from().ok()),
            remote: without_tag(response.to().ok()),
            local_sequence: response.sequence(),
            remote_sequence: None,
            remote_target,
            route_set,
        }
    }

    /// The Call-ID that all its messages carry.
    #[must_use]
    pub fn call_id(&self) -> &[u8] {
        &self.call_id
    }

    /// Our tag.
    #[must_use]
    pub fn local_tag(&self) -> &[u8] {
        &self.local_tag
    }

    /// The other end's tag; empty when an old client has none.
    #[must_use]
    pub fn remote_tag(&self) -> &[u8] {
        &self.remote_tag
    }

    /// Where the other end wants further requests.
    #[must_use]
    pub fn remote_target(&self) -> &OwnedUri {
        &self.remote_target
    }

    /// Whether `message`, received, belongs to it.
    #[must_use]
    pub fn is_of(&self, message: &Message) -> bool {
        let (ours, theirs) = if message.is_request() {
            (message.to_tag().unwrap_or_default(), message.from_tag())
        } else {
            (message.from_tag(), message.to_tag().unwrap_or_default())
        };
        message.call_id() == &*self.call_id && ours == &*self.local_tag && theirs == &*self.remote_tag
    }

    /// The next request; its headers may be added to.
    pub fn request(&mut self, method: Method) -> Request {
        self.local_sequence += 1;
        self.numbered(method, self.local_sequence)
    }

    /// The ACK for a 2xx to the INVITE with this number (RFC 3261 §13.2.2.4).
    #[must_use]
    pub fn ack(&self, sequence: u32) -> Request {
        self.numbered(Method::Ack, sequence)
    }

    /// Notes a request that came within the dialog (RFC 3261 §12.2.2).
    ///
    /// # Errors
    /// [`OutOfOrder`] when its number is not above the last one. ACK and CANCEL are not to be given here: they repeat a
    /// number.
    pub fn accept(&mut self, request: &Message) -> Result<(), OutOfOrder> {
        let got = request.sequence();
        match self.remote_sequence {
            Some(last) if got <= last => Err(OutOfOrder { got, last }),
            Some(_) | None => {
                self.remote_sequence = Some(got);
                Ok(())
            }
        }
    }

    /// Takes over a new Contact from a target refresh request or the 2xx to one (RFC 3261 §12.2); none changes nothing.
    pub fn refresh_target(&mut self, message: &Message) {
        if let Ok(remote_target) = target(message) {
            self.remote_target = remote_target;
        }
    }

    /// Where requests are sent: the first route, otherwise the remote target (RFC 3261 §8.1.2).
    #[must_use]
    pub fn next_hop(&self) -> Uri<'_> {
        let first = self.route_set.first().and_then(|route| NameAddr::parse(route).ok());
        first.and_then(|route| route.uri().ok()).unwrap_or_else(|| self.remote_target.view())
    }

    /// A request with this number, routed (RFC 3261 §12.2.1.1).
    fn numbered(&self, method: Method, sequence: u32) -> Request {
        let mut headers = Headers::with_capacity(512);
        headers.add_value(HeaderName::MaxForwards, &70u32);
        let uri = self.add_routes(&mut headers);
        add_ends(&mut headers, (&self.local, &self.local_tag), (&self.remote, &self.remote_tag));
        headers.add(HeaderName::CallId, &self.call_id);
        add_cseq(&mut headers, sequence, method);
        Request { method, uri, headers, body: None }
    }

    /// Adds Route and gives the Request-URI. A first route without `lr` is of an old kind: it becomes the Request-URI
    /// and the target the last route.
    fn add_routes(&self, headers: &mut Headers) -> Vec<u8> {
        let strict = self.route_set.first().and_then(|route| strict_router(route));
        let skipped = usize::from(strict.is_some());
        for route in self.route_set.iter().skip(skipped) {
            headers.add(HeaderName::Route, route);
        }
        let Some(router) = strict else { return self.remote_target.text().to_vec() };
        headers.add_with(HeaderName::Route, |out| {
            out.push(b'<');
            out.extend_from_slice(self.remote_target.text());
            out.push(b'>');
        });
        router.to_vec()
    }
}

/// A request that opens a dialog or stands alone.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// The method.
    pub method: Method,
    /// The Request-URI.
    pub uri: &'a [u8],
    /// The From value without tag, such as `"Alice" <sip:alice@example.com>`.
    pub from: &'a [u8],
    /// Our tag.
    pub tag: Tag,
    /// The To value.
    pub to: &'a [u8],
    /// A Call-ID that nobody else uses.
    pub call_id: &'a [u8],
    /// The number; one more when the same request is sent again with credentials.
    pub sequence: u32,
    /// How many hops are left.
    pub max_forwards: u8,
}

impl Opening<'_> {
    /// The request; headers may be added.
    #[must_use]
    pub fn request(&self) -> Request {
        let mut headers = Headers::with_capacity(512);
        headers.add_value(HeaderName::MaxForwards, &u32::from(self.max_forwards));
        add_ends(&mut headers, (self.from, self.tag.text()), (self.to, b""));
        headers.add(HeaderName::CallId, self.call_id);
        add_cseq(&mut headers, self.sequence, self.method);
        Request { method: self.method, uri: self.uri.to_vec(), headers, body: None }
    }
}

/// The URI of a route that knows nothing of loose routing.
fn strict_router(route: &[u8]) -> Option<&[u8]> {
    let route = NameAddr::parse(route).ok()?;
    let is_loose = route.uri().ok()?.as_sip()?.params.has("lr");
    (!is_loose).then_some(route.uri_text)
}

fn add_ends(headers: &mut Headers, (from, from_tag): (&[u8], &[u8]), (to, to_tag): (&[u8], &[u8])) {
    for (name, value, tag) in [(HeaderName::From, from, from_tag), (HeaderName::To, to, to_tag)] {
        headers.add_with(name, |out| {
            out.extend_from_slice(value);
            if !tag.is_empty() {
                out.extend_from_slice(b";tag=");
                out.extend_from_slice(tag);
            }
        });
    }
}

fn add_cseq(headers: &mut Headers, sequence: u32, method: Method) {
    headers.add_with(HeaderName::CSeq, |out| {
        sequence.print(out);
        out.push(b' ');
        out.extend_from_slice(method.name().as_bytes());
    });
}

/// Name and URI of an address, its parameters dropped: `tag` is kept apart and others mean nothing in a new request.
fn without_tag(address: Option<NameAddr<'_>>) -> Box<[u8]> {
    let printed = address.map(|address| NameAddr { params: Params::default(), ..address }.printed());
    printed.unwrap_or_default().into()
}

fn target(message: &Message) -> Result<OwnedUri, DialogError> {
    let contact = message.headers(HeaderName::Contact).flat_map(contacts).next();
    let Some(Ok(Star::One(contact))) = contact else { return Err(DialogError::Contact) };
    match contact.uri() {
        Ok(Uri::Sip(_)) => OwnedUri::parse(contact.uri_text).map_err(|_| DialogError::Contact),
        Ok(Uri::Tel(_) | Uri::Other(_)) | Err(_) => Err(DialogError::Contact),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    const HEAD: &str = "Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\nCall-ID: c1\r\n";

    fn parse(text: String) -> Message {
        Message::parse(Bytes::from(text)).expect("parses")
    }

    fn invite(record_routes: &str) -> Message {
        parse(format!(
            "INVITE sip:bob@b SIP/2.0\r\n{HEAD}From: \"A\" <sip:alice@a>;tag=at\r\nTo: <sip:bob@b>\r\nCSeq: 7 INVITE\r\n\
             Contact: <sip:alice@10.0.0.1:5070>\r\n{record_routes}\r\n"
        ))
    }

    fn ok(record_routes: &str) -> Message {
        parse(format!(
            "SIP/2.0 200 OK\r\n{HEAD}From: \"A\" <sip:alice@a>;tag=at\r\nTo: <sip:bob@b>;tag=bt\r\nCSeq: 7 INVITE\r\n\
             Contact: <sip:bob@10.0.0.2>\r\n{record_routes}\r\n"
        ))
    }

    fn text(request: &Request) -> String {
        format!("{} {}", request.uri.escape_ascii(), String::from_utf8_lossy(request.headers.text()))
    }

    #[test]
    fn the_callee_sends_to_the_callers_contact_with_the_ends_swapped() {
        let mut dialog = Dialog::from_request(&invite(""), Tag::from_bits(1)).expect("a dialog");
        let bye = dialog.request(Method::Bye);
        assert_eq!(
            text(&bye),
            "sip:alice@10.0.0.1:5070 Max-Forwards: 70\r\nFrom: <sip:bob@b>;tag=0000000000000001\r\n\
             To: \"A\" <sip:alice@a>;tag=at\r\nCall-ID: c1\r\nCSeq: 1 BYE\r\n"
        );
    }

    #[test]
    fn the_caller_numbers_on_and_its_ack_repeats_the_number() {
        let mut dialog = Dialog::from_response(&ok("")).expect("a dialog");
        assert!(text(&dialog.ack(7)).contains("CSeq: 7 ACK"));
        assert!(text(&dialog.request(Method::Bye)).contains("CSeq: 8 BYE"));
        assert_eq!((dialog.local_tag(), dialog.remote_tag()), (&b"at"[..], &b"bt"[..]));
    }

    #[test]
    fn routes_are_taken_in_order_by_the_callee_and_in_reverse_by_the_caller() {
        let routes = "Record-Route: <sip:p2;lr>, <sip:p1;lr>\r\n";
        let mut answering = Dialog::from_request(&invite(routes), Tag::from_bits(1)).expect("a dialog");
        assert!(text(&answering.request(Method::Bye)).contains("Route: <sip:p2;lr>\r\nRoute: <sip:p1;lr>\r\n"));
        let mut caller = Dialog::from_response(&ok(routes)).expect("a dialog");
        assert!(text(&caller.request(Method::Bye)).contains("Route: <sip:p1;lr>\r\nRoute: <sip:p2;lr>\r\n"));
        assert_eq!(Ok(caller.next_hop()), Uri::parse(b"sip:p1;lr"));
    }

    #[test]
    fn a_strict_router_becomes_the_request_uri() {
        let mut caller = Dialog::from_response(&ok("Record-Route: <sip:p1>\r\n")).expect("a dialog");
        let bye = text(&caller.request(Method::Bye));
        assert!(bye.starts_with("sip:p1 "), "{bye}");
        assert!(bye.contains("Route: <sip:bob@10.0.0.2>\r\n"), "{bye}");
    }

    #[test]
    fn an_older_request_is_out_of_order() {
        let mut dialog = Dialog::from_request(&invite(""), Tag::from_bits(1)).expect("a dialog");
        assert_eq!(dialog.accept(&invite("")), Err(OutOfOrder { got: 7, last: 7 }));
    }

    #[test]
    fn a_message_without_usable_contact_makes_no_dialog() {
        let text = "SIP/2.0 180 Ringing\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nCall-ID: c1\r\nFrom: <sip:a@a>;tag=1\r\n\
                    To: <sip:b@b>;tag=2\r\nCSeq: 7 INVITE\r\n";
        assert_eq!(Dialog::from_response(&parse(format!("{text}\r\n"))).err(), Some(DialogError::Contact));
        let tel = format!("{text}Contact: <tel:+1201>\r\n\r\n");
        assert_eq!(Dialog::from_response(&parse(tel)).err(), Some(DialogError::Contact));
    }

    #[test]
    fn an_answer_without_contact_is_ended_where_the_invite_went() {
        let contact = "Contact: <sip:bob@10.0.0.2>\r\n";
        let uri = OwnedUri::parse(b"sip:bob@10.0.0.9").expect("a URI");
        let end = |answer: Message| text(&Dialog::to_end(&answer, &uri).request(Method::Bye));
        assert!(end(ok("")).starts_with("sip:bob@10.0.0.2 "), "{}", end(ok("")));
        let answer = String::from_utf8_lossy(ok("").bytes()).replace(contact, "");
        let bye = end(parse(answer.clone()));
        assert!(bye.starts_with("sip:bob@10.0.0.9 ") && bye.contains("To: <sip:bob@b>;tag=bt\r\n"), "{bye}");
        let bye = end(parse(answer.replace(";tag=bt", "")));
        assert!(bye.contains("To: <sip:bob@b>\r\n"), "{bye}");
    }
}
