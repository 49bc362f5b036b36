//! The event packages that can be subscribed to.

use warden_sip::grammar::{is_token_byte, split_unquoted, trim};
use warden_sip::header::HeaderName;
use warden_sip::message::Message;
use warden_sip::write::Headers;

/// What a subscription tells about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Package {
    /// The calls of an extension (RFC 4235): busy lamps.
    Dialog,
    /// Whether somebody can be reached, and what they say of it (RFC 3856).
    Presence,
    /// Messages that wait in the mailbox (RFC 3842).
    MessageSummary,
    /// The phones of an extension (RFC 3680).
    Reg,
}

impl Package {
    pub(crate) const ALL: [Self; 4] = [Self::Dialog, Self::Presence, Self::MessageSummary, Self::Reg];

    /// The package with this name; names are case-sensitive tokens (RFC 6665 §8.4).
    pub(crate) fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|package| package.name().as_bytes() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Dialog => "dialog",
            Self::Presence => "presence",
            Self::MessageSummary => "message-summary",
            Self::Reg => "reg",
        }
    }

    /// Of the bodies of its NOTIFYs.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Dialog => "application/dialog-info+xml",
            Self::Presence => "application/pidf+xml",
            Self::MessageSummary => "application/simple-message-summary",
            Self::Reg => "application/reginfo+xml",
        }
    }

    /// What others are told who want to watch it; `None` for what everybody may. Who is reachable `presence` tells; `reg` says
    /// at which addresses, and a mailbox is a person's own.
    pub(super) fn refusal_to_others(self) -> Option<&'static str> {
        match self {
            Self::Dialog | Self::Presence => None,
            Self::MessageSummary => Some("Not Your Mailbox"),
            Self::Reg => Some("Not Your Registration"),
        }
    }

    /// Whether a subscriber takes this media type: it says so, or does not say what it takes.
    pub(super) fn is_accepted(request: &Message, media_type: &str) -> bool {
        let mut accepted = request.members(HeaderName::Accept).peekable();
        if accepted.peek().is_none() {
            return true;
        }
        let any_of_kind = media_type.split_once('/').map(|(kind, _)| format!("{kind}/*")).unwrap_or_default();
        let is_it = |range: &[u8]| {
            [media_type, &any_of_kind, "*/*"].iter().any(|known| range.eq_ignore_ascii_case(known.as_bytes()))
        };
        accepted.any(|member| is_it(trim(split_unquoted(member, b';').0)))
    }
}

/// Adds `Allow-Events`.
pub(crate) fn add_allow_events(headers: &mut Headers) {
    headers.add(HeaderName::AllowEvents, Package::ALL.map(Package::name).join(", ").as_bytes());
}

/// The name of the event package and the `id` of an `Event` header, in tokens.
pub(super) fn event_of(request: &Message) -> Option<(&[u8], Option<&[u8]>)> {
    let value = request.header(HeaderName::Event)?;
    let (name, params) = split_unquoted(value, b';');
    let id = warden_sip::header::Params::new(params.unwrap_or_default()).value("id");
    let is_sound = id.is_none_or(|id| id.iter().all(|&byte| is_token_byte(byte)));
    is_sound.then_some((trim(name), id))
}
