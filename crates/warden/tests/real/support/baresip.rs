//! baresip, a real phone without a screen. It says a tone of its own, and what it hears is recorded.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use jiff::Timestamp;
use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::control::Control;
use super::ear::Ear;
use super::process::Process;
use super::tone::Sound;
use super::{Warden, free_port, free_range, poll};

/// Where Debian has its modules.
const MODULES: &str = "/usr/lib/baresip/modules";

/// How a phone is set up.
pub(crate) struct Options<'a> {
    pub(crate) extension: &'a str,
    pub(crate) password: &'a str,
    /// The SIP port that it registers at; `None` for a phone that is only called directly.
    pub(crate) registrar: Option<u16>,
    /// `udp` or `tcp`.
    pub(crate) transport: &'a str,
    /// The tone that it says.
    pub(crate) tone_hz: u32,
    pub(crate) auto_answer: bool,
    /// What it offers, the best first: `PCMU/8000/1,PCMA/8000/1`, also `G722/16000/1` and `opus/48000/2`.
    pub(crate) codecs: &'a str,
    /// More calls than this at a time are answered with 486.
    pub(crate) max_calls: u32,
    /// The address that it has, and that its server has: `127.0.0.1` or `::1`.
    pub(crate) host: &'a str,
    /// It keeps the way to its server open, and says which phone it is (RFC 5626).
    pub(crate) outbound: bool,
    /// An extension whose presence it watches.
    pub(crate) watches: Option<&'a str>,
    /// How its sound is encrypted, such as `srtp-mand`.
    pub(crate) encryption: Option<&'a str>,
}

impl<'a> Options<'a> {
    /// A phone that nobody has registered.
    pub(crate) fn direct(extension: &'a str, tone_hz: u32) -> Self {
        Self {
            extension,
            password: "",
            registrar: None,
            transport: "udp",
            tone_hz,
            auto_answer: false,
            codecs: "PCMU/8000/1,PCMA/8000/1",
            max_calls: 4,
            host: "127.0.0.1",
            outbound: false,
            watches: None,
            encryption: None,
        }
    }

    /// A phone that registers with `server`.
    pub(crate) fn registered(server: &Warden, extension: &'a str, password: &'a str, tone_hz: u32) -> Self {
        Self { password, registrar: Some(server.sip_port()), ..Self::direct(extension, tone_hz) }
    }

    /// The same over `udp`, `tcp` or `tls`.
    pub(crate) fn over(self, transport: &'a str, server: &Warden) -> Self {
        Self { transport, registrar: Some(server.port_for(transport)), ..self }
    }
}

/// A running phone.
pub(crate) struct Baresip {
    extension: String,
    sip_port: u16,
    control: Control,
    heard: String,
    ear: Ear,
    process: Process,
    _place: TempDir,
}

impl Baresip {
    /// Starts a phone that registers with `server` as `extension` over UDP.
    pub(crate) fn start(server: &Warden, extension: &str, password: &str) -> Self {
        Self::start_with(&Options::registered(server, extension, password, 440))
    }

    /// Starts a phone that registers over `udp` or `tcp`.
    pub(crate) fn start_over(transport: &str, server: &Warden, extension: &str, password: &str) -> Self {
        Self::start_with(&Options::registered(server, extension, password, 440).over(transport, server))
    }

    /// Starts a phone.
    pub(crate) fn start_with(options: &Options) -> Self {
        let place = tempfile::tempdir().unwrap();
        let (sip_port, control_port) = (free_port(), free_port());
        Sound::tone(options.tone_hz, 30).write(&place.path().join("says.wav"));
        fs::write(place.path().join("config"), config(options, place.path(), sip_port, control_port)).unwrap();
        fs::write(place.path().join("accounts"), account(options, sip_port)).unwrap();
        fs::write(place.path().join("contacts"), contacts(options)).unwrap();
        prevent_recordings_of_own_voice(place.path());
        let mut command = Command::new("baresip");
        command.env("TZ", "UTC").arg("-s").arg("-f").arg(place.path());
        let process = Process::start(&mut command, &place.path().join("baresip.log"));
        let control = Control::connect(control_port);
        let ear = Ear { folder: place.path().to_owned(), ending: "-dec.wav" };
        Self {
            extension: options.extension.to_owned(),
            sip_port,
            control,
            heard: String::new(),
            ear,
            process,
            _place: place,
        }
    }

    /// The port that it is called at.
    pub(crate) fn sip_port(&self) -> u16 {
        self.sip_port
    }

    /// Where it can be called without a server.
    pub(crate) fn uri(&self) -> String {
        format!("sip:{}@127.0.0.1:{}", self.extension, self.sip_port)
    }

    /// What it has said so far, every SIP message included.
    pub(crate) fn output(&self) -> String {
        self.process.output()
    }

    /// Calls a number of its server, or a SIP URI.
    pub(crate) fn dial(&mut self, number: &str) {
        self.control.command("dial", number);
    }

    pub(crate) fn answer(&mut self) {
        self.control.command("accept", "");
    }

    /// Ends the call; refuses it with 486 while it rings, cancels it while it rings elsewhere.
    pub(crate) fn hang_up(&mut self) {
        self.control.command("hangup", "");
    }

    pub(crate) fn hold(&mut self) {
        self.control.command("hold", "");
    }

    pub(crate) fn resume(&mut self) {
        self.control.command("resume", "");
    }

