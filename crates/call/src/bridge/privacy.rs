//! Callers who do not want to be known (RFC 3323, RFC 3325): the phones that ring see nobody; the record knows.

use warden_sip::header::HeaderName;
use warden_sip::message::Message;

/// What phones are told of such a caller (RFC 3323 §4.1).
pub(crate) const NOBODY: &[u8] = br#""Anonymous" <sip:anonymous@anonymous.invalid>"#;

/// Whether the caller of an INVITE wants to be withheld: by Privacy, or by a From that says nothing.
pub(crate) fn is_private(invite: &Message) -> bool {
    asks_privacy(invite) || from_says_nothing(invite)
}

/// Whether the Privacy header of a message wants its sender to be withheld.
pub(super) fn asks_privacy(message: &Message) -> bool {
    asks_for(&[b"id", b"user", b"header"], message)
}

/// Whether nobody is to be told who has sent a call on: because of that (RFC 7044 §10.1), or because the caller is withheld.
pub(super) fn withholds_history(invite: &Message) -> bool {
    is_private(invite) || asks_for(&[b"history"], invite)
}

fn asks_for(wishes: &[&[u8]], message: &Message) -> bool {
    let is_wish = |word: &[u8]| wishes.iter().any(|wish| word.eq_ignore_ascii_case(wish));
    let mut words = message.headers(HeaderName::Privacy).flat_map(|value| value.split(|&b| b == b';' || b == b','));
    words.any(|word| is_wish(word.trim_ascii()))
}

fn from_says_nothing(invite: &Message) -> bool {
    let from = invite.from().ok();
    let uri = from.as_ref().and_then(|from| from.uri().ok());
    let is_nobody = |host: &[u8]| host.eq_ignore_ascii_case(b"anonymous.invalid");
    uri.and_then(|uri| {
        uri.as_sip().map(|uri| matches!(uri.host.host, warden_sip::uri::Host::Name(name) if is_nobody(name)))
    })
    .unwrap_or(false)
}
