//! Messages before and after.

use proptest::prelude::*;

use super::*;

fn redacted(message: &str) -> String {
    String::from_utf8(redact(message.as_bytes()).into_owned()).unwrap()
}

#[test]
fn what_answers_a_challenge_is_gone_and_its_scheme_stays() {
    let message = "REGISTER sip:a SIP/2.0\r\nauthorization : Digest username=\"1001\",\r\n response=\"abc\"\r\n\
                   Proxy-Authorization:Digest x\r\nAuthentication-Info: rspauth=\"f00\"\r\nTo: b\r\n\r\n";
    let expected = "REGISTER sip:a SIP/2.0\r\nauthorization : Digest ***\r\n ***\r\n\
                    Proxy-Authorization: Digest ***\r\nAuthentication-Info: ***\r\nTo: b\r\n\r\n";
    assert_eq!(redacted(message), expected);
}

#[test]
fn keys_of_a_session_description_are_gone_and_its_length_stays() {
    let message = "INVITE sip:a SIP/2.0\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\
                   a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0|2^20|1:32\r\na=ice-pwd:secret\r\nk=clear:x\r\n";
    let kept = redacted(message);
    assert_eq!(kept.len(), message.len());
    assert!(kept.contains("inline:*****") && kept.contains("a=ice-pwd:******\r\n"), "{kept}");
    assert!(!kept.contains("c2V") && !kept.contains("secret") && !kept.contains("clear"), "{kept}");
}

#[test]
fn digits_dialled_in_a_call_are_gone() {
    let message = "INFO sip:a SIP/2.0\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal=5\r\nDuration=160\r\n";
    assert!(redacted(message).ends_with("\r\n\r\nSignal=*\r\nDuration=160\r\n"));
    assert!(redacted("INFO sip:a SIP/2.0\nc: application/dtmf\n\n5").ends_with("\n\n*"));
}

#[test]
fn a_message_without_secrets_is_not_copied() {
    let message = b"OPTIONS sip:a SIP/2.0\r\nSubject: authorization\r\n\r\n";
    assert!(matches!(redact(message), Cow::Borrowed(kept) if kept == message));
    assert!(matches!(redact(b""), Cow::Borrowed(b"")));
}

#[test]
fn digits_are_gone_however_their_type_is_written() {
    let info = |head: &str| redacted(&format!("INFO sip:a SIP/2.0\r\n{head}\r\n\r\nSignal=5\r\nDuration=160\r\n"));
    for head in [
        "Content-Type:\r\n application/dtmf-relay",
        "Content-Type: application/dtmf-relay;\r\n\tx=y",
        "CONTENT-TYPE : Application/DTMF-Relay",
        "c:application/dtmf-relay",
        "Content-Type: text/plain\r\nContent-Type: application/dtmf-relay",
        "Content-Type: text/plain",
        "Content-Type: application/vnd.nortelnetworks.digits",
        "To: b",
    ] {
        assert!(info(head).ends_with("\r\n\r\nSignal=*\r\nDuration=160\r\n"), "{head}: {}", info(head));
    }
    let other = "NOTIFY sip:a SIP/2.0\r\nc:\r\n application/kpml-response+xml\r\n\r\n<r digits=\"42\"/>";
    assert!(!redacted(other).contains("42"));
    let picture = "INFO sip:a SIP/2.0\r\nc: application/media_control+xml\r\n\r\n<picture_fast_update/>";
    assert_eq!(redacted(picture), picture);
    let smuggled = "INFO sip:a SIP/2.0\r\n\r\nDuration=1 Signal=5\r\n5=\r\nSignal=6\rDuration=9\r\n";
    assert!(redacted(smuggled).ends_with("\r\n\r\n*******************\r\n**\r\nSignal=************\r\n"));
}

#[test]
fn digits_in_a_part_of_a_body_are_gone() {
    let parts = |part: &str| {
        let head = "UPDATE sip:a SIP/2.0\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n";
        format!("{head}--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b\r\n{part}\r\n--b--\r\n")
    };
    for head in ["Content-Type: application/dtmf-relay", "c:\r\n application/dtmf-relay\r\nContent-Disposition: info"] {
        let message = parts(&format!("{head}\r\n\r\nSignal=5\r\nDuration=160"));
        let kept = redacted(&message);
        assert_eq!(kept, message.replace("Signal=5", "Signal=*"), "{head}");
    }
    let kept = redacted(&parts("Content-Type: application/dtmf\r\n5"));
    assert!(kept.ends_with("dtmf\r\n*\r\n--b--\r\n"), "without an empty line: {kept}");
    let kept =
        redacted(&parts("c: application/sdp\r\nContent-Transfer-Encoding:\r\n base64\r\n\r\nYT1jcnlwdG86\r\nxxxx"));
    assert!(kept.ends_with("base64\r\n\r\n************\r\n****\r\n*****\r\n"), "{kept}");
}

