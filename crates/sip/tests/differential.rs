//! A parser written by others, `sipx-sip`, reads the same from what both accept.

#![expect(clippy::disallowed_methods, reason = "the messages lie in files")]

mod oracle;

use std::path::Path;

use bytes::Bytes;
use oracle::{ours, theirs};
use proptest::prelude::*;

const INVITE: &str = include_str!("../testdata/messages/invite.sip");

/// Files of the torture tests that only our parser takes, since it leaves URIs to `Capabilities::inspect`, which
/// refuses them.
const WE_TAKE: [&str; 3] = ["badaspec", "ipv6-bad", "ltgtruri"];

/// Files of the torture tests that only the other parser takes, since it leaves the version, a second Via in a
/// response, the method in CSeq and repeated headers to later checks.
const THEY_TAKE: [&str; 5] = ["badvers", "bcast", "mismatch01", "mismatch02", "multi01"];

#[test]
fn both_read_the_same_from_the_torture_tests_but_for_the_differences_listed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/torture");
    let (mut only_ours, mut only_theirs) = (Vec::new(), Vec::new());
    for part in ["rfc4475", "rfc5118"] {
        for entry in std::fs::read_dir(folder.join(part)).expect("the folder is there") {
            let path = entry.expect("the folder can be read").path();
            let bytes = Bytes::from(std::fs::read(&path).expect("the file can be read"));
            let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
            match (ours(bytes.clone()), theirs(bytes)) {
                (Some(ours), Some(theirs)) => assert_eq!(ours, theirs, "{name}"),
                (Some(_), None) => only_ours.push(name),
                (None, Some(_)) => only_theirs.push(name),
                (None, None) => {}
            }
        }
    }
    only_ours.sort();
    only_theirs.sort();
    assert_eq!(only_ours, WE_TAKE);
    assert_eq!(only_theirs, THEY_TAKE);
}

proptest! {
    #[test]
    fn both_read_the_same_from_a_message_with_other_values(
        method in "[A-Z]{3,9}",
        call_id in "[a-zA-Z0-9.@-]{1,30}",
        sequence in 0u32..1 << 31,
        tags in ("[a-z0-9.-]{1,10}", "(;tag=[A-Z0-9~]{1,10})?"),
        branch in "[a-zA-Z0-9.-]{1,30}",
        port in any::<u16>(),
        separator in ":| : |:\r\n ",
        extra in proptest::collection::vec("X-[a-z-]{1,8}: [!-~]{0,10}", 0..5),
        body in any::<Vec<u8>>(),
    ) {
        let mut text = format!(
            "{method} sip:a@example.com;lr SIP/2.0\r\nv{separator}SIP/2.0/TLS [2001:db8::1]:{port};branch=z9hG4bK{branch}\r\n\
             f{separator}\"A, B\" <sip:b@c>;tag={}\r\nTo{separator}<sip:d@e>{}\r\nI{separator}{call_id}\r\n\
             CSeq{separator}{sequence} {method}\r\nL{separator}{}\r\n", tags.0, tags.1, body.len()).into_bytes();
        text.extend(extra.iter().flat_map(|line| format!("{line}\r\n").into_bytes()));
        text.extend([b"\r\n", &body[..], b"trailing"].concat());
        let (ours, theirs) = (ours(text.clone().into()), theirs(text.into()));
        prop_assert!(ours.is_some());
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn both_read_the_same_from_a_damaged_message_that_both_take(
        at in 0..INVITE.len(),
        removed in 0..3usize,
        added in proptest::option::of(proptest::sample::select(b" \t\"\\<>;,=:@?/0x".to_vec())),
    ) {
        let mut bytes = INVITE.as_bytes().to_vec();
        bytes.splice(at..(at + removed).min(INVITE.len()), added);
        if let (Some(ours), Some(theirs)) = (ours(bytes.clone().into()), theirs(bytes.into())) {
            prop_assert_eq!(ours, theirs);
        }
    }
}
