//! Media threads with phones around them, on real sockets of the loopback.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::time::Duration;

use tokio::runtime::{self, Runtime};
use tokio::time::timeout;
use warden_call::call_event::CallId;
use warden_call::media::{LegOpening, MediaCommand, MediaEvent, PortPair};
use warden_codec::Codec;
use warden_codec::g711::Law;
use warden_media::latch::LatchMode;
use warden_media::relay::{LegSetup, LegStatistics, Payload, Remote, Routes, Side};
use warden_media::rtp::{Fields, HEADER_LEN, RtpHeader};
use warden_media::voice::Voice;
use warden_server::media::{MediaSettings, MediaThreads};
use warden_server::music::MusicSource;

pub(crate) const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// What takes longer has failed.
const DEADLINE: Duration = Duration::from_secs(5);
/// Header and 20 ms of PCMU.
const PACKET_LEN: usize = 172;

pub(crate) struct Rig {
    pub(crate) threads: MediaThreads,
    pub(crate) free: VecDeque<PortPair>,
    runtime: Runtime,
    next_call: u64,
}

impl Rig {
    pub(crate) fn new(threads: usize) -> Self {
        Self::with_ports(threads, 10_000..=20_000)
    }

    pub(crate) fn with_ports(threads: usize, rtp_ports: RangeInclusive<u16>) -> Self {
        Self::with_addresses(vec![HOST, HOST], threads, rtp_ports, None)
    }

    pub(crate) fn with_addresses(
        addresses: Vec<IpAddr>,
        threads: usize,
        rtp_ports: RangeInclusive<u16>,
        music: Option<Box<dyn MusicSource>>,
    ) -> Self {
        let settings = MediaSettings { addresses, rtp_ports, threads: NonZeroUsize::new(threads) };
        let threads = MediaThreads::start(&settings, music).unwrap();
        let runtime = runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let mut rig = Self { threads, free: VecDeque::new(), runtime, next_call: 1 };
        let first = rig.event();
        rig.note(&first);
        rig
    }

    /// The next event, but for those about silence: a slow machine makes some.
    pub(crate) fn event(&mut self) -> MediaEvent {
        loop {
            let event = async { timeout(DEADLINE, poll_fn(|context| self.threads.poll_event(context))).await };
            let event = self.runtime.block_on(event).unwrap();
            if !matches!(event, MediaEvent::Silent { .. } | MediaEvent::AudioBack { .. }) {
                return event;
            }
        }
    }

    fn note(&mut self, event: &MediaEvent) {
        if let MediaEvent::Ports(ports) = event {
            self.free.extend(ports);
        }
    }

    /// Takes the oldest free ports, or has some bound.
    pub(crate) fn take_ports(&mut self) -> PortPair {
        while self.free.is_empty() {
            self.threads.carry_out(MediaCommand::Bind { address: HOST, count: 32 });
            let event = self.event();
            self.note(&event);
        }
        self.free.pop_front().unwrap()
    }

    /// A call between two phones, which are told their ports.
    pub(crate) fn open(&mut self, a: &mut Phone, b: &mut Phone) -> CallId {
        let call = self.order_call(a, b);
        self.settle();
        call
    }

    /// The same, without waiting until it is there.
    pub(crate) fn order_call(&mut self, a: &mut Phone, b: &mut Phone) -> CallId {
        let call = CallId(self.next_call);
        self.next_call += 1;
        let legs = [a, b].map(|phone| self.leg(phone));
        self.threads.carry_out(MediaCommand::Open { call, legs: Box::new(legs) });
        call
    }

    pub(crate) fn leg(&mut self, phone: &mut Phone) -> LegOpening {
        let ports = phone.ports.unwrap_or_else(|| self.take_ports());
        phone.ports = Some(ports);
        LegOpening { ports, setup: phone.setup() }
    }

    /// Returns when a single thread has done what it was ordered before, by opening and closing one call more.
    pub(crate) fn settle(&mut self) {
        let call = self.order_call(&mut Phone::new(), &mut Phone::new());
        self.close(call);
    }

