//! What a relayed packet costs: CPU time of a media thread, and of a bare forwarder that only waits, receives and sends,
//! with the same phones at the same pace and the same priority. Then what a call costs whose sound is converted, one that
//! is recorded, and one that is on hold and hears music.
//!
//! `cargo bench -p warden-server --bench relay -- 200 5` is 200 calls for 5 s each; these are also the defaults. A quarter
//! of them is converted. CPU time comes from `/proc`, so that the phones, which are here too, do not count.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a program for people, on a machine of theirs"
)]

use std::collections::VecDeque;
use std::fs;
use std::future::poll_fn;
use std::mem::MaybeUninit;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{Timespec, epoll};
use rustix::process::setpriority_process;
use tokio::runtime;
use warden_call::call_event::CallId;
use warden_call::directory::Extension;
use warden_call::media::{LegOpening, MediaCommand, MediaEvent, PortPair, RecordedParty, RecordingOrder};
use warden_codec::g711::Law;
use warden_codec::{Codec, Encoder, opus};
use warden_media::relay::{LegSetup, Payload, Program, Remote, Routes, Side};
use warden_media::rtp::{Fields, HEADER_LEN};
use warden_media::station::{Class, SAMPLE_RATE_HZ};
use warden_media::voice::Voice;
use warden_server::media::{MediaSettings, MediaThreads};
use warden_server::music::{Music, MusicSource};
use warden_server::recording::RecordingSettings;

const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PCMU: Codec = Codec::G711(Law::Pcmu);
const PACKET_TIME: Duration = Duration::from_millis(20);
/// Each side is measured so often, in turn.
const ROUNDS: usize = 3;

fn main() {
    let numbers: Vec<u64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let calls = usize::try_from(numbers.first().copied().unwrap_or(200)).unwrap();
    let lasting = Duration::from_secs(numbers.get(1).copied().unwrap_or(5));
    println!("{calls} calls for {lasting:?}, both ways, 20 ms of PCMU a packet; CPU time of the forwarding thread");
    for _ in 0..ROUNDS {
        let bare = measure_bare(calls, lasting);
        println!("bare forwarder {bare}");
        let relay = measure_relay(calls, lasting, [PCMU, PCMU]);
        println!("media thread   {relay}, {:.2} times the bare one", relay.per_packet_us() / bare.per_packet_us());
    }
    for (name, codec) in [("G.722", Codec::G722), ("Opus", Codec::Opus(opus::Parameters::default()))] {
        let cost = measure_relay(calls.div_ceil(4), lasting, [PCMU, codec]);
        let per_call = cost.memory_bytes / calls.div_ceil(4) / 1000;
        println!("PCMU and {name}: {cost}, {:.2} ms a call-second, {per_call} KB a call", cost.per_packet_us() / 10.0);
    }
    for (name, codec) in [("PCMU", PCMU), ("G.722", Codec::G722)] {
        println!("recorded, {name}: {}", recorded(calls.div_ceil(2), lasting, codec));
    }
    for (name, codec) in [("PCMU", PCMU), ("G.722", Codec::G722), ("Opus", Codec::Opus(opus::Parameters::default()))] {
        println!("{calls} on hold with music in {name}: {}", held(calls, lasting, codec));
    }
}

/// What recorded calls cost: the media thread, and the thread that writes.
fn recorded(calls: usize, lasting: Duration, codec: Codec) -> String {
    let place = tempfile::tempdir().unwrap();
    let measure = |is_recorded| {
        let (mut threads, mut free) = threads(calls, None);
        threads.record_to(RecordingSettings { directory: place.path().to_owned() }).unwrap();
        let sound = Arc::new(Sound::of(codec));
        let mut phones = Vec::new();
        for number in 0..calls {
            let call = CallId(number as u64);
            let legs = [(); 2].map(|()| open_leg(free.pop_front().unwrap(), &sound, &sound, &mut phones));
            threads.carry_out(MediaCommand::Open { call, legs: Box::new(legs) });
            if is_recorded {
                let extension = Extension::parse(b"1001").unwrap();
                let party = RecordedParty { extension, name: String::new() };
                let order = RecordingOrder::Start { parties: Box::new([party.clone(), party]), dialled: String::new() };
                threads.carry_out(MediaCommand::Record { call, order });
            }
        }
        let before = cpu_time("recordings");
        let cost = run("media 0", phones, lasting);
        let written = cpu_time("recordings").saturating_sub(before);
        #[expect(clippy::cast_precision_loss, reason = "a ratio")]
        let per_call = |cpu: Duration| cpu.as_secs_f64() * 1000.0 / calls as f64 / lasting.as_secs_f64();
        (per_call(cost.cpu), per_call(written), cost.memory_bytes / calls / 1000)
    };
    let (plain, ..) = measure(false);
    let (media, writer, memory) = measure(true);
    format!(
        "{media:.2} ms a call-second beside {plain:.2} without, the thread that writes {writer:.3} ms; {memory} KB a call"
    )
}

