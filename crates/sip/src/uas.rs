//! What a server checks in a request before it looks at what is asked for (RFC 3261 §8.2).

use crate::body::{self, BodyError};
use crate::header::{HeaderName, NameAddr, Star, contacts};
use crate::message::Message;
use crate::method::Method;
use crate::status::Status;
use crate::uri::Uri;
use crate::write::Headers;

/// What this server understands.
#[derive(Clone, Copy, Debug)]
pub struct Capabilities {
    /// Methods, for `Allow`.
    pub methods: &'static [Method],
    /// Option tags, for `Supported`.
    pub options: &'static [&'static str],
}

/// A request that is refused for its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The answer's status.
    pub status: Status,
    /// The answer's reason phrase: says what is wrong.
    pub reason: &'static str,
    /// Headers that the status demands, such as `Allow` with a 405.
    pub headers: Headers,
}

impl Refusal {
    /// A refusal without further headers.
    #[must_use]
    pub fn new(status: Status, reason: &'static str) -> Self {
        Self { status, reason, headers: Headers::new() }
    }

    fn bad(reason: &'static str) -> Self {
        Self::new(Status::BAD_REQUEST, reason)
    }
}

impl Capabilities {
    /// Checks method, Request-URI, addresses, hops, required extensions and the type of a session description.
    ///
    /// ACK is checked like the others; the caller must not answer it.
    /// # Errors
    /// The [`Refusal`] to answer with: 400, 405, 415, 416 or 420.
    pub fn inspect(&self, request: &Message) -> Result<(), Refusal> {
        self.check_form(request)?;
        self.check_required_options(request)?;
        check_body(request, Message::check_body)
    }

    /// The same for a request that must not fail for what it demands beside its session description: extensions and parts of
    /// the body that are not understood are left alone.
    /// # Errors
    /// The [`Refusal`] to answer with: 400, 405, 415 or 416.
    pub fn inspect_urgent(&self, request: &Message) -> Result<(), Refusal> {
        self.check_form(request)?;
        check_body(request, |request| request.session_description().map(drop))
    }

    fn check_form(&self, request: &Message) -> Result<(), Refusal> {
        if !self.methods.contains(&request.method()) {
            let mut refusal = Refusal::new(Status::METHOD_NOT_ALLOWED, Status::METHOD_NOT_ALLOWED.reason());
            self.add_allow(&mut refusal.headers);
            return Err(refusal);
        }
        check_uris(request)?;
        request.max_forwards().map(drop).map_err(|_| Refusal::bad("Malformed Max-Forwards"))
    }

    /// Adds `Allow`.
    pub fn add_allow(&self, headers: &mut Headers) {
        headers.add_with(HeaderName::Allow, |out| list(self.methods.iter().map(|method| method.name()), out));
    }

    /// Adds `Supported`, unless there is nothing to name.
    pub fn add_supported(&self, headers: &mut Headers) {
        if !self.options.is_empty() {
            headers.add_with(HeaderName::Supported, |out| list(self.options.iter().copied(), out));
        }
    }

    fn check_required_options(&self, request: &Message) -> Result<(), Refusal> {
        // A Require in CANCEL and ACK is ignored (RFC 3261 §8.2.2.3).
        if matches!(request.method(), Method::Cancel | Method::Ack) {
            return Ok(());
        }
        let is_known = |tag: &[u8]| self.options.iter().any(|option| tag.eq_ignore_ascii_case(option.as_bytes()));
        let mut unknown = request.members(HeaderName::Require).filter(|tag| !is_known(tag)).peekable();
        if unknown.peek().is_none() {
            return Ok(());
        }
        let mut refusal = Refusal::new(Status::BAD_EXTENSION, Status::BAD_EXTENSION.reason());
        refusal.headers.add_with(HeaderName::Unsupported, |out| list(unknown, out));
        Err(refusal)
    }
}

/// Checks the body by `check` if the request is one that may describe a session.
fn check_body(request: &Message, check: impl Fn(&Message) -> Result<(), BodyError>) -> Result<(), Refusal> {
    let describes_session = matches!(request.method(), Method::Invite | Method::Ack | Method::Prack | Method::Update);
    if !describes_session {
        return Ok(());
    }
    check(request).map_err(|error| match error {
        BodyError::Unsupported => {
            let mut refusal = Refusal::new(Status::UNSUPPORTED_MEDIA_TYPE, error.reason());
            refusal.headers.add(HeaderName::Accept, body::ACCEPTED.as_bytes());
            refusal
        }
        BodyError::Boundary | BodyError::Part | BodyError::TooMany | BodyError::TooDeep => Refusal::bad(error.reason()),
    })
}

