//! A trace as text: every message with its time, who sent it to whom, and between them what was decided.

use std::fmt::{self, Write as _};
use std::net::SocketAddr;

use bytes::Bytes;
use warden_sip::message::Message as Sip;
use warden_sip::method::Method;

use crate::summary::summary;
use crate::trace::{Decision, Line, Message, Trace};

/// Another end of the messages, as people know it.
struct Party {
    address: SocketAddr,
    name: String,
    transport: String,
}

/// The ladder. Times are in seconds since its first line; what phones have written cannot move the cursor.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parties = parties(self);
        writeln!(f, "call {}", self.call)?;
        for Party { address, name, transport } in &parties {
            writeln!(f, "{name} is at {address} over {transport}")?;
        }
        let width = parties.iter().map(|party| party.name.chars().count()).max().unwrap_or(0).max(6);
        let begin = self.lines.first().map_or(0, Line::at_us);
        for line in &self.lines {
            let ms = line.at_us().saturating_sub(begin) / 1000;
            write!(f, "{:>4}.{:03}  ", ms / 1000, ms % 1000)?;
            match line {
                Line::Message(message) => draw(f, message, &parties, width)?,
                Line::Decision(Decision { why, .. }) => writeln!(f, "{:width$}   {}", "", plain(why))?,
            }
        }
        if self.left_out > 0 {
            writeln!(f, "{} more are missing from the middle: there was no room for them", self.left_out)?;
        }
        Ok(())
    }
}

fn draw(f: &mut fmt::Formatter<'_>, message: &Message, parties: &[Party], width: usize) -> fmt::Result {
    let other = if message.sent { message.to } else { message.from };
    let party = parties.iter().find(|party| party.address == other);
    let other = party.map_or_else(|| other.to_string(), |party| party.name.clone());
    let (from, to) = if message.sent { ("warden", &*other) } else { (&*other, "warden") };
    let what = plain(&summary(&Bytes::copy_from_slice(&message.bytes)));
    writeln!(f, "{from:>width$} → {to:<width$}  {what}")
}

/// Each address once, with the name that its first message gives it.
fn parties(trace: &Trace) -> Vec<Party> {
    let mut parties: Vec<Party> = Vec::new();
    for message in trace.messages() {
        let address = if message.sent { message.to } else { message.from };
        if parties.iter().any(|party| party.address == address) {
            continue;
        }
        let number = number(message).unwrap_or_else(|| address.to_string());
        let same = parties.iter().filter(|party| party.name.split('.').next() == Some(&number)).count();
        // The second phone of extension 1001 is 1001.2.
        let name = if same == 0 { number } else { format!("{number}.{}", same + 1) };
        parties.push(Party { address, name, transport: message.transport.clone() });
    }
    parties
}

/// The number of whoever is at the other end of an INVITE.
fn number(message: &Message) -> Option<String> {
    let sip = Sip::parse(Bytes::copy_from_slice(&message.bytes)).ok()?;
    if !sip.is_request() || sip.method() != Method::Invite {
        return None;
    }
    let address = if message.sent { sip.to() } else { sip.from() }.ok()?;
    let number = address.uri().ok()?.dialled()?;
    let number = String::from_utf8(number).ok()?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(number)
}

/// Without control characters.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_control() {
            // Writing to a text cannot fail.
            let _written = write!(plain, "{}", char.escape_default());
        } else {
            plain.push(char);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(at_us: u64, sent: bool, port: u16, first: &str, numbers: [&str; 2]) -> Line {
        let (phone, warden) = (SocketAddr::from(([192, 0, 2, 1], port)), SocketAddr::from(([192, 0, 2, 9], 5060)));
        let (from, to) = if sent { (warden, phone) } else { (phone, warden) };
        let [from_number, to_number] = numbers;
        let text = format!(
            "{first}\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:{from_number}@a>;tag=1\r\nTo: <sip:{to_number}@a>\r\n\
             Call-ID: 1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
        );
        Line::Message(Message { at_us, sent, from, to, transport: "UDP".into(), bytes: text.into_bytes() })
    }

    #[test]
    fn a_ladder_names_the_phones_and_says_why() {
        let why = "1001 dialled 1\x1b002".to_owned();
        let lines = vec![
            message(1_000_000, false, 1, "INVITE sip:1002@a SIP/2.0", ["1001", "1002"]),
            Line::Decision(Decision { at_us: 1_000_100, why }),
            message(1_002_000, true, 2, "INVITE sip:1002@b SIP/2.0", ["1001", "1002"]),
            message(2_500_000, false, 2, "SIP/2.0 486 Busy\x07Here", ["1001", "1002"]),
            message(2_500_000, false, 3, "INVITE sip:1002@a SIP/2.0", ["1002", "1001"]),
        ];
        let trace = Trace { call: "00000000000000c1".into(), extensions: Vec::new(), lines, left_out: 2 };
        let expected = "\
call 00000000000000c1
1001 is at 192.0.2.1:1 over UDP
1002 is at 192.0.2.1:2 over UDP
1002.2 is at 192.0.2.1:3 over UDP
   0.000    1001 → warden  INVITE 1
   0.000           1001 dialled 1\\u{1b}002
   0.002  warden → 1002    INVITE 1
   1.500    1002 → warden  486 Busy\\u{7}Here (1 INVITE)
   1.500  1002.2 → warden  INVITE 1
2 more are missing from the middle: there was no room for them
";
        assert_eq!(trace.to_string(), expected);
    }
}