/// What held calls cost that all hear one class of music: the media thread, and the thread that decodes.
fn held(calls: usize, lasting: Duration, codec: Codec) -> String {
    let (mut threads, mut free) = threads(calls, Some(Box::new(Melodies)));
    let sound = Arc::new(Sound::of(codec));
    let mut phones = Vec::new();
    for number in 0..calls {
        let (call, program) = (CallId(number as u64), Program::Music(Class::new("default")));
        let legs = [(); 2].map(|()| open_leg(free.pop_front().unwrap(), &sound, &sound, &mut phones));
        threads.carry_out(MediaCommand::Open { call, legs: Box::new(legs) });
        threads.carry_out(MediaCommand::Play { call, side: Side::B, program });
    }
    let names = ["media 0", "music"];
    let (start, before, mut heard) = (Instant::now(), names.map(cpu_time), 0);
    while start.elapsed() < lasting {
        heard += phones.iter().map(Phone::hear).sum::<u64>();
        thread::sleep(PACKET_TIME / 2);
    }
    let cpu_ms = |(name, before)| cpu_time(name).saturating_sub(before).as_secs_f64() * 1000.0;
    let [media, music] = [0, 1].map(|index: usize| cpu_ms((names[index], before[index])));
    #[expect(clippy::cast_precision_loss, reason = "a ratio")]
    let (per_call, per_packet) = (media / calls as f64 / lasting.as_secs_f64(), 1000.0 * media / heard as f64);
    format!(
        "{per_call:.3} ms a call-second, {per_packet:.2} µs a packet of {heard}; the music thread {:.2} ms a second",
        music / lasting.as_secs_f64()
    )
}

/// Every class is the melody of the phones.
#[derive(Debug)]
struct Melodies;

struct Melody(u32);

impl MusicSource for Melodies {
    fn begin(&mut self, _: &Class) -> Box<dyn Music> {
        Box::new(Melody(0))
    }
}

impl Music for Melody {
    fn read(&mut self, samples: &mut [i16]) -> usize {
        for sample in &mut *samples {
            (*sample, self.0) = (melody(f64::from(self.0) / f64::from(SAMPLE_RATE_HZ)), self.0 + 1);
        }
        samples.len()
    }
}

/// What one run has cost.
struct Cost {
    cpu: Duration,
    sent: u64,
    heard: u64,
    /// By how much memory has grown meanwhile.
    memory_bytes: usize,
}

impl Cost {
    #[expect(clippy::cast_precision_loss, reason = "a ratio")]
    fn per_packet_us(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.heard as f64
    }
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2} µs a packet, {} came of {} sent", self.per_packet_us(), self.heard, self.sent)
    }
}

/// The phones of each call speak these.
fn measure_relay(calls: usize, lasting: Duration, codecs: [Codec; 2]) -> Cost {
    let (mut threads, mut free) = threads(calls, None);
    let [a, b] = codecs.map(|codec| Arc::new(Sound::of(codec)));
    let mut phones = Vec::new();
    for number in 0..calls {
        let sounds = [(&a, &b), (&b, &a)];
        let legs = sounds.map(|(own, other)| open_leg(free.pop_front().unwrap(), own, other, &mut phones));
        threads.carry_out(MediaCommand::Open { call: CallId(number as u64), legs: Box::new(legs) });
    }
    run("media 0", phones, lasting)
}