#[test]
fn a_body_that_is_written_in_another_way_is_gone() {
    for head in ["Content-Encoding: gzip", "e:\r\n gzip", "Content-Transfer-Encoding: base64"] {
        let message = format!("INVITE sip:a SIP/2.0\r\n{head}\r\n\r\nYT1jcnlwdG86\r\n");
        assert!(redacted(&message).ends_with("\r\n\r\n************\r\n"), "{head}");
    }
    let plain = "INVITE sip:a SIP/2.0\r\nContent-Encoding: identity\r\n\r\nv=0\r\n";
    assert_eq!(redacted(plain), plain);
}

#[test]
fn keys_are_gone_wherever_they_stand() {
    let body = |line: &str| redacted(&format!("INVITE sip:a SIP/2.0\r\n\r\nv=0\r\n{line}\r\n"));
    for line in [
        "A=CRYPTO:1 AES_CM_128_HMAC_SHA1_80 INLINE:c2VjcmV0",
        " a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0",
        "a=crypto:1 NEW other:c2VjcmV0",
        "a=acap:1 crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0",
        "a=acap:2 key-mgmt:mikey c2VjcmV0",
        "a=cryptoscale:1 client X inline:c2VjcmV0",
        "s=-\ra=crypto:1 X inline:c2VjcmV0\rc2VjcmV0",
        "--b\r\nContent-Type: application/sdp\r\n\r\na=ice-pwd:c2VjcmV0",
        "\r\r\na=ice-pwd:c2VjcmV0",
        "Authorization: Digest response=\"c2VjcmV0\"",
        "Proxy-Authorization:\r\n Digest response=\"c2VjcmV0\"",
    ] {
        assert!(!body(line).contains("c2VjcmV0"), "{}", body(line));
        assert_eq!(body(line).len(), body(&"x".repeat(line.len())).len(), "{line}");
    }
}

/// What reads such a line again from each of its parts takes minutes.
#[test]
fn a_long_line_is_read_once() {
    for [head, body] in [["X: ::", "\r"], ["X: sip:", "\ra=crypto:"], ["X: sip:sip:", "a=a=a="]] {
        let message = format!("OPTIONS sip:a SIP/2.0\r\n{}\r\n\r\n{}\r\n", head.repeat(9000), body.repeat(60_000));
        assert_eq!(redacted(&message).len(), message.len());
    }
}

#[test]
fn a_password_in_a_uri_is_gone_and_a_port_is_not() {
    let message =
        "INVITE sip:1001:secret@a:5060 SIP/2.0\r\nTo: \"x\" <SIPS:b:s3cret@c>;tag=1\r\nFrom: <sip:d@e:5070>\r\n\r\n";
    let kept = redacted(message);
    assert_eq!(kept, message.replace("secret", "******").replace("s3cret", "******"));
}

#[test]
fn empty_lines_before_a_message_do_not_make_it_a_body() {
    let kept = redacted("\r\n\r\nREGISTER sip:a SIP/2.0\r\nAuthorization: Digest response=\"abc\"\r\n\r\n");
    assert!(kept.starts_with("\r\n\r\nREGISTER") && kept.contains("Authorization: Digest ***\r\n"), "{kept}");
    let kept = redacted("REGISTER sip:a SIP/2.0\r\nProxy-Authentication-Info: rspauth=\"abc\"\r\n\r\n");
    assert!(!kept.contains("abc"), "{kept}");
}

#[test]
fn a_head_that_ends_in_another_way_ends_all_the_same() {
    let kept = redacted("INVITE sip:a SIP/2.0\r\nTo: b\r\n\r\r\na=ice-pwd:secret\r\n");
    assert!(kept.ends_with("\r\n\r\r\na=ice-pwd:******\r\n"), "{kept}");
}

/// Messages made of what redaction looks for, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(vec![
        "INFO sip:a:b@c SIP/2.0",
        "Authorization: Digest x=\"y\"",
        "Content-Type:",
        " application/dtmf-relay",
        "c: text/plain",
        "e: gzip",
        "\r\n",
        "\r\n\r\n",
        "\n",
        "\r",
        "--b",
        "a=crypto:1 X inline:abc",
        "Signal=5",
        "Duration=160",
        "k=",
        " ",
        ":",
        "é",
    ]);
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn what_has_no_secret_any_more_stays_as_it_is(text in pieces(), bytes: Vec<u8>) {
        for message in [text.as_bytes(), &bytes] {
            let once = redact(message).into_owned();
            prop_assert_eq!(&*redact(&once), &once);
        }
    }

    #[test]
    fn a_body_keeps_its_length(body in pieces(), head in "(Content-Type: [a-z/]{1,20}\r\n)?(e: gzip\r\n)?") {
        let message = format!("INVITE sip:a SIP/2.0\r\n{head}\r\n{body}");
        prop_assert_eq!(redact(message.as_bytes()).len(), message.len());
    }
}
