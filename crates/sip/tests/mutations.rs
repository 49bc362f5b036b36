//! A million damaged messages, by seed: ours and another parser come to the same verdict, or their difference is listed.
//!
//! Where both take a message they read the same from it, without exception.

#![expect(clippy::disallowed_methods, reason = "the messages lie in files")]
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a failure is the failure of the test")]

mod oracle;

use std::collections::BTreeSet;
use std::path::Path;

use bytes::Bytes;
use oracle::{Essentials, ours, theirs};
use sipx_sip::error::{FramingError, HeaderError, HeaderSyntaxError, ParseError, StartLineError, UriError};
use sipx_sip::headers::{From, To, Via};
use sipx_sip::{Limits, parse_datagram};
use warden_sip::header::HeaderName;
use warden_sip::message::{Defect, Message};
use warden_sip::method::Method;
use warden_sip::random::Random;
use warden_sip::uas::Capabilities;

/// Each of four tests has its own quarter, so that they run at once.
const QUARTER: u32 = 250_000;

/// Understands every method, so that what is refused is refused for its form.
const CAPABILITIES: Capabilities = Capabilities {
    methods: &[
        Method::Register,
        Method::Invite,
        Method::Ack,
        Method::Bye,
        Method::Cancel,
        Method::Options,
        Method::Message,
        Method::Other,
    ],
    options: &[],
};

/// A difference that is meant.
#[derive(Debug)]
enum Meant {
    /// Ours takes a line that ends in LF alone: there are phones that send it, and no message can be read in two ways.
    LineFeed,
    /// Ours takes more characters in a user part or a parameter of a URI: phones dial `#` without its escape, and nothing
    /// that routes a message is read in two ways.
    Characters,
    /// Ours leaves addresses to `Capabilities::inspect`, which refuses them, so that the answer can say which is bad.
    Address,
    /// In a response, whose addresses are ours, none is looked at twice.
    AddressInResponse,
    /// Ours allows white space around the colon of a Via's port, which the grammar has (RFC 3261 §25.1: `COLON`), and copies
    /// parameters with other characters than a token's into the answer as they came.
    Via,
    /// A parameter or display name with other characters than it should have: it is copied as it came, never understood.
    Copied,
    /// Ours skips empty lines in front of a message (RFC 3261 §7.5).
    EmptyLine,
    /// Ours refuses a start line that is folded: the grammar has no space there.
    FoldedStart,
    /// The other leaves this to later checks, and ours to none: everything else needs it.
    Essential,
}

/// Why `message` may be taken by ours alone; `None` when it may not.
fn ours_alone(message: &Bytes) -> Option<Meant> {
    let read = Message::parse(message.clone()).ok()?;
    let address = |error: &UriError| match error {
        UriError::IllegalCharacter
        | UriError::PercentEscape
        | UriError::User
        | UriError::TelephoneSubscriber
        | UriError::EmptyParameterName
        | UriError::DuplicateParameterName => Some(Meant::Characters),
        UriError::Scheme | UriError::EmptyHost | UriError::Host | UriError::Port | UriError::Ipv6Reference => {
            let is_refused = !read.is_request() || CAPABILITIES.inspect(&read).is_err();
            is_refused.then_some(if read.is_request() { Meant::Address } else { Meant::AddressInResponse })
        }
        UriError::RetainedSpan | _ => None,
    };
    let theirs = match parse_datagram(message.clone(), &Limits::datagram()) {
        Err(
            ParseError::HeaderSyntax { kind: HeaderSyntaxError::BareNewline, .. }
            | ParseError::Framing(FramingError::NoHeaderTerminator),
        ) => return Some(Meant::LineFeed),
        Err(ParseError::StartLine(StartLineError::Empty)) => return Some(Meant::EmptyLine),
        Err(ParseError::StartLine(StartLineError::Uri(error))) => return address(&error),
        Err(_) => return None,
        Ok(theirs) => theirs,
    };
    let headers = theirs.headers();
    if headers.typed_all::<Via>().next().is_some_and(|via| via.is_err()) {
        return Some(Meant::Via);
    }
    let from = headers.typed::<From>().and_then(Result::err);
    let to = headers.typed::<To>().and_then(Result::err);
    match from.or(to)? {
        HeaderError::Uri { source, .. } => address(&source),
        HeaderError::Syntax { .. } => Some(Meant::Copied),
        HeaderError::OutOfRange { .. } | HeaderError::UnterminatedQuotedString { .. } | _ => None,
    }
}

