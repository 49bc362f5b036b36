//! Any bytes as a URI: what is accepted prints and parses again as the same, and is equivalent to itself.

use warden_sip::print::Print;
use warden_sip::uri::{HostPort, OwnedUri, Uri, print_escaped_user, unescape};

/// Runs the target.
pub(crate) fn run(data: &[u8]) {
    if let Ok(uri) = Uri::parse(data) {
        let printed = uri.printed();
        let again = Uri::parse(&printed).expect("printed");
        assert_eq!(again, uri);
        assert!(again.is_equivalent(&uri));
        assert!(printed.iter().all(|b| !matches!(b, b'\r' | b'\n' | b'<' | b'>')));
        assert_eq!(OwnedUri::parse(data).expect("parsed").view(), uri);
        if let Some(user) = uri.dialled() {
            let mut escaped = Vec::new();
            print_escaped_user(&user, &mut escaped);
            assert_eq!(*unescape(&escaped), user[..]);
        }
    }
    if let Ok(host) = HostPort::parse(data) {
        assert_eq!(HostPort::parse(&host.printed()), Ok(host));
    }
}
