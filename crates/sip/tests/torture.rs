//! Every message of RFC 4475 and RFC 5118, with what a user agent server and registrar makes of it.
//!
//! What is read from the valid ones is checked in `torture_details.rs`.

#![expect(clippy::disallowed_methods, reason = "the messages lie in files")]
#![expect(clippy::expect_used, reason = "a folder that cannot be read fails the test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::uas::Capabilities;

use Verdict::{Refused, Silent, Valid};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Taken; what is asked for decides the answer.
    Valid,
    /// Answered with this status.
    Refused(u16),
    /// Dropped: a response that is wrong.
    Silent,
}

const OURS: Capabilities = Capabilities {
    methods: &[
        Method::Invite,
        Method::Ack,
        Method::Bye,
        Method::Cancel,
        Method::Register,
        Method::Options,
        Method::Info,
        Method::Update,
        Method::Prack,
        Method::Refer,
        Method::Subscribe,
        Method::Notify,
        Method::Message,
        Method::Publish,
    ],
    options: &["timer", "100rel", "replaces", "path", "gruu", "outbound", "eventlist", "norefersub"],
    session_types: &["application/sdp"],
};

/// RFC 4475, in the order of its sections. A comment says where it leaves a choice and what was chosen.
const RFC_4475: [(&str, Verdict); 49] = [
    ("wsinv", Valid),
    ("intmeth", Refused(405)), // well-formed; the method is not one of ours (RFC 3261 §8.2.1)
    ("esc01", Valid),
    ("escnull", Valid),
    ("esc02", Refused(405)), // `RE%47IST%45R` is not REGISTER
    ("lwsdisp", Valid),
    ("longreq", Valid),
    ("dblreq", Valid),
    ("semiuri", Valid),
    ("transports", Valid),
    ("mpart01", Valid),
    ("unreason", Valid),
    ("noreason", Valid),
    ("badinv01", Refused(400)),
    ("clerr", Refused(400)),
    ("ncl", Refused(400)),
    ("scalar02", Refused(400)),
    ("scalarlg", Silent),
    ("quotbal", Refused(400)),
    ("ltgtruri", Refused(400)),
    ("lwsruri", Refused(400)), // might be mended; it is refused, as every fault in a start line is
    ("lwsstart", Refused(400)), // as above
    ("trws", Refused(400)),    // as above
    ("escruri", Refused(400)), // the headers might be ignored; RFC 3261 §19.1.1 does not allow them there
    ("baddate", Valid),        // Date is not used, so it is not looked at
    ("regbadct", Refused(400)),
    ("badaspec", Refused(400)), // the spaces might be ignored
    ("baddn", Refused(400)),    // the quotes might be guessed
    ("badvers", Refused(505)),
    ("mismatch01", Refused(400)),
    ("mismatch02", Refused(400)), // 501 should be preferred, 400 is acceptable: the mismatch shows first
    ("bigcode", Silent),
    ("badbranch", Valid), // matched as RFC 2543 has it, like every branch that is not unique
    ("insuf", Refused(400)),
    ("unkscm", Refused(416)),
    ("novelsc", Refused(416)),
    ("unksm2", Refused(400)),
    ("bext01", Refused(420)),
    ("invut", Refused(415)),
    ("regaut01", Valid), // well-formed; without usable credentials it will be challenged
    ("multi01", Refused(400)),
    ("mcl01", Refused(400)),
    ("bcast", Silent),
    ("zeromf", Valid), // the hop count is for proxies
    ("cparam01", Valid),
    ("cparam02", Valid),
    ("regescrt", Valid),
    ("sdp01", Valid), // 406 could be sent; a phone that offers SDP and accepts none is taken to mean well
    ("inv2543", Valid),
];

/// RFC 5118, likewise.
const RFC_5118: [(&str, Verdict); 12] = [
    ("ipv6-good", Valid),
    ("ipv6-bad", Refused(400)),
    ("port-ambiguous", Valid),
    ("port-unambiguous", Valid),
    ("via-received-param-with-delim", Valid),
    ("via-received-param-no-delim", Valid),
    ("ipv6-in-sdp", Valid),
    ("mult-ip-in-header", Valid),
    ("mult-ip-in-sdp", Valid),
    ("ipv4-mapped-ipv6", Valid),
    ("ipv6-bug-abnf-3-colons", Valid),
    ("ipv6-correct-abnf-2-colons", Valid),
];

fn verdict(bytes: Bytes) -> Verdict {
    match Message::parse(bytes) {
        Ok(message) if message.is_request() => match OURS.inspect(&message) {
            Ok(()) => Valid,
            Err(refusal) => Refused(refusal.status.code()),
        },
        Ok(_) => Valid,
        Err(malformed) if malformed.request.is_some() => Refused(malformed.defect.status().code()),
        Err(_) => Silent,
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/torture").join(name)
}

fn verdicts(name: &str) -> BTreeMap<String, Verdict> {
    let entries = std::fs::read_dir(folder(name)).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    paths
        .map(|path| {
            let stem = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
            (stem, verdict(std::fs::read(path).expect("the file can be read").into()))
        })
        .collect()
}

fn table(rows: &[(&str, Verdict)]) -> BTreeMap<String, Verdict> {
    rows.iter().map(|(name, verdict)| ((*name).to_owned(), *verdict)).collect()
}

#[test]
fn every_message_of_rfc_4475_gets_the_answer_it_should() {
    assert_eq!(verdicts("rfc4475"), table(&RFC_4475));
}

#[test]
fn every_message_of_rfc_5118_gets_the_answer_it_should() {
    assert_eq!(verdicts("rfc5118"), table(&RFC_5118));
}

#[test]
fn a_bad_request_names_what_is_missing() {
    let insufficient = std::fs::read(folder("rfc4475/insuf.dat")).expect("the file can be read");
    let malformed = Message::parse(insufficient.into()).expect_err("headers are missing");
    assert_eq!(malformed.defect.to_string(), "missing Call-ID");
    let request = malformed.request.expect("it has a Via");
    assert_eq!((request.branch(), request.sequence()), (Some(&b"z9hG4bKkdj.insuf"[..]), 193_942));
}
