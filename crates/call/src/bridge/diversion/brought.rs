//! What a call says, when it comes, of who has sent it on before: a phone that forwards calls by itself, or one that brings
//! calls from elsewhere.
//!
//! A phone is believed what it says of its own extension. What it says of numbers that are not ours is passed on as
//! unscreened, with no name; of other extensions only we ourselves say what they have done.

use warden_sip::header::{HeaderName, NameAddr};
use warden_sip::message::Message;

use super::super::privacy::withholds_history;
use super::super::redirect::MAX_HOPS;
use super::{Diversion, known_reason};
use crate::directory::{Directory, Extension};

/// What is said of more than these, the newest, tells nobody anything.
const MOST: usize = MAX_HOPS as usize;

/// Who has sent on the call of `caller` before it came to us, in their order.
pub(in super::super) fn brought(invite: &Message, caller: &Extension, directory: &Directory) -> Vec<Diversion> {
    let is_withheld = withholds_history(invite);
    let may_say = |diversion: &Diversion| diversion.by == *caller || !directory.people.contains_key(&diversion.by);
    // The last one comes first here, and last in History-Info.
    let mut told: Vec<_> = invite.members(HeaderName::Diversion).filter_map(diversion).take(MOST).collect();
    told.reverse();
    if told.is_empty() {
        told = history(invite);
    }
    told.retain(may_say);
    for diversion in &mut told {
        diversion.is_screened = diversion.by == *caller;
        diversion.is_private |= is_withheld;
    }
    told
}

/// `<sip:1002@host>;reason=user-busy;privacy=off` (RFC 5806).
fn diversion(value: &[u8]) -> Option<Diversion> {
    let said = NameAddr::parse(value).ok()?;
    let reason = known_reason(said.params).unwrap_or("unknown");
    let is_private = said.params.value("privacy").is_some_and(|privacy| !privacy.eq_ignore_ascii_case(b"off"));
    Some(Diversion { by: number(&said)?, reason, status: status_of(reason), is_private, is_screened: false })
}

/// One entry of a History-Info.
struct Entry {
    by: Option<Extension>,
    /// Why it has sent the call on, as a status.
    status: Option<u16>,
    /// Why the one before it has.
    before: Option<u16>,
    is_private: bool,
}

/// Those who have sent the call on, the newest few. An entry without a reason has sent it nowhere.
fn history(invite: &Message) -> Vec<Diversion> {
    let entries: Vec<_> = invite.members(HeaderName::HistoryInfo).filter_map(entry).collect();
    let after = entries.iter().skip(1).map(|entry| entry.before).chain([None]);
    let diversion = |(entry, after): (&Entry, Option<u16>)| {
        let status = entry.status.or(after)?;
        let (by, reason) = (entry.by.clone()?, reason_of(status));
        Some(Diversion { by, reason, status, is_private: entry.is_private, is_screened: false })
    };
    let mut told: Vec<_> = entries.iter().zip(after).filter_map(diversion).collect();
    told.drain(..told.len().saturating_sub(MOST));
    told
}

/// `<sip:1002@host;cause=408?Reason=SIP%3Bcause%3D486&Privacy=history>;index=1.1`: it has sent the call on because of the 486
/// (RFC 7044 §10.2), and the one before has because of the 408 (RFC 4458).
fn entry(value: &[u8]) -> Option<Entry> {
    let said = NameAddr::parse(value).ok()?;
    let uri = said.uri().ok()?;
    let sip = uri.as_sip();
    let mut headers = sip.map_or(&b""[..], |uri| uri.headers).split(|&b| b == b'&');
    let status = headers.clone().find_map(cause);
    let before = sip.and_then(|uri| status_code(uri.params.value("cause")?));
    let is_wish = |wish: &[u8]| !wish.eq_ignore_ascii_case(b"none");
    let is_private = headers.any(|header| after(header, b"Privacy=").is_some_and(is_wish));
    Some(Entry { by: number(&said), status, before, is_private })
}

/// The status in an escaped Reason header.
fn cause(header: &[u8]) -> Option<u16> {
    status_code(after(header, b"Reason=SIP%3Bcause%3D")?.get(..3)?)
}

fn status_code(digits: &[u8]) -> Option<u16> {
    std::str::from_utf8(digits).ok()?.parse().ok().filter(|status| (300..700).contains(status))
}

/// What follows the beginning, in whatever case that is written.
fn after<'a>(text: &'a [u8], beginning: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = text.split_at_checked(beginning.len())?;
    start.eq_ignore_ascii_case(beginning).then_some(rest)
}

fn number(said: &NameAddr<'_>) -> Option<Extension> {
    Extension::parse(&said.uri().ok()?.dialled()?).ok()
}

