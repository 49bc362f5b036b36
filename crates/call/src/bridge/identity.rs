//! Who we say we are, and who calls: Contact and From as each phone shall see them.

use std::net::IpAddr;

use warden_sip::endpoint::Flow;
use warden_sip::header::{HeaderName, Transport};
use warden_sip::print::Print;
use warden_sip::write::Headers;

use crate::directory::Directory;

/// The address of ours that the other end of `flow` can reach.
pub(crate) fn address_for(flow: &Flow, directory: &Directory) -> IpAddr {
    let local = flow.local.ip().to_canonical();
    let external = directory.calls.external_address.filter(|external| external.is_ipv4() == local.is_ipv4());
    external.filter(|_| !directory.local_networks.contains(flow.remote.ip())).unwrap_or(local)
}

/// Adds our Contact.
pub(crate) fn add_contact(headers: &mut Headers, flow: &Flow, directory: &Directory) {
    headers.add_with(HeaderName::Contact, |out| {
        out.extend_from_slice(b"<sip:");
        address_for(flow, directory).print(out);
        out.push(b':');
        u32::from(flow.local.port()).print(out);
        let transport = match flow.transport {
            Transport::Udp => "",
            Transport::Tcp => ";transport=tcp",
            Transport::Tls => ";transport=tls",
            // The encrypted one has no name of its own in a URI (RFC 7118 §5.2.4).
            Transport::Ws | Transport::Wss => ";transport=ws",
        };
        out.extend_from_slice(transport.as_bytes());
        out.push(b'>');
    });
}

/// `"Name" <sip:number@host>`; without a name only the address.
pub(crate) fn name_addr(name: &str, number: &str, host: IpAddr) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + name.len());
    if !name.is_empty() {
        out.push(b'"');
        for byte in name.bytes() {
            if matches!(byte, b'"' | b'\\') {
                out.push(b'\\');
            }
            out.push(if byte.is_ascii_control() { b' ' } else { byte });
        }
        out.extend_from_slice(b"\" ");
    }
    out.extend_from_slice(b"<sip:");
    add_user(number, &mut out);
    out.push(b'@');
    host.print(&mut out);
    out.push(b'>');
    out
}

/// The user part of a URI; an extension may have `#`, which must be escaped there (RFC 3261 §25.1).
pub(super) fn add_user(number: &str, out: &mut Vec<u8>) {
    for byte in number.bytes() {
        if byte == b'#' {
            out.extend_from_slice(b"%23");
        } else {
            out.push(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use super::*;
    use crate::directory::CallSettings;

    const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));

    fn flow(remote: [u8; 4], transport: Transport) -> Flow {
        let (local, remote) = (SocketAddr::new(LOCAL, 5060), SocketAddr::from((remote, 5070)));
        Flow { transport, local, remote, connection: None }
    }

    #[test]
    fn a_phone_beyond_the_nat_is_told_the_external_address() {
        let external = IpAddr::from([198, 51, 100, 1]);
        let calls = CallSettings { external_address: Some(external), ..CallSettings::default() };
        let directory = Directory { calls, ..Directory::default() };
        let address = |remote| address_for(&flow(remote, Transport::Udp), &directory);
        assert_eq!(address([203, 0, 113, 9]), external);
        for inside in [[10, 0, 0, 9], [192, 168, 1, 1], [172, 16, 0, 1], [100, 64, 0, 1], [127, 0, 0, 1]] {
            assert_eq!(address(inside), LOCAL, "{inside:?}");
        }
        assert_eq!(address_for(&flow([203, 0, 113, 9], Transport::Udp), &Directory::default()), LOCAL);
    }

    #[test]
    fn a_contact_names_the_transport_unless_it_is_udp() {
        let contact = |transport| {
            let mut headers = Headers::new();
            add_contact(&mut headers, &flow([10, 0, 0, 2], transport), &Directory::default());
            String::from_utf8(headers.text().to_vec()).expect("text")
        };
        assert_eq!(contact(Transport::Udp), "Contact: <sip:10.0.0.1:5060>\r\n");
        assert_eq!(contact(Transport::Tcp), "Contact: <sip:10.0.0.1:5060;transport=tcp>\r\n");
        assert_eq!(contact(Transport::Ws), contact(Transport::Wss));
        assert_eq!(contact(Transport::Wss), "Contact: <sip:10.0.0.1:5060;transport=ws>\r\n");
    }

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        assert_eq!(name_addr(r#"A "x" \"#, "1001", LOCAL), br#""A \"x\" \\" <sip:1001@10.0.0.1>"#);
        assert_eq!(name_addr("", "*7#", LOCAL), b"<sip:*7%23@10.0.0.1>");
    }
}
