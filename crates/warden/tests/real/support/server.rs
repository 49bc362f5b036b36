//! The built `warden` with a configuration of its own.

use std::fmt::Write;
use std::fs;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Output};

use nix::sys::signal::Signal;
use serde_json::Value;
use tempfile::TempDir;

use super::process::Process;
use super::tone::Sound;
use super::{free_port, free_range, poll};

/// Where it listens.
#[derive(Clone, Copy)]
struct Ports {
    sip: u16,
    sips: u16,
    web: u16,
    rtp: [u16; 2],
}

/// A running server.
pub(crate) struct Warden {
    ports: Ports,
    process: Process, // before its place, so that its log is still there to be shown
    place: TempDir,
}

impl Warden {
    /// Starts it with these extensions, number and password, and waits until it is ready.
    pub(crate) fn start(extensions: &[(&str, &str)]) -> Self {
        Self::start_with(extensions, |text| text)
    }

    /// The same with a configuration file that `edit` has been through.
    pub(crate) fn start_with(extensions: &[(&str, &str)], edit: impl FnOnce(String) -> String) -> Self {
        let server = Self::begin_with(extensions, edit);
        server.wait_until_ready();
        server
    }

    /// The same, without waiting until it is ready.
    pub(crate) fn begin_with(extensions: &[(&str, &str)], edit: impl FnOnce(String) -> String) -> Self {
        let place = tempfile::tempdir().unwrap();
        let ports = Ports { sip: free_port(), sips: free_port(), web: free_port(), rtp: free_range(200) };
        let config = place.path().join("config.yml");
        fs::write(&config, edit(configuration(&place, ports, extensions))).unwrap();
        let process = serve(&place);
        Self { ports, process, place }
    }

    /// Puts a track into a class of music on hold: this tone, for half a minute.
    pub(crate) fn add_music(&self, class: &str, hz: u32) {
        let directory = self.place.path().join("var/moh").join(class);
        fs::create_dir_all(&directory).unwrap();
        Sound::tone(hz, 30).write(&directory.join("tone.wav"));
    }

    /// Kills it as a power failure would.
    pub(crate) fn kill(&mut self) {
        self.process.signal(Signal::SIGKILL);
        self.process.wait(5);
    }

    /// Starts it again in the same place, after it has ended.
    pub(crate) fn restart(&mut self) {
        self.process = serve(&self.place);
        self.wait_until_ready();
    }

    fn wait_until_ready(&self) {
        poll(10, || self.output().contains("warden ready").then_some(())).expect("the server becomes ready");
    }

    pub(crate) fn sip_port(&self) -> u16 {
        self.ports.sip
    }

    /// The first and the last port that it relays sound on.
    pub(crate) fn rtp_ports(&self) -> RangeInclusive<u16> {
        self.ports.rtp[0]..=self.ports.rtp[1]
    }

    /// Where phones connect over `udp`, `tcp` or `tls`.
    pub(crate) fn port_for(&self, transport: &str) -> u16 {
        if transport == "tls" { self.ports.sips } else { self.ports.sip }
    }

    pub(crate) fn web_port(&self) -> u16 {
        self.ports.web
    }

    /// Whether the web port speaks HTTPS.
    pub(crate) fn is_web_encrypted(&self) -> bool {
        !fs::read_to_string(self.config()).unwrap().contains("tls: off")
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.place.path().join("config.yml")
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.place.path().join("var")
    }

    /// What it has said so far, its log included.
    pub(crate) fn output(&self) -> String {
        self.process.output()
    }

    /// Writes another configuration file with these extensions.
    pub(crate) fn write(&self, extensions: &[(&str, &str)]) {
        self.write_text(&configuration(&self.place, self.ports, extensions));
    }

    /// Writes another configuration file.
    pub(crate) fn write_text(&self, text: &str) {
        fs::write(self.config(), text).unwrap();
    }

    /// Makes it read its configuration file again.
    pub(crate) fn reload(&self) {
        self.process.signal(Signal::SIGHUP);
    }

    /// Runs another command with the same configuration.
    pub(crate) fn command(&self, arguments: &[&str]) -> Output {
        let (name, rest) = arguments.split_first().unwrap();
        warden(name).arg("--config").arg(self.config()).args(rest).output().unwrap()
    }

    /// What `warden registrations --json` says.
    pub(crate) fn registrations(&self) -> Vec<Value> {
        let output = self.command(&["registrations", "--json"]);
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What `warden trunks --json` says.
    pub(crate) fn trunks(&self) -> Vec<Value> {
        let output = self.command(&["trunks", "--json"]);
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The certificate that it has made for itself.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.place.path().join("var/certs/warden.pem")
    }

    /// What `warden calls --json` says.
    pub(crate) fn calls(&self) -> Vec<Value> {
        let output = self.command(&["calls", "--json"]);
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What `warden cdr --json` says.
    pub(crate) fn records(&self) -> Vec<Value> {
        let output = self.command(&["cdr", "--json"]);
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The first registration of `extension`, as soon as there is one.
    pub(crate) fn registered(&self, extension: &str) -> Option<Value> {
        poll(10, || self.registrations().into_iter().find(|one| one["extension"] == extension))
    }

    /// Tells it to stop, and waits for that.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::SIGTERM);
        self.ended()
    }

    pub(crate) fn pid(&self) -> i32 {
        self.process.pid()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Waits until it has ended.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        self.ended_within(5)
    }

    /// The same for one that has a reason to take longer.
    pub(crate) fn ended_within(&mut self, seconds: u64) -> ExitStatus {
        self.process.wait(seconds)
    }
}

fn warden(command: &str) -> Command {
    let mut warden = Command::new(env!("CARGO_BIN_EXE_warden"));
    warden.arg(command);
    warden
}

fn serve(place: &TempDir) -> Process {
    let config = place.path().join("config.yml");
    Process::start(warden("serve").arg("--config").arg(config), &place.path().join("warden.log"))
}

fn configuration(place: &TempDir, ports: Ports, extensions: &[(&str, &str)]) -> String {
    let data_dir = place.path().join("var");
    let Ports { sip, sips, web, rtp } = ports;
    let mut text = format!(
        "server:\n  host: 127.0.0.1\n  sip_port: {sip}\n  sips_port: {sips}\n  rtp_port_range: {rtp:?}\n  data_dir: '{}'\nweb:\n  host: '127.0.0.1'\n  port: {web}\n  tls: off\n\
         logging:\n  level: DEBUG\nextensions:\n",
        data_dir.display()
    );
    for (number, password) in extensions {
        writeln!(text, "  - {{ number: '{number}', name: 'Phone {number}', password: '{password}' }}").unwrap();
    }
    text
}
