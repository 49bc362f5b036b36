//! Calls that phones pick up by themselves, as an intercom does. Each brand wants to be asked in another way, so all of them
//! are used; what a caller asks for in any of them is passed on in all, and only where the configuration lets that
//! caller: it makes a room heard.

use warden_sip::header::HeaderName;
use warden_sip::message::Message;
use warden_sip::print::Print;
use warden_sip::write::Headers;

use super::hunt::Hunt;
use super::identity::address_for;
use crate::directory::Directory;
use crate::registrar::Binding;

/// What phones write into `Call-Info` and `Alert-Info`, without spaces.
const WISHES: [&[u8]; 6] =
    [b"answer-after=0", b"info=alert-autoanswer", b"intercom=true", b"autoanswer", b"auto-answer", b"ringanswer"];

/// Whether the caller wants the phones to pick up by themselves, and at once. A wish that only a privileged caller may
/// have, to be heard whatever is set on the phone (`Priv-Answer-Mode`, RFC 5373), is none.
pub(super) fn is_wanted(invite: &Message) -> bool {
    let is = |name, wish: &[u8]| invite.headers(name).any(|value| value.trim_ascii().eq_ignore_ascii_case(wish));
    if is(HeaderName::AnswerMode, b"Auto") || is(HeaderName::PAutoAnswer, b"normal") {
        return true;
    }
    let values = invite.headers(HeaderName::CallInfo).chain(invite.headers(HeaderName::Alert));
    values.flat_map(|value| value.split(|&b| b == b',')).any(wishes_so)
}

/// Whether one value of `Call-Info` or `Alert-Info` is such a wish, without a delay.
fn wishes_so(value: &[u8]) -> bool {
    let mut is_wish = false;
    for part in value.split(|&b| b == b';') {
        is_wish |= WISHES.into_iter().any(|wish| is_word(part, wish));
        if has_word_before(part, b"delay=") && !is_word(part, b"delay=0") {
            return false;
        }
    }
    is_wish
}

/// The same letters, whatever their case and the spaces between them.
fn is_word(part: &[u8], word: &[u8]) -> bool {
    letters(part).eq(word.iter().copied())
}

fn has_word_before(part: &[u8], word: &[u8]) -> bool {
    letters(part).take(word.len()).eq(word.iter().copied())
}

fn letters(part: &[u8]) -> impl Iterator<Item = u8> {
    part.iter().filter(|byte| !byte.is_ascii_whitespace()).map(u8::to_ascii_lowercase)
}

impl Hunt {
    /// Whether this phone is asked to pick up by itself. Nobody listens who is not shown.
    pub(super) fn may_auto_answer(&self, binding: &Binding, directory: &Directory) -> bool {
        self.wants_auto_answer && !self.is_private && directory.allows_auto_answer(&self.caller, &binding.extension)
    }
}

/// Asks a phone to pick up by itself, in every way that one may know:
///
/// - `Call-Info` with `answer-after` is what Snom, Grandstream, Cisco and Gigaset obey;
/// - `Alert-Info` with `alert-autoanswer` is for Yealink, Mitel and Panasonic; phones of Poly compare it as a whole with what
///   they are configured to, so that they get the bare word;
/// - `Answer-Mode` is the standard's (RFC 5373), and `P-Auto-Answer` what came before it.
pub(super) fn ask(headers: &mut Headers, binding: &Binding, directory: &Directory) {
    let host = address_for(&binding.flow, directory);
    let mut add = |name, parameters: &[u8]| {
        headers.add_with(name, |out| {
            out.extend_from_slice(b"<sip:");
            host.print(out);
            out.push(b'>');
            out.extend_from_slice(parameters);
        });
    };
    add(HeaderName::CallInfo, b";answer-after=0");
    if is_poly(&binding.user_agent) {
        headers.add(HeaderName::Alert, b"Auto-Answer");
    } else {
        add(HeaderName::Alert, b";info=alert-autoanswer;delay=0");
    }
    headers.add(HeaderName::AnswerMode, b"Auto").add(HeaderName::PAutoAnswer, b"normal");
}

/// By the User-Agent of its registration: `PolycomVVX-VVX_411-UA/5.9`, `PolyEdge-E450/8.1`.
fn is_poly(user_agent: &str) -> bool {
    user_agent.as_bytes().get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"Poly"))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn wants(headers: &str) -> bool {
        let text = format!(
            "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n\
             Call-ID: 1\r\nCSeq: 7 INVITE\r\n{headers}\r\n"
        );
        is_wanted(&Message::parse(Bytes::from(text)).expect("parses"))
    }

    #[test]
    fn every_way_to_ask_a_phone_to_pick_up_is_understood() {
        for wish in [
            "Call-Info: <sip:10.0.0.1>;answer-after=0",
            "Call-Info: <http://a/b.png>;purpose=icon, <sip:10.0.0.1>;Answer-After = 0",
            "Alert-Info: <http://a>;info=alert-autoanswer;delay=0",
            "Alert-Info: info = alert-autoanswer",
            "Alert-Info: Auto Answer",
            "Alert-Info: Ring Answer",
            "Alert-Info: <sip:a>;intercom=true",
            "Answer-Mode: auto",
            "P-Auto-Answer: normal",
        ] {
            assert!(wants(&format!("{wish}\r\n")), "{wish}");
        }
    }

    #[test]
    fn what_does_not_ask_for_it_at_once_is_no_wish() {
        for other in [
            "",
            "Alert-Info: <http://a/ring.wav>;info=family\r\n",
            "Alert-Info: <http://a>;info=alert-autoanswer;delay=10\r\n",
            "Call-Info: <sip:a>;answer-after=10\r\n",
            "Answer-Mode: Manual\r\n",
            "Priv-Answer-Mode: Auto\r\n",
        ] {
            assert!(!wants(other), "{other}");
        }
    }
}
