//! Bodies in parts, as emergency callers and gateways send them, and as nobody should.

use crate::support::{Ask, PASSWORD, RawPhone, Warden, loopback};

const HEAD: &str = "multipart/mixed;boundary=\"a part\"";
const LOCATION: &str =
    "--a part\r\nContent-Type: application/pidf+xml\r\nContent-ID: <here@phone>\r\n\r\n<presence/>\r\n";

/// A description and one part more.
fn with(part: &str) -> String {
    let description = Ask::call("1001", "1002").body;
    format!("{part}--a part\r\nContent-Type: application/sdp\r\n\r\n{description}\r\n--a part--\r\n")
}

#[test]
fn a_call_that_says_where_it_comes_from_is_put_through() {
    let server = Warden::start(&[("1001", PASSWORD), ("1002", PASSWORD)]);
    let mut caller = RawPhone::new(&server, loopback(2), "1001", PASSWORD);
    let mut phone = RawPhone::new(&server, loopback(3), "1002", PASSWORD);
    caller.register();
    phone.register();
    let body = with(LOCATION);
    caller.send_signed(&Ask { body: &body, body_type: HEAD, ..Ask::call("1001", "1002") });
    phone.take_call();
    let answer = caller.answer();
    assert_eq!((answer.status(), answer.header("Content-Type")), (200, Some("application/sdp")), "{}", answer.0);
    caller.hang_up(&answer);
    phone.call_ended();
}

#[test]
fn a_body_that_is_not_understood_is_refused_with_what_would_be() {
    let server = Warden::start(&[("1001", PASSWORD), ("1002", PASSWORD)]);
    let mut caller = RawPhone::new(&server, loopback(2), "1001", PASSWORD);
    let unknown = with("--a part\r\nContent-Type: text/plain\r\n\r\nhello\r\n");
    let many = with(&LOCATION.repeat(16));
    let long = format!("multipart/mixed;boundary={}", "x".repeat(71));
    for (body, body_type, line) in [
        (unknown.as_str(), HEAD, "415 Unsupported Media Type"),
        (&unknown, "multipart/mixed", "400 Malformed Boundary Of Body Parts"),
        (&unknown, &long, "400 Malformed Boundary Of Body Parts"),
        ("v=0\r\n", HEAD, "400 Malformed Body Part"),
        (&many, HEAD, "400 Too Many Body Parts"),
    ] {
        let answer = caller.ask(&Ask { body, body_type, ..Ask::call("1001", "1002") });
        assert_eq!(answer.status_line(), line);
        let accepted = (line.starts_with("415")).then_some("application/sdp, multipart/mixed, multipart/alternative");
        assert_eq!(answer.header("Accept"), accepted);
    }
}
