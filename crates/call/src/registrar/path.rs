//! The proxies between a phone and us: Path (RFC 3327), which becomes the Route of what is sent to the phone.

use warden_sip::endpoint::Reply;
use warden_sip::header::{HeaderName, NameAddr};
use warden_sip::message::Message;
use warden_sip::status::Status;
use warden_sip::write::Headers;

/// More proxies are not between any phone and its registrar.
const MAX_HOPS: usize = 8;
/// In **bytes**, all of them together.
const MAX_LEN: usize = 1024;

/// Addresses in the order in which a request to the phone passes them; none when the phone registers directly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(Box<[u8]>);

impl Path {
    /// A Path that an earlier run has kept; `None` when Warden would not have taken it.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let is_sound = text.len() <= MAX_LEN && !text.iter().any(|b| matches!(b, b'\r' | b'\n'));
        is_sound.then(|| Self(text.into()))
    }

    /// The Path of a REGISTER.
    ///
    /// # Errors
    /// The answer: 420 when the phone does not know of Path and could not tell who has put itself in between
    /// (RFC 3327 §5.3), 400 for one that is malformed, too long, or has a hop that knows nothing of loose routing.
    pub(super) fn read(request: &Message) -> Result<Self, Box<Reply>> {
        let mut text = Vec::new();
        for (index, hop) in request.members(HeaderName::Path).enumerate() {
            if index >= MAX_HOPS || text.len() + hop.len() > MAX_LEN {
                return Err(refuse("Path Too Long").into());
            }
            let is_loose = |hop: NameAddr<'_>| Some(hop.uri().ok()?.as_sip()?.params.has("lr"));
            if NameAddr::parse(hop).ok().and_then(is_loose) != Some(true) {
                return Err(refuse("Malformed Path").into());
            }
            if index > 0 {
                text.extend_from_slice(b", ");
            }
            text.extend(hop.iter().map(|b| if matches!(b, b'\r' | b'\n') { b' ' } else { *b }));
        }
        if !text.is_empty() && !request.supports("path") {
            let mut reply = Reply::new(Status::BAD_EXTENSION);
            reply.headers.add(HeaderName::Unsupported, b"path");
            return Err(reply.into());
        }
        Ok(Self(text.into()))
    }

    /// Whether the phone registers directly.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As the header has it.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.0
    }

    /// Adds Route, if there is any.
    pub(crate) fn add_route(&self, headers: &mut Headers) {
        if !self.is_empty() {
            headers.add(HeaderName::Route, &self.0);
        }
    }
}

fn refuse(reason: &'static str) -> Reply {
    Reply { reason: Some(reason), ..Reply::new(Status::BAD_REQUEST) }
}
