//! A bad line between one phone and a server: a forwarder that loses and delays datagrams, by seed.
//!
//! The phone has the port of the line as its server. Sound goes through the line too: in the session descriptions that
//! pass, the line puts its own ports in place of those of both sides. All have five digits, so no length changes.
//! There is room for one call at a time, and RTCP stays away.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::free_port;

/// What the line does to datagrams in both directions.
#[derive(Clone, Copy)]
pub(crate) struct Faults {
    pub(crate) loss_percent: u32,
    /// Each is late by up to this, so they overtake each other.
    pub(crate) jitter_ms: u32,
    pub(crate) seed: u32,
}

/// A running forwarder.
pub(crate) struct Line {
    port: u16,
    sound_ports: [u16; 2],
    end: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Line {
    /// Starts a line to the SIP port of a server.
    pub(crate) fn start(server_port: u16, faults: Faults) -> Self {
        let end = Arc::new(AtomicBool::new(false));
        let mut wires = Wires::open(server_port, faults);
        let port = wires.port(SIP);
        let sound_ports = [FROM_SERVER, FROM_PHONE].map(|socket| wires.port(socket));
        let told = Arc::clone(&end);
        let thread = thread::spawn(move || {
            while !told.load(Ordering::Relaxed) {
                wires.turn();
                thread::sleep(Duration::from_millis(1));
            }
        });
        Self { port, sound_ports, end, thread: Some(thread) }
    }

    /// The port that the phone takes for its server.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Where the server hears the phone from, and the phone the server.
    pub(crate) fn sound_ports(&self) -> [u16; 2] {
        self.sound_ports
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        let _ended = self.thread.take().map(JoinHandle::join);
    }
}

/// Which socket: for SIP from both sides, for sound from the server, for sound from the phone.
const SIP: usize = 0;
const FROM_SERVER: usize = 1;
const FROM_PHONE: usize = 2;

struct Late {
    at: Instant,
    through: usize,
    to: SocketAddr,
    datagram: Vec<u8>,
}

struct Wires {
    sockets: [UdpSocket; 3],
    server: SocketAddr,
    /// Where the phone was heard from, and where each side wants its sound.
    phone: Option<SocketAddr>,
    phone_sound: Option<SocketAddr>,
    server_sound: Option<SocketAddr>,
    late: Vec<Late>,
    faults: Faults,
    random: u32,
}

impl Wires {
    fn open(server_port: u16, faults: Faults) -> Self {
        let sockets = [SIP, FROM_SERVER, FROM_PHONE].map(|_| {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, free_port())).unwrap();
            socket.set_nonblocking(true).unwrap();
            socket
        });
        let server = at_port(server_port);
        let random = faults.seed;
        Self { sockets, server, phone: None, phone_sound: None, server_sound: None, late: Vec::new(), faults, random }
    }

    fn port(&self, socket: usize) -> u16 {
        self.sockets[socket].local_addr().unwrap().port()
    }

    /// Takes what has come, and sends what is due.
    fn turn(&mut self) {
        let mut buffer = [0; 8192];
        for socket in [SIP, FROM_SERVER, FROM_PHONE] {
            while let Ok((size, from)) = self.sockets[socket].recv_from(&mut buffer) {
                self.forward(socket, from, &buffer[..size]);
            }
        }
        let now = Instant::now();
        for late in self.late.extract_if(.., |late| late.at <= now) {
            let _may_be_gone = self.sockets[late.through].send_to(&late.datagram, late.to);
        }
    }

    fn forward(&mut self, socket: usize, from: SocketAddr, datagram: &[u8]) {
        let (through, to, datagram) = match socket {
            FROM_SERVER => (FROM_PHONE, self.phone_sound, datagram.to_vec()),
            FROM_PHONE => (FROM_SERVER, self.server_sound, datagram.to_vec()),
            _ if from == self.server => {
                let (text, sound) = with_sound_at(datagram, self.port(FROM_PHONE));
                self.server_sound = sound.or(self.server_sound);
                (SIP, self.phone, with_contact_at(&text, self.server.port(), self.port(SIP)))
            }
            _ => {
                let (text, sound) = with_sound_at(datagram, self.port(FROM_SERVER));
                self.phone = Some(from);
                self.phone_sound = sound.or(self.phone_sound);
                (SIP, Some(self.server), text.into_bytes())
            }
        };
        let is_lost = self.random(100) < self.faults.loss_percent;
        let delay = Duration::from_millis(self.random(self.faults.jitter_ms + 1).into());
        if let Some(to) = to.filter(|_| !is_lost) {
            self.late.push(Late { at: Instant::now() + delay, through, to, datagram });
        }
    }

    /// A number below `limit`.
    fn random(&mut self, limit: u32) -> u32 {
        self.random = self.random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.random >> 16) % limit
    }
}

fn at_port(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// The message with the sound of its session description at `port`, and where it was.
fn with_sound_at(message: &[u8], port: u16) -> (String, Option<SocketAddr>) {
    let text = String::from_utf8_lossy(message).into_owned();
    let found = text.split_once("\r\nm=audio ").and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
    let Some(old) = found else { return (text, None) };
    (text.replacen(&format!("\r\nm=audio {old} "), &format!("\r\nm=audio {port} "), 1), Some(at_port(old)))
}

/// The message of the server, whose later requests are to go through the line as well.
fn with_contact_at(text: &str, server_port: u16, port: u16) -> Vec<u8> {
    let (old, new) = (format!("127.0.0.1:{server_port}"), format!("127.0.0.1:{port}"));
    let is_place = |line: &str| line.starts_with("Contact:") || line.starts_with("Record-Route:");
    let lines =
        text.split_inclusive('\n').map(|line| if is_place(line) { line.replace(&old, &new) } else { line.into() });
    lines.collect::<String>().into_bytes()
}
