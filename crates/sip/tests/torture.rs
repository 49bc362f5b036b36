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

#[path = "../testdata/torture/verdicts.rs"]
mod verdicts;

use verdicts::Verdict::{self, Refused, Silent, Valid};
use verdicts::{RFC_4475, RFC_5118};

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
};

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

fn answers(name: &str) -> BTreeMap<String, Verdict> {
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
    assert_eq!(answers("rfc4475"), table(&RFC_4475));
}

#[test]
fn every_message_of_rfc_5118_gets_the_answer_it_should() {
    assert_eq!(answers("rfc5118"), table(&RFC_5118));
}

#[test]
fn a_bad_request_names_what_is_missing() {
    let insufficient = std::fs::read(folder("rfc4475/insuf.dat")).expect("the file can be read");
    let malformed = Message::parse(insufficient.into()).expect_err("headers are missing");
    assert_eq!(malformed.defect.to_string(), "missing Call-ID");
    let request = malformed.request.expect("it has a Via");
    assert_eq!((request.branch(), request.sequence()), (Some(&b"z9hG4bKkdj.insuf"[..]), 193_942));
}
