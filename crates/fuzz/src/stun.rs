//! Any datagram as a STUN request: what is answered gets a sound response that is no request itself, and no more than
//! 24 bytes longer than what came.

use std::net::SocketAddr;

use warden_sip::stun::BindingRequest;

/// Runs the target.
pub(crate) fn run(data: &[u8]) {
    let Some(request) = BindingRequest::parse(data) else { return };
    for source in [SocketAddr::from(([192, 0, 2, 1], 5060)), SocketAddr::from(([0x2001; 8], 5060))] {
        let answer = request.answer(source);
        assert_eq!(answer.len(), if source.is_ipv4() { 32 } else { 44 });
        assert!(answer.len() <= data.len() + 24);
        assert_eq!(usize::from(u16::from_be_bytes([answer[2], answer[3]])), answer.len() - 20);
        assert_eq!(answer[4..20], data[4..20]);
        assert_eq!(BindingRequest::parse(&answer), None);
    }
}