/// One media thread, with the ports of so many calls.
fn threads(calls: usize, music: Option<Box<dyn MusicSource>>) -> (MediaThreads, VecDeque<PortPair>) {
    let settings = MediaSettings { addresses: vec![HOST], rtp_ports: 20_000..=59_999, threads: NonZeroUsize::new(1) };
    let mut threads = MediaThreads::start(&settings, music).unwrap();
    threads.carry_out(MediaCommand::Bind { address: HOST, count: 2 * calls });
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    let mut free = VecDeque::new();
    while free.len() < 2 * calls {
        if let MediaEvent::Ports(ports) = runtime.block_on(poll_fn(|context| threads.poll_event(context))) {
            free.extend(ports);
        }
    }
    (threads, free)
}

fn open_leg(ports: PortPair, own: &Arc<Sound>, other: &Sound, phones: &mut Vec<Phone>) -> LegOpening {
    let phone = Phone::new(SocketAddr::new(ports.address, ports.rtp), own);
    let rtp = phone.socket.local_addr().unwrap();
    let routes = Routes::between(&[own.payload()], &[other.payload()]);
    let voice = Some(Voice::new(own.codec, own.payload().payload_type));
    let remote = Some(Remote { rtp, rtcp: rtp });
    let setup = LegSetup { remote, routes, voice, answered: true, ..LegSetup::default() };
    phones.push(phone);
    LegOpening { ports, setup }
}

fn measure_bare(calls: usize, lasting: Duration) -> Cost {
    let ours: Vec<UdpSocket> = (0..2 * calls).map(|_| UdpSocket::bind((HOST, 0)).unwrap()).collect();
    let sound = Arc::new(Sound::of(PCMU));
    let phones: Vec<Phone> = ours.iter().map(|socket| Phone::new(socket.local_addr().unwrap(), &sound)).collect();
    let peers: Vec<SocketAddr> = phones.iter().map(|phone| phone.socket.local_addr().unwrap()).collect();
    let is_over = Arc::new(AtomicBool::new(false));
    let forwarder = {
        let is_over = Arc::clone(&is_over);
        thread::Builder::new().name("bare".to_owned()).spawn(move || forward(&ours, &peers, &is_over)).unwrap()
    };
    let cost = run("bare", phones, lasting);
    is_over.store(true, Ordering::Relaxed);
    forwarder.join().unwrap();
    cost
}

/// The least that a forwarder can do: what comes to one socket of a pair leaves from the other one.
fn forward(ours: &[UdpSocket], peers: &[SocketAddr], is_over: &AtomicBool) {
    // As the media threads do it: who wakes earlier finds fewer packets at once.
    let _permitted = setpriority_process(None, -10);
    let set = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    for (token, socket) in (0..).zip(ours) {
        socket.set_nonblocking(true).unwrap();
        epoll::add(&set, socket.as_fd(), epoll::EventData::new_u64(token), epoll::EventFlags::IN).unwrap();
    }
    let mut packet = [0; 2048];
    let timeout = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
    while !is_over.load(Ordering::Relaxed) {
        let mut space = [MaybeUninit::uninit(); 256];
        let (events, _) = epoll::wait(&set, &mut space, Some(&timeout)).unwrap();
        for event in events {
            let from = usize::try_from(event.data.u64()).unwrap();
            let (Some(socket), Some(other), Some(peer)) = (ours.get(from), ours.get(from ^ 1), peers.get(from ^ 1))
            else {
                continue;
            };
            if let Ok((length, _)) = socket.recv_from(&mut packet) {
                let _sent = other.send_to(packet.get(..length).unwrap_or_default(), peer);
            }
        }
    }
}

/// Two seconds of a melody in the packets of a codec.
struct Sound {
    codec: Codec,
    packets: Vec<Vec<u8>>,
}

impl Sound {
    fn of(codec: Codec) -> Self {
        let rate_hz = codec.sample_rate_hz(None);
        let mut encoder = Encoder::new(codec, rate_hz).unwrap();
        let samples: Vec<i16> = (0..2 * rate_hz).map(|n| melody(f64::from(n) / f64::from(rate_hz))).collect();
        let frame = usize::try_from(rate_hz / 50).unwrap();
        let mut room = [0; 1500];
        let mut encode = |frame: &[i16]| {
            let length = encoder.encode(frame, &mut room).unwrap();
            room[..length].to_vec()
        };
        Self { codec, packets: samples.chunks_exact(frame).map(&mut encode).collect() }
    }

