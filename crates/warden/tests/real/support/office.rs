//! What most calls begin with: a server, phones that are registered with it, and two of them connected.

use super::{Baresip, Options, Warden};

/// The password of every extension of [`server`].
pub(crate) const PASSWORD: &str = "blue-kettle";

const EXTENSIONS: [(&str, &str); 4] = [("1001", PASSWORD), ("1002", PASSWORD), ("1003", PASSWORD), ("1004", PASSWORD)];

/// A server with extensions from 1001 to 1004.
pub(crate) fn server() -> Warden {
    Warden::start(&EXTENSIONS)
}

/// The same, but the phones of one extension need no password: then scenarios show only what they are about.
pub(crate) fn server_trusting(number: &str) -> Warden {
    Warden::start_with(&EXTENSIONS, |text| {
        let entry = format!("number: '{number}'");
        text.replace(&entry, &format!("{entry}, authentication: none, address: 127.0.0.1"))
    })
}

/// A phone that is registered.
pub(crate) fn phone(server: &Warden, extension: &str, tone_hz: u32) -> Baresip {
    phone_with(server, &Options::registered(server, extension, PASSWORD, tone_hz))
}

/// A phone of another kind that is registered.
pub(crate) fn phone_with(server: &Warden, options: &Options) -> Baresip {
    let phone = Baresip::start_with(options);
    server.registered(options.extension).expect("the phone registers");
    phone
}

/// One calls the other, who answers.
pub(crate) fn connect(alice: &mut Baresip, bob: &mut Baresip, number: &str) {
    alice.dial(number);
    bob.rings().expect("it rings");
    assert!(alice.hears_ringing());
    bob.answer();
    assert!(alice.is_in_call() && bob.is_in_call());
}