/// The status that says most nearly the same (RFC 7544).
fn status_of(reason: &str) -> u16 {
    match reason {
        "user-busy" => 486,
        "no-answer" => 408,
        "deflection" => 480,
        "unavailable" | "out-of-service" | "away" => 503,
        "unknown" => 404,
        _ => 302,
    }
}

/// The same the other way.
fn reason_of(status: u16) -> &'static str {
    match status {
        300..=399 => "unconditional",
        486 | 600 => "user-busy",
        408 => "no-answer",
        480 | 487 => "deflection",
        503 => "unavailable",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::directory::Person;

    /// Numbers, reasons and statuses of what an INVITE of 1001 brings; 1002 is an extension too.
    fn told(headers: &str) -> Vec<String> {
        let text = format!(
            "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n\
             Call-ID: 1\r\nCSeq: 7 INVITE\r\n{headers}\r\n"
        );
        let invite = Message::parse(Bytes::from(text)).expect("parses");
        let [own, other] = ["1001", "1002"].map(|number| Extension::parse(number.as_bytes()).expect("an extension"));
        let mut directory = Directory::default();
        for extension in [&own, &other] {
            directory.people.insert(extension.clone(), Person { name: String::new() });
        }
        let brought = brought(&invite, &own, &directory);
        let words = |it: &Diversion| {
            let screened = if it.is_screened { " screened" } else { "" };
            let private = if it.is_private { " private" } else { "" };
            format!("{} {} {}{screened}{private}", it.by, it.reason, it.status)
        };
        brought.iter().map(words).collect()
    }

    #[test]
    fn who_has_sent_a_call_on_is_read_in_its_order_from_either_header() {
        let diversions = "Diversion: <tel:+4930123>;reason=no-answer, <sip:1001@x>;reason=\"user-busy\";counter=1\r\n";
        assert_eq!(told(diversions), ["1001 user-busy 486 screened", "+4930123 no-answer 408"]);
        let history = "History-Info: <sip:1001@x?Reason=SIP%3Bcause%3D486>;index=1, <sip:+4930123@x?reason=sip%3bcause%3d302\
                       &Privacy=history>;index=1.1;mp=1\r\nHistory-Info: <sip:c@d>;index=1.1.1\r\n";
        assert_eq!(told(history), ["1001 user-busy 486 screened", "+4930123 unconditional 302 private"]);
        let causes = "History-Info: <tel:+4930123>;index=1, <sip:1001@x;cause=408>;index=1.1\r\n\
                      History-Info: <sip:c@d;cause=486>;index=1.1.1\r\n";
        assert_eq!(told(causes), ["+4930123 no-answer 408", "1001 user-busy 486 screened"]);
    }

    #[test]
    fn what_a_phone_says_of_another_extension_is_left_out() {
        assert_eq!(told("Diversion: <sip:1002@x>;reason=user-busy\r\n"), [""; 0]);
        assert_eq!(told("History-Info: <sip:1002@x?Reason=SIP%3Bcause%3D486>;index=1\r\n"), [""; 0]);
    }

    #[test]
    fn who_withholds_it_is_private() {
        assert_eq!(told("Diversion: <sip:1001@x>;privacy=full\r\n"), ["1001 unknown 404 screened private"]);
        let all = "Diversion: <sip:1001@x>;privacy=off\r\nPrivacy: history\r\n";
        assert_eq!(told(all), ["1001 unknown 404 screened private"]);
    }

    #[test]
    fn no_more_are_passed_on_than_the_newest_few() {
        let many: Vec<_> = (1..=20).map(|n| format!("<sip:9{n}@x>;reason=away")).collect();
        let newest = told(&format!("Diversion: {}\r\n", many.join(",")));
        assert_eq!((newest.len(), newest.last().map(String::as_str)), (MOST, Some("91 away 503")));
        let many: Vec<_> = (1..=20).map(|n| format!("<sip:9{n}@x?Reason=SIP%3Bcause%3D302>;index=1")).collect();
        let newest = told(&format!("History-Info: {}\r\n", many.join(",")));
        assert_eq!((newest.len(), newest.last().map(String::as_str)), (MOST, Some("920 unconditional 302")));
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        for nothing in [
            "Diversion: \r\n",
            "Diversion: <sip:x\r\n",
            "Diversion: <sip:a b@c>\r\n",
            "Diversion: <http://x>\r\n",
            "History-Info: <sip:1001@x?Reason=SIP%3Bcause%3D4>;index=1\r\n",
            "History-Info: <sip:1001@x?Reason=SIP%3Bcause%3D999>;index=1\r\n",
        ] {
            assert_eq!(told(nothing), [""; 0], "{nothing}");
        }
    }
}