fn check_uris(request: &Message) -> Result<(), Refusal> {
    match request.request_uri() {
        Ok(Uri::Sip(_) | Uri::Tel(_)) => {}
        Ok(Uri::Other(_)) => {
            return Err(Refusal::new(Status::UNSUPPORTED_URI_SCHEME, Status::UNSUPPORTED_URI_SCHEME.reason()));
        }
        Err(_) => return Err(Refusal::bad("Malformed Request-URI")),
    }
    let is_sound = |address: NameAddr<'_>| address.uri().is_ok();
    if !request.from().is_ok_and(is_sound) {
        return Err(Refusal::bad("Malformed From URI"));
    }
    if !request.to().is_ok_and(is_sound) {
        return Err(Refusal::bad("Malformed To URI"));
    }
    let is_sip = |address: NameAddr<'_>| matches!(address.uri(), Ok(Uri::Sip(_)));
    if request.method() == Method::Register && !request.to().is_ok_and(is_sip) {
        // RFC 3261 §10.2: an address of record is a SIP URI.
        return Err(Refusal::bad("No SIP URI In To"));
    }
    let contacts_are_sound = request.headers(HeaderName::Contact).flat_map(contacts).all(|contact| match contact {
        Ok(Star::All) => request.method() == Method::Register,
        Ok(Star::One(address)) => is_sound(address),
        Err(_) => false,
    });
    if contacts_are_sound { Ok(()) } else { Err(Refusal::bad("Malformed Contact")) }
}

fn list<T: AsRef<[u8]>>(items: impl Iterator<Item = T>, out: &mut Vec<u8>) {
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.extend_from_slice(b", ");
        }
        out.extend_from_slice(item.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    const OURS: Capabilities = Capabilities { methods: &[Method::Invite, Method::Options], options: &["timer"] };

    fn inspect(start: &str, headers: &str) -> Result<(), (u16, String)> {
        let request = request(start, headers);
        OURS.inspect(&request)
            .map_err(|refusal| (refusal.status.code(), String::from_utf8_lossy(refusal.headers.text()).into_owned()))
    }

    fn request(start: &str, headers: &str) -> Message {
        let method = start.split(' ').next().unwrap_or_default();
        let text = format!(
            "{start} SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n\
             Call-ID: 1\r\nCSeq: 1 {method}\r\n{headers}\r\n"
        );
        Message::parse(Bytes::from(text)).expect("parses")
    }

    #[test]
    fn each_refusal_says_what_would_be_understood() {
        assert_eq!(inspect("OPTIONS sip:a@b", "Require: timer\r\n"), Ok(()));
        assert_eq!(inspect("PUBLISH sip:a@b", ""), Err((405, "Allow: INVITE, OPTIONS\r\n".into())));
        assert_eq!(inspect("OPTIONS im:a@b", ""), Err((416, String::new())));
        assert_eq!(
            inspect("OPTIONS sip:a@b", "Require: 100rel, timer\r\nRequire: x\r\n"),
            Err((420, "Unsupported: 100rel, x\r\n".into()))
        );
        assert_eq!(
            inspect("INVITE sip:a@b", "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi"),
            Err((415, "Accept: application/sdp, multipart/mixed, multipart/alternative\r\n".into()))
        );
        assert_eq!(
            inspect("INVITE sip:a@b", "Content-Type: multipart/mixed\r\nContent-Length: 2\r\n\r\nhi"),
            Err((400, String::new()))
        );
    }

    #[test]
    fn malformed_parts_that_matter_are_a_bad_request() {
        assert_eq!(inspect("OPTIONS sip:a@b?x=y", ""), Err((400, String::new())));
        assert_eq!(inspect("OPTIONS sip:a@b", "Max-Forwards: 256\r\n"), Err((400, String::new())));
        assert_eq!(inspect("OPTIONS sip:a@b", "Contact: *\r\n"), Err((400, String::new())));
        assert_eq!(inspect("OPTIONS sip:a@b", "Contact: <sip:a@b>, <sip:@>\r\n"), Err((400, String::new())));
    }

    #[test]
    fn an_urgent_request_demands_what_it_likes_beside_its_session_description() {
        let inspect = |headers: &str| {
            let request = request("INVITE sip:a@b", headers);
            [OURS.inspect(&request), OURS.inspect_urgent(&request)]
                .map(|outcome| outcome.err().map(|refusal| refusal.status.code()))
        };
        let unknown = "Content-Type: application/x-new\r\nContent-Disposition: x;handling=required\r\n\r\nx\r\n";
        let sdp = "Content-Type: application/sdp\r\n\r\nv=0\r\n";
        let mixed = |parts: &[&str]| {
            let body = format!("--b\r\n{}--b--\r\n", parts.join("--b\r\n"));
            format!("Content-Type: multipart/mixed;boundary=b\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        };
        assert_eq!(inspect("Require: x\r\n"), [Some(420), None]);
        assert_eq!(inspect(&mixed(&[unknown, sdp])), [Some(415), None]);
        assert_eq!(inspect(&mixed(&[unknown])), [Some(415), Some(415)]);
        assert_eq!(inspect("Contact: *\r\n"), [Some(400), Some(400)]);
    }
}
