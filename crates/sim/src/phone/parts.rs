//! A phone that says where it is with each session description: the body is in parts (RFC 6442).

use bytes::Bytes;
use warden_sip::message::Message;

const ALONE: &str = "Content-Type: application/sdp\r\n";
const IN_PARTS: &str = "Content-Type: multipart/mixed;boundary=\"a part\"\r\n";
const LOCATION: &str =
    "--a part\r\nContent-Type: application/pidf+xml\r\nContent-ID: <here@phone>\r\n\r\n<presence/>\r\n";

/// The same message with a body of two parts, if it describes a session.
pub(super) fn with_location(bytes: Bytes) -> Bytes {
    let Ok(text) = std::str::from_utf8(&bytes) else { return bytes };
    let (Ok(message), true) = (Message::parse(bytes.clone()), text.contains(ALONE)) else { return bytes };
    let description = String::from_utf8_lossy(message.body());
    let body = format!("{LOCATION}--a part\r\n{ALONE}\r\n{description}\r\n--a part--\r\n");
    let length = |length: usize| format!("Content-Length: {length}\r\n");
    let head = text.split_once("\r\n\r\n").map_or(text, |(head, _)| head).to_owned() + "\r\n";
    let head = head.replace(ALONE, IN_PARTS).replace(&length(description.len()), &length(body.len()));
    Bytes::from(format!("{head}\r\n{body}"))
}
