//! The engine that tests talk to.

use std::time::Instant;

use warden_sip::endpoint::{Endpoint, Settings};
use warden_sip::method::Method;
use warden_sip::random::Random;
use warden_sip::transaction::Timers;
use warden_sip::uas::Capabilities;

/// One that understands these, and the time at which it begins.
#[expect(clippy::disallowed_methods, reason = "simulated time has to start somewhere")]
pub(crate) fn engine(methods: &'static [Method], options: &'static [&'static str]) -> (Endpoint, Instant) {
    let capabilities = Capabilities { methods, options };
    let settings = Settings { timers: Timers::RFC3261, capabilities, max_server_transactions: 100 };
    let now = Instant::now();
    (Endpoint::new(settings, Random::from_seed([1; 32]), now), now)
}
