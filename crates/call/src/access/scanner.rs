//! Programs that search the net for phone systems to break into, known by how they call themselves.

use warden_sip::header::HeaderName;
use warden_sip::message::Message;

/// What sipvicious puts before every address when it is left as it comes.
const SIPVICIOUS: &[u8] = br#""sipvicious""#;

/// Under which of the `known` names a scanner has sent a request; `None` when it may come from a phone.
///
/// A name is what the User-Agent begins with, in any case; nothing is searched or copied.
pub(super) fn name<'k>(request: &Message, known: &'k [Box<str>]) -> Option<&'k str> {
    if known.is_empty() {
        return None;
    }
    if let Some(agent) = request.header(HeaderName::UserAgent)
        && let Some(name) = known.iter().find(|name| starts_with(agent, name.as_bytes()))
    {
        return Some(name);
    }
    request.header(HeaderName::From).is_some_and(|from| starts_with(from, SIPVICIOUS)).then_some("sipvicious")
}

fn starts_with(text: &[u8], beginning: &[u8]) -> bool {
    text.get(..beginning.len()).is_some_and(|start| start.eq_ignore_ascii_case(beginning))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn found(from: &str, agent: &str) -> Option<String> {
        let text = format!(
            "OPTIONS sip:100@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: {from};tag=1\r\n\
             To: <sip:c@d>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nUser-Agent: {agent}\r\n\r\n"
        );
        let known = ["friendly-scanner".into(), "sipcli".into()];
        name(&Message::parse(Bytes::from(text)).unwrap(), &known).map(str::to_owned)
    }

    #[test]
    fn a_scanner_is_known_by_the_beginning_of_its_name_in_any_case() {
        let alice = "<sip:1001@192.0.2.1>";
        assert_eq!(found(alice, "friendly-scanner").as_deref(), Some("friendly-scanner"));
        assert_eq!(found(alice, "SIPcli/v1.8").as_deref(), Some("sipcli"));
        assert_eq!(found(r#""sipvicious"<sip:100@1.1.1.1>"#, "Phone 1").as_deref(), Some("sipvicious"));
        assert_eq!(found(r#""SIPVicious" <sip:100@1.1.1.1>"#, "").as_deref(), Some("sipvicious"));
        for phone in ["baresip v1.0.0", "Yealink SIP-T46S", "", "friendly", "my friendly-scanner"] {
            assert_eq!(found(alice, phone), None, "{phone}");
        }
    }
}
