//! What a relayed packet costs: CPU time of a media thread, and of a bare forwarder that only waits, receives and sends,
//! with the same phones at the same pace and the same priority.
//!
//! `cargo bench -p warden-server --bench relay -- 200 5` is 200 calls for 5 s each; these are also the defaults. CPU time
//! comes from `/proc`, so that the phones, which are here too, do not count.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program for people, on a machine of theirs")]

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
use warden_call::media::{LegOpening, MediaCommand, MediaEvent, PortPair};
use warden_media::relay::{LegSetup, Payload, Remote, Routes};
use warden_media::rtp::Fields;
use warden_server::media::{MediaSettings, MediaThreads};

const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
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
        let relay = measure_relay(calls, lasting);
        println!("media thread   {relay}, {:.2} times the bare one", relay.per_packet_us() / bare.per_packet_us());
    }
}

/// What one run has cost.
struct Cost {
    cpu: Duration,
    sent: u64,
    heard: u64,
}

impl Cost {
    #[expect(clippy::cast_precision_loss, reason = "a ratio")]
    fn per_packet_us(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.heard as f64
    }
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2} µs a packet, {} of {} arrived", self.per_packet_us(), self.heard, self.sent)
    }
}

fn measure_relay(calls: usize, lasting: Duration) -> Cost {
    let settings = MediaSettings { addresses: vec![HOST], rtp_ports: 20_000..=59_999, threads: NonZeroUsize::new(1) };
    let mut threads = MediaThreads::start(&settings).unwrap();
    threads.carry_out(MediaCommand::Bind { address: HOST, count: 2 * calls });
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    let mut free = VecDeque::new();
    while free.len() < 2 * calls {
        if let MediaEvent::Ports(ports) = runtime.block_on(poll_fn(|context| threads.poll_event(context))) {
            free.extend(ports);
        }
    }
    let mut phones = Vec::new();
    for number in 0..calls {
        let legs = [(); 2].map(|()| open_leg(free.pop_front().unwrap(), &mut phones));
        threads.carry_out(MediaCommand::Open { call: CallId(number as u64), legs: Box::new(legs) });
    }
    run("media 0", phones, lasting)
}

fn open_leg(ports: PortPair, phones: &mut Vec<Phone>) -> LegOpening {
    let phone = Phone::new(SocketAddr::new(ports.address, ports.rtp));
    let rtp = phone.socket.local_addr().unwrap();
    let routes = Routes::between(&[Payload::PCMU], &[Payload::PCMU]);
    let setup = LegSetup { remote: Some(Remote { rtp, rtcp: rtp }), routes, answered: true, ..LegSetup::default() };
    phones.push(phone);
    LegOpening { ports, setup }
}

fn measure_bare(calls: usize, lasting: Duration) -> Cost {
    let ours: Vec<UdpSocket> = (0..2 * calls).map(|_| UdpSocket::bind((HOST, 0)).unwrap()).collect();
    let phones: Vec<Phone> = ours.iter().map(|socket| Phone::new(socket.local_addr().unwrap())).collect();
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

struct Phone {
    socket: UdpSocket,
    ours: SocketAddr,
    sequence: u16,
}

impl Phone {
    fn new(ours: SocketAddr) -> Self {
        let socket = UdpSocket::bind((HOST, 0)).unwrap();
        socket.set_nonblocking(true).unwrap();
        Self { socket, ours, sequence: 0 }
    }

    fn say(&mut self) {
        let mut packet = [0x55; 172];
        let (sequence, timestamp) = (self.sequence, u32::from(self.sequence) * 160);
        let ssrc = u32::from(self.ours.port());
        Fields { marker: false, payload_type: 0, sequence, timestamp, ssrc }.write(&mut packet).unwrap();
        self.sequence = self.sequence.wrapping_add(1);
        self.socket.send_to(&packet, self.ours).unwrap();
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
    let (start, cpu_before) = (Instant::now(), cpu_time(thread));
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
    Cost { cpu: cpu_time(thread).saturating_sub(cpu_before), sent, heard }
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