/// Why it may be taken by the other alone.
fn theirs_alone(message: &Bytes) -> Option<Meant> {
    let defect = Message::parse(message.clone()).err()?.defect;
    let is_folded =
        || message.split(|b| *b == b'\n').nth(1).is_some_and(|line| line.starts_with(b" ") || line.starts_with(b"\t"));
    if defect == Defect::HeaderLine && is_folded() {
        return Some(Meant::FoldedStart);
    }
    let is_essential = match defect {
        Defect::StartLine | Defect::Version | Defect::MethodMismatch | Defect::Repeated(_) => true,
        Defect::Bad(name) => matches!(name, HeaderName::CallId | HeaderName::From | HeaderName::To | HeaderName::Via),
        Defect::HeaderLine
        | Defect::NoEnd
        | Defect::TooManyHeaders
        | Defect::Missing(_)
        | Defect::Truncated
        | Defect::TooLarge => false,
    };
    is_essential.then_some(Meant::Essential)
}

fn compare(message: &Bytes) -> Option<Meant> {
    let show = || message.escape_ascii().to_string();
    let meant = match (ours(message.clone()), theirs(message.clone())) {
        (None, None) => return None,
        (Some(ours), Some(theirs)) => return same(&ours, &theirs, show),
        (Some(_), None) => ours_alone(message),
        (None, Some(_)) => theirs_alone(message),
    };
    assert!(
        meant.is_some(),
        "{:?} and {:?}: {}",
        Message::parse(message.clone()).err(),
        parse_datagram(message.clone(), &Limits::datagram()).err(),
        show()
    );
    meant
}

fn same(ours: &Essentials, theirs: &Essentials, show: impl Fn() -> String) -> Option<Meant> {
    assert_eq!(ours, theirs, "{}", show());
    None
}

/// One message of the RFCs' torture tests for each.
fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/torture");
    let mut corpus = vec![include_bytes!("../testdata/messages/invite.sip").to_vec()];
    for part in ["rfc4475", "rfc5118"] {
        let entries = std::fs::read_dir(folder.join(part)).expect("the folder is there");
        let paths = entries.map(|entry| entry.expect("the folder can be read").path());
        corpus.extend(paths.map(|path| std::fs::read(path).expect("the file can be read")));
    }
    corpus.sort();
    corpus
}

fn below(random: &mut Random, length: usize) -> usize {
    random.below(u32::try_from(length).expect("messages are short")) as usize
}

/// Changes, removes, adds, doubles or cuts off a few bytes.
fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    const TELLING: &[u8] = b" \t\"\\<>;,=:@?/0x\r\n%";
    if bytes.is_empty() {
        return;
    }
    let at = below(random, bytes.len());
    let part = |random: &mut Random, most| at..(at + 1 + below(random, most)).min(bytes.len());
    match random.below(21) {
        0..=3 => bytes[at] = random.next_u64().to_le_bytes()[0],
        4..=7 => bytes.insert(at, TELLING[below(random, TELLING.len())]),
        8..=11 => drop(bytes.remove(at)),
        12..=15 => drop(bytes.drain(part(random, 20))),
        16..=19 => {
            let doubled = bytes[part(random, 40)].to_vec();
            let to = below(random, bytes.len());
            bytes.splice(to..to, doubled);
        }
        _ => bytes.truncate(at),
    }
}

/// The differences among a quarter of a million damaged messages.
fn differences(seed: u8) -> BTreeSet<String> {
    let (corpus, mut random) = (corpus(), Random::from_seed([seed; 32]));
    let mut differences = BTreeSet::new();
    for _ in 0..QUARTER {
        let mut bytes = corpus[below(&mut random, corpus.len())].clone();
        for _ in 0..=random.below(3) {
            damage(&mut bytes, &mut random);
        }
        differences.extend(compare(&bytes.into()).map(|meant| format!("{meant:?}")));
    }
    differences
}

/// Each kind is met, so that the list holds none that is no longer needed.
fn all_are_met(seed: u8) {
    let met = differences(seed);
    for meant in ["LineFeed", "Characters", "Address", "AddressInResponse", "Copied", "Via", "Essential"] {
        assert!(met.contains(meant), "{meant} is not among {met:?}");
    }
}

#[test]
fn the_first_quarter_of_a_million_damaged_messages_is_read_alike() {
    all_are_met(1);
}

#[test]
fn the_second_quarter_of_a_million_damaged_messages_is_read_alike() {
    all_are_met(2);
}

#[test]
fn the_third_quarter_of_a_million_damaged_messages_is_read_alike() {
    all_are_met(3);
}

#[test]
fn the_fourth_quarter_of_a_million_damaged_messages_is_read_alike() {
    all_are_met(4);
}
