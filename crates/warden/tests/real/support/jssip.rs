//! `JsSIP`, the phone of browsers, in Node: it signs in over a WebSocket and refuses calls.

use std::path::Path;
use std::process::Command;

use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::process::Process;
use super::{Warden, poll};

/// What is in this repository, and where `scripts/need.sh` has put the rest.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/jssip/phone.js");
const MODULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/tools/jssip/node_modules");

/// A running phone.
pub(crate) struct JsSip {
    process: Process,
    /// How many lines have been waited for.
    seen: usize,
    _place: TempDir,
}

impl JsSip {
    /// Starts a phone that connects to the web port of `server`, by `wss` with the certificate of the server's own making
    /// when it is encrypted, by `ws` otherwise; and waits until it has.
    pub(crate) fn start(server: &Warden, extension: &str, password: &str) -> Self {
        assert!(Path::new(MODULES).is_dir(), "JsSIP is not there; see scripts/need.sh test");
        let place = tempfile::tempdir().unwrap();
        let trust = server.config().with_file_name("var/certs/warden.pem");
        let scheme = if server.is_web_encrypted() { "wss" } else { "ws" };
        let url = format!("{scheme}://localhost:{}/sip-ws", server.web_port());
        let mut node = Command::new("node");
        node.env("NODE_PATH", MODULES).env("NODE_EXTRA_CA_CERTS", trust).args([SCRIPT, &url, extension, password]);
        let process = Process::start_with_input(&mut node, &place.path().join("jssip.log"));
        let mut phone = Self { process, seen: 0, _place: place };
        phone.expect("connected");
        phone
    }

    /// The same, registered.
    pub(crate) fn register(server: &Warden, extension: &str, password: &str) -> Self {
        let mut phone = Self::start(server, extension, password);
        phone.order("register");
        phone.expect("registered");
        phone
    }

    /// `register`, `unregister` or `refuse`.
    pub(crate) fn order(&mut self, order: &str) {
        self.process.type_line(order);
    }

    /// Waits until it tells this. It and what came before it are forgotten then.
    pub(crate) fn expect(&mut self, line: &str) {
        let told = poll(10, || self.process.output().lines().skip(self.seen).position(|told| told == line));
        self.seen += 1 + told.unwrap_or_else(|| panic!("it does not say {line:?}"));
    }

    /// Ends it, or puts it to sleep, without a word to anybody.
    pub(crate) fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }
}