    /// The statistics of a call, whose ports come back.
    pub(crate) fn close(&mut self, call: CallId) -> [LegStatistics; 2] {
        self.threads.carry_out(MediaCommand::Close { call });
        let statistics = loop {
            let event = self.event();
            self.note(&event);
            if let MediaEvent::Closed { call: closed, statistics } = event {
                assert_eq!(closed, call);
                break *statistics;
            }
        };
        let ports = self.event();
        assert!(matches!(&ports, MediaEvent::Ports(ports) if ports.len() == 2), "{ports:?}");
        self.note(&ports);
        statistics
    }

    /// Puts another phone in the place of a leg, and returns when it is there.
    pub(crate) fn replace(&mut self, call: CallId, side: Side, phone: &mut Phone) {
        let leg = Box::new(self.leg(phone));
        self.threads.carry_out(MediaCommand::Replace { call, side, leg });
        let ports = self.event();
        assert!(matches!(&ports, MediaEvent::Ports(ports) if ports.len() == 1), "{ports:?}");
        self.note(&ports);
    }
}

/// A phone with its own RTP stream.
pub(crate) struct Phone {
    pub(crate) rtp: UdpSocket,
    pub(crate) rtcp: UdpSocket,
    /// Ours, that it sends to.
    pub(crate) ports: Option<PortPair>,
    pub(crate) ssrc: u32,
    sequence: u16,
}

/// A packet as a phone gets it.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) from: SocketAddr,
    pub(crate) header: RtpHeader,
    pub(crate) payload: Vec<u8>,
}

impl Phone {
    pub(crate) fn new() -> Self {
        let socket = || {
            let socket = UdpSocket::bind((HOST, 0)).unwrap();
            socket.set_read_timeout(Some(DEADLINE)).unwrap();
            socket
        };
        let rtp = socket();
        let ssrc = u32::from(rtp.local_addr().unwrap().port()) << 8;
        Self { rtp, rtcp: socket(), ports: None, ssrc, sequence: 0 }
    }

    fn setup(&self) -> LegSetup {
        let remote = Remote { rtp: self.rtp.local_addr().unwrap(), rtcp: self.rtcp.local_addr().unwrap() };
        let routes = Routes::between(&[Payload::PCMU], &[Payload::PCMU]);
        let voice = Some(Voice::new(Codec::G711(Law::Pcmu), 0));
        let (remote, mode) = (Some(remote), LatchMode::Strict);
        LegSetup { remote, mode, routes, voice, tones: voice, answered: true, ..LegSetup::default() }
    }

    /// Sends 20 ms of PCMU that consist of `sound`.
    pub(crate) fn say(&mut self, sound: u8) {
        self.say_all(&[sound; PACKET_LEN - HEADER_LEN]);
    }

    /// Sends these 20 ms of PCMU.
    pub(crate) fn say_all(&mut self, sound: &[u8; PACKET_LEN - HEADER_LEN]) {
        let ports = self.ports.unwrap();
        let mut packet = [0; PACKET_LEN];
        packet[HEADER_LEN..].copy_from_slice(sound);
        let timestamp = u32::from(self.sequence) * 160;
        let fields = Fields { marker: false, payload_type: 0, sequence: self.sequence, timestamp, ssrc: self.ssrc };
        fields.write(&mut packet).unwrap();
        self.sequence = self.sequence.wrapping_add(1);
        self.rtp.send_to(&packet, (ports.address, ports.rtp)).unwrap();
    }

    /// The next packet.
    pub(crate) fn hear(&self) -> Heard {
        let mut space = [0; 2000];
        let (length, from) = self.rtp.recv_from(&mut space).unwrap();
        let header = RtpHeader::parse(&space[..length]).unwrap();
        Heard { from, header, payload: header.payload(&space[..length]).to_vec() }
    }

    /// Returns when what has been sent by now has arrived: the loopback keeps the order.
    pub(crate) fn flush() {
        let socket = UdpSocket::bind((HOST, 0)).unwrap();
        socket.send_to(&[1], socket.local_addr().unwrap()).unwrap();
        socket.recv(&mut [0]).unwrap();
    }

    /// Whether nothing has come that it has not heard.
    pub(crate) fn hears_nothing(&self) -> bool {
        self.rtp.set_nonblocking(true).unwrap();
        let nothing = self.rtp.recv(&mut [0]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
        self.rtp.set_nonblocking(false).unwrap();
        nothing
    }
}