    /// Presses a key for a moment.
    pub(crate) fn press(&mut self, key: char) {
        self.control.command("sndcode", &key.to_string());
        std::thread::sleep(Duration::from_millis(200));
        self.control.command("sndcode", "");
        std::thread::sleep(Duration::from_millis(200));
    }

    /// The digits that it has heard so far.
    pub(crate) fn digits(&mut self) -> String {
        self.heard.extend(self.control.all("CALL_DTMF_START").iter().filter_map(|event| event["param"].as_str()));
        self.heard.clone()
    }

    /// Waits until it has heard these digits.
    pub(crate) fn hears_digits(&mut self, digits: &str) -> bool {
        poll(10, || (self.digits() == digits).then_some(())).is_some()
    }

    /// Transfers the other party to a URI.
    pub(crate) fn transfer(&mut self, uri: &str) {
        self.control.command("transfer", uri);
    }

    /// Waits until it is told that a transfer has come to nothing.
    pub(crate) fn transfer_failed(&mut self) -> bool {
        self.control.wait_for("TRANSFER_FAILED").is_some()
    }

    /// Waits until somebody calls it; the caller's URI.
    pub(crate) fn rings(&mut self) -> Option<String> {
        let call = self.control.wait_for("CALL_INCOMING")?;
        call["peeruri"].as_str().map(str::to_owned)
    }

    /// Waits until it is told that the other phone rings.
    pub(crate) fn hears_ringing(&mut self) -> bool {
        self.control.wait_for("CALL_RINGING").is_some()
    }

    /// Waits until its call is answered.
    pub(crate) fn is_in_call(&mut self) -> bool {
        self.control.wait_for("CALL_ESTABLISHED").is_some()
    }

    /// Waits until its call has ended; why, such as `404 Not Found`.
    pub(crate) fn call_ended(&mut self) -> Option<String> {
        let call = self.control.wait_for("CALL_CLOSED")?;
        call["param"].as_str().map(str::to_owned)
    }

    /// The port that the first sound of its latest call came from.
    pub(crate) fn hears_from(&self) -> Option<u16> {
        poll(5, || {
            let output = self.output();
            let (_, rest) = output.rsplit_once("established, receiving from 127.0.0.1:")?;
            rest.lines().next()?.trim().parse().ok()
        })
    }

    /// Waits until it hears this tone and nothing else.
    pub(crate) fn hears_only(&self, tone_hz: u32) -> bool {
        self.ear.hears_only(tone_hz)
    }

    /// Waits until it hears nothing.
    pub(crate) fn hears_silence(&self) -> bool {
        self.ear.hears_silence()
    }

    /// Quits it as a person would, so that it unregisters.
    pub(crate) fn quit(&mut self) -> ExitStatus {
        self.process.signal(Signal::SIGTERM);
        self.process.wait(10)
    }
}

/// baresip 1.0 opens one recording of what it says and one of what it hears, both named after the time. On hold it
/// closes the second, and opens another only if the first is not there. So folders stand where the first would be, for
/// longer than a test lasts.
fn prevent_recordings_of_own_voice(place: &Path) {
    let now = Timestamp::now();
    for second in 0..120 {
        let time = (now + Duration::from_secs(second)).strftime("%Y-%m-%d-%H-%M-%S");
        fs::create_dir(place.join(format!("dump-{time}-enc.wav"))).unwrap();
    }
}

/// `module_tmp` is for modules that are needed while it starts.
fn config(options: &Options, place: &Path, sip_port: u16, control_port: u16) -> String {
    let [first_rtp, last_rtp] = free_range(20);
    let Options { max_calls, host, watches, .. } = options;
    let family = if host.contains(':') { "ipv6" } else { "ipv4" };
    let listen = in_uri(host);
    let watching = if watches.is_some() { "module_app contact.so\nmodule_app presence.so\n" } else { "" };
    let place = place.display();
    format!(
        "poll_method epoll
net_interface {host}
net_af {family}
sip_listen {listen}:{sip_port}
ctrl_tcp_listen 127.0.0.1:{control_port}
rtp_ports {first_rtp}-{last_rtp}
call_max_calls {max_calls}
audio_source aufile,{place}/says.wav
ausrc_srate 8000
ausrc_channels 1
snd_path {place}
module_path {MODULES}
module opus.so
module g722.so
module g726.so
module g711.so
module aufile.so
module sndfile.so
module srtp.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
{watching}"
    )
}

fn contacts(options: &Options) -> String {
    let port = options.registrar.unwrap_or_default();
    options.watches.map(|number| format!("<sip:{number}@127.0.0.1:{port}>;presence=p2p\n")).unwrap_or_default()
}

fn account(options: &Options, sip_port: u16) -> String {
    let Options { extension, password, registrar, transport, codecs, .. } = options;
    let answer_mode = if options.auto_answer { "auto" } else { "manual" };
    let registration = if registrar.is_some() { 60 } else { 0 };
    let server = format!("{}:{};transport={transport}", in_uri(options.host), registrar.unwrap_or(sip_port));
    let outbound = if options.outbound { format!(";sipnat=outbound;outbound=\"sip:{server}\"") } else { String::new() };
    let encryption = options.encryption.map(|it| format!(";mediaenc={it}")).unwrap_or_default();
    format!(
        "<sip:{extension}@{server}>;auth_user={extension};auth_pass={password};\
         regint={registration};answermode={answer_mode};audio_codecs={codecs}{outbound}{encryption}\n"
    )
}

/// An address with the brackets that IPv6 needs before a port.
fn in_uri(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}
