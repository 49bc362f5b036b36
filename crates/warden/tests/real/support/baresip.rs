//! baresip, a real phone without a screen.

use std::fs;
use std::process::{Command, ExitStatus};

use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::process::Process;
use super::{Warden, free_port};

/// Where Debian has its modules.
const MODULES: &str = "/usr/lib/baresip/modules";

/// A running phone.
pub(crate) struct Baresip {
    sip_port: u16,
    process: Process,
    _place: TempDir,
}

impl Baresip {
    /// Starts a phone that registers with `server` as `extension` over UDP.
    pub(crate) fn start(server: &Warden, extension: &str, password: &str) -> Self {
        Self::start_over("udp", server, extension, password)
    }

    /// Starts a phone that registers over `udp` or `tcp`.
    pub(crate) fn start_over(transport: &str, server: &Warden, extension: &str, password: &str) -> Self {
        let place = tempfile::tempdir().unwrap();
        let sip_port = free_port();
        let config = format!(
            "poll_method epoll\nsip_listen 127.0.0.1:{sip_port}\nnet_af ipv4\nmodule_path {MODULES}\n\
             module g711.so\nmodule_tmp uuid.so\nmodule_tmp account.so\nmodule_app menu.so\n"
        );
        let account = format!(
            "<sip:{extension}@127.0.0.1:{};transport={transport}>;auth_user={extension};auth_pass={password};regint=60\n",
            server.sip_port()
        );
        fs::write(place.path().join("config"), config).unwrap();
        fs::write(place.path().join("accounts"), account).unwrap();
        fs::write(place.path().join("contacts"), "").unwrap();
        let mut command = Command::new("baresip");
        command.arg("-s").arg("-f").arg(place.path());
        let process = Process::start(&mut command, &place.path().join("baresip.log"));
        Self { sip_port, process, _place: place }
    }

    /// The port that it is called at.
    pub(crate) fn sip_port(&self) -> u16 {
        self.sip_port
    }

    /// What it has said so far, every SIP message included.
    pub(crate) fn output(&self) -> String {
        self.process.output()
    }

    /// Quits it as a person would, so that it unregisters.
    pub(crate) fn quit(&mut self) -> ExitStatus {
        self.process.signal(Signal::SIGTERM);
        self.process.wait(10)
    }
}