    fn payload(&self) -> Payload {
        let payload_type = if self.codec == PCMU { 0 } else { 96 };
        Payload::sound(payload_type, self.codec)
    }
}

/// Vowels, more or less: harmonics whose pitch and level change.
#[expect(clippy::cast_possible_truncation, reason = "far below the most that there is")]
fn melody(second: f64) -> i16 {
    let pitch = 2.0 * std::f64::consts::PI * (140.0 + 20.0 * (3.0 * second).sin());
    let harmonics = (1..12).map(|n| (pitch * f64::from(n) * second).sin() / f64::from(n));
    (5000.0 * harmonics.sum::<f64>() * (5.0 * second).sin()) as i16
}

struct Phone {
    socket: UdpSocket,
    ours: SocketAddr,
    sound: Arc<Sound>,
    sequence: u16,
}

impl Phone {
    fn new(ours: SocketAddr, sound: &Arc<Sound>) -> Self {
        let socket = UdpSocket::bind((HOST, 0)).unwrap();
        socket.set_nonblocking(true).unwrap();
        Self { socket, ours, sound: Arc::clone(sound), sequence: 0 }
    }

    fn say(&mut self) {
        let payload = &self.sound.packets[usize::from(self.sequence) % self.sound.packets.len()];
        let mut packet = [0; 1500];
        let ticks = self.sound.codec.clock_rate_hz() / 50;
        let (sequence, timestamp) = (self.sequence, u32::from(self.sequence) * ticks);
        let (ssrc, payload_type) = (u32::from(self.ours.port()), self.sound.payload().payload_type);
        let room = Fields { marker: false, payload_type, sequence, timestamp, ssrc }.write(&mut packet).unwrap();
        room[..payload.len()].copy_from_slice(payload);
        self.sequence = self.sequence.wrapping_add(1);
        self.socket.send_to(&packet[..HEADER_LEN + payload.len()], self.ours).unwrap();
    }

    /// How many packets have come.
    fn hear(&self) -> u64 {
        let mut packet = [0; 2048];
        std::iter::from_fn(|| self.socket.recv(&mut packet).ok()).map(|_| 1).sum()
    }
}

/// Every phone speaks each 20 ms, at its own moment.
fn run(thread: &str, mut phones: Vec<Phone>, lasting: Duration) -> Cost {
    let step = PACKET_TIME / u32::try_from(phones.len()).unwrap();
    let (start, cpu_before, memory_before) = (Instant::now(), cpu_time(thread), resident_bytes());
    let (mut sent, mut heard, mut next) = (0, 0, start);
    while start.elapsed() < lasting {
        for phone in &mut phones {
            next += step;
            thread::sleep(next.saturating_duration_since(Instant::now()));
            heard += phone.hear();
            phone.say();
            sent += 1;
        }
    }
    let end = Instant::now() + Duration::from_secs(1);
    while heard < sent && Instant::now() < end {
        heard += phones.iter().map(Phone::hear).sum::<u64>();
    }
    let memory_bytes = resident_bytes().saturating_sub(memory_before);
    Cost { cpu: cpu_time(thread).saturating_sub(cpu_before), sent, heard, memory_bytes }
}

/// The memory of this process.
fn resident_bytes() -> usize {
    let text = fs::read_to_string("/proc/self/statm").unwrap();
    text.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

/// How long the thread of this process with this name has run on a core.
fn cpu_time(name: &str) -> Duration {
    let is_it = |path: &PathBuf| fs::read_to_string(path.join("comm")).is_ok_and(|comm| comm.trim() == name);
    // A thread takes its name when it has begun to run.
    let path = loop {
        let mut tasks = fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap().path());
        if let Some(path) = tasks.find(is_it) {
            break path;
        }
        thread::yield_now();
    };
    let schedule = fs::read_to_string(path.join("schedstat")).unwrap();
    Duration::from_nanos(schedule.split_whitespace().next().unwrap().parse().unwrap())
}
