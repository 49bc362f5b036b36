//! linphone, another real phone, by its program for terminals. It speaks from one WAV file and records to another.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::thread;

use tempfile::TempDir;

use super::ear::Ear;
use super::process::Process;
use super::tone::Sound;
use super::{Warden, free_port, free_range, poll};

/// A running phone.
pub(crate) struct Linphone {
    extension: String,
    sip_port: u16,
    ear: Ear,
    process: Process,
    /// How much of its output has been waited for.
    seen: usize,
    place: TempDir,
}

impl Linphone {
    /// Starts a phone that is only called directly.
    pub(crate) fn start(extension: &str, tone_hz: u32) -> Self {
        Self::start_with(extension, tone_hz, &G711, "")
    }

    /// The same with these codecs and more in its configuration.
    fn start_with(extension: &str, tone_hz: u32, codecs: &[&str], more: &str) -> Self {
        let place = tempfile::tempdir().unwrap();
        let path = place.path();
        let sip_port = free_port();
        fs::create_dir_all(path.join(".local/share/linphone")).unwrap(); // it complains otherwise
        fs::create_dir(path.join("heard")).unwrap();
        fs::write(path.join("linphonerc"), config(extension, sip_port) + &enabled(codecs) + more).unwrap();
        Sound::tone(tone_hz, 30).write(&path.join("says.wav"));
        let mut command = Command::new("linphonec");
        command.env("HOME", path).env("TMPDIR", path).env("XDG_RUNTIME_DIR", path).current_dir(path).args([
            "-c",
            "linphonerc",
            "-d",
            "5",
            "-l",
            "linphone.log",
        ]);
        let mut process = Process::start_with_input(&mut command, &path.join("linphone.out"));
        process.type_line("soundcard use files");
        process.type_line(&format!("play {}", file(path, "says.wav")));
        process.type_line(&format!("record {}", file(path, "heard/heard.wav")));
        let ear = Ear { folder: path.join("heard"), ending: ".wav" };
        Self { extension: extension.to_owned(), sip_port, ear, process, seen: 0, place }
    }

    /// Starts a phone that registers with `server` over `udp`, `tcp` or `tls`, and waits until it has.
    pub(crate) fn register(transport: &str, server: &Warden, extension: &str, password: &str, tone_hz: u32) -> Self {
        Self::register_speaking(&G711, transport, server, extension, password, tone_hz)
    }

    /// The same for one that knows only these codecs, such as `speex`; all are of 8 kHz.
    pub(crate) fn register_speaking(
        codecs: &[&str],
        transport: &str,
        server: &Warden,
        extension: &str,
        password: &str,
        tone_hz: u32,
    ) -> Self {
        let mut phone = Self::start_with(extension, tone_hz, codecs, "");
        let proxy = format!("sip:127.0.0.1:{};transport={transport}", server.port_for(transport));
        phone.process.type_line(&format!("register sip:{extension}@127.0.0.1 {proxy} {password}"));
        server.registered(extension).expect("linphone registers"); // it does not say so itself
        phone
    }

    /// Where it can be called without a server.
    pub(crate) fn uri(&self) -> String {
        format!("sip:{}@127.0.0.1:{}", self.extension, self.sip_port)
    }

    /// Starts a phone that registers over UDP, publishes its presence and watches the presence of `friend`. It waits for
    /// nothing.
    pub(crate) fn watching(server: &Warden, extension: &str, password: &str, friend: &str) -> Self {
        Self::start_with(extension, 440, &G711, &account(extension, password, server.sip_port(), friend))
    }

    /// Waits until it shows this of its friend: `Online`, `On the phone` or `Offline`.
    pub(crate) fn sees(&mut self, state: &str) -> bool {
        self.says(&format!("> is {state}")).is_some()
    }

    /// Waits until it knows that its presence is published.
    pub(crate) fn has_published(&self) -> bool {
        poll(10, || self.log().contains("LinphonePublishOk").then_some(())).is_some()
    }

    /// Quits it as a person would, so that it takes back what it has published, and unregisters.
    pub(crate) fn quit(&mut self) -> ExitStatus {
        self.process.type_line("quit");
        self.process.wait(20)
    }

    fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.place.path().join("linphone.log")).unwrap_or_default()).into_owned()
    }

    /// Calls a number of its server, or a SIP URI.
    pub(crate) fn dial(&mut self, number: &str) {
        self.process.type_line(&format!("call {number}"));
    }

    pub(crate) fn answer(&mut self) {
        self.process.type_line("answer");
    }

    pub(crate) fn hang_up(&mut self) {
        self.process.type_line("terminate");
    }

    pub(crate) fn hold(&mut self) {
        self.process.type_line("pause");
    }

    /// Waits until its call is on hold.
    pub(crate) fn has_paused(&mut self) -> bool {
        self.says(" is now paused.").is_some()
    }

    pub(crate) fn resume(&mut self) {
        self.process.type_line("resume");
    }

    /// Brings the other parties of two of its calls together; calls count from 1.
    pub(crate) fn transfer_to_call(&mut self, call: u32, other: u32) {
        self.process.type_line(&format!("transfer {call} --to-call {other}"));
    }

    /// Waits until somebody calls it; the caller's URI.
    pub(crate) fn rings(&mut self) -> Option<String> {
        self.says("Receiving new incoming call from ")
    }

    /// Waits until its call is answered and has sound, also again after it was held.
    pub(crate) fn is_in_call(&mut self) -> bool {
        self.says("Media streams established").is_some()
    }

    /// Waits until its call has ended; why.
    pub(crate) fn call_ended(&mut self) -> Option<String> {
        self.says(" ended (")
    }

    /// Waits until it hears this tone and nothing else.
    pub(crate) fn hears_only(&self, tone_hz: u32) -> bool {
        self.ear.hears_only(tone_hz)
    }

    /// Waits until it hears nothing.
    pub(crate) fn hears_silence(&self) -> bool {
        self.ear.hears_silence()
    }

    /// Waits until it says this, after what was waited for before; the rest of that line.
    fn says(&mut self, text: &str) -> Option<String> {
        poll(10, || {
            let output = self.process.output();
            let after = output.get(self.seen..)?;
            let at = after.find(text)? + text.len();
            let (line, _) = after.get(at..)?.split_once('\n')?;
            self.seen += at;
            Some(line.to_owned())
        })
    }
}

impl Drop for Linphone {
    fn drop(&mut self) {
        if thread::panicking() {
            let _shown = writeln!(io::stderr(), "---- linphone.log\n{}", self.log());
        }
    }
}

fn file(place: &Path, name: &str) -> String {
    place.join(name).display().to_string()
}

const G711: [&str; 2] = ["PCMU", "PCMA"];

/// Of 8 kHz all of them: its recordings have no header, so their rate has to be known.
fn enabled(codecs: &[&str]) -> String {
    let known = [
        ("opus", 48_000),
        ("speex", 16_000),
        ("speex", 8000),
        ("PCMU", 8000),
        ("PCMA", 8000),
        ("GSM", 8000),
        ("G722", 8000),
        ("iLBC", 8000),
        ("BV16", 8000),
        ("G726-32", 8000),
        ("AAL2-G726-32", 8000),
    ];
    let entry = |(number, (name, rate_hz)): (usize, (&str, u32))| {
        let enabled = u8::from(rate_hz == 8000 && codecs.contains(&name));
        format!("[audio_codec_{number}]\nmime={name}\nrate={rate_hz}\nenabled={enabled}\n")
    };
    let codecs: String = known.into_iter().enumerate().map(entry).collect();
    format!("[misc]\nadd_missing_audio_codecs=0\n{codecs}")
}

/// Without the mark of a migration, it would turn IPv6 on again.
fn config(extension: &str, sip_port: u16) -> String {
    let [first_rtp, last_rtp] = free_range(20);
    format!(
        "[sip]
ipv6_migration_done=1
use_ipv6=0
bind_address=127.0.0.1
sip_port={sip_port}
sip_tcp_port=-1
sip_tls_port=-1
guess_hostname=0
verify_server_certs=0
verify_server_cn=0
contact=sip:{extension}@127.0.0.1
default_proxy=0
[rtp]
bind_address=127.0.0.1
audio_rtp_port={first_rtp}-{last_rtp}
[sound]
echocancellation=0
[video]
capture=0
display=0
automatically_initiate=0
automatically_accept=0
"
    )
}

fn account(extension: &str, password: &str, server_port: u16, friend: &str) -> String {
    format!(
        "[proxy_0]
reg_proxy=<sip:127.0.0.1:{server_port};transport=udp>
reg_identity=sip:{extension}@127.0.0.1
reg_expires=600
reg_sendregister=1
publish=1
[auth_info_0]
username={extension}
passwd={password}
realm=warden-pbx
domain=127.0.0.1
[friend_0]
url=\"Friend\" <sip:{friend}@127.0.0.1:{server_port}>
pol=accept
subscribe=1
"
    )
}
