//! One round at a time: what a packet costs, and what errors of sockets do.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use warden_call::call_event::CallId;
use warden_call::media::MediaEvent;
use warden_codec::Codec;
use warden_codec::g711::Law;
use warden_media::relay::{LegSetup, Payload, Program, Remote, Routes, Side};
use warden_media::rtp::Fields;
use warden_media::station::Class;
use warden_media::tone::{Plan, Tone};
use warden_media::voice::Voice;
use warden_sip::random::Random;

use crate::counters::Counters;
use crate::epoll::Epoll;
use crate::media::binder::Binder;
use crate::media::io::Io;
use crate::media::orders::{Order, Orders, queue};
use crate::media::pair::NewLeg;
use crate::media::radio::Radio;
use crate::media::told::{MAX_TOLD, Outbox, Told};
use crate::media::worker::{Outcome, Worker};

const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const CALL: CallId = CallId(1);

/// A worker with one call between two phones.
struct Stage<I> {
    worker: Worker<I>,
    orders: Orders,
    told: mpsc::Receiver<Told>,
    counters: Arc<Counters>,
    phones: [UdpSocket; 2],
    /// Our ports for them.
    ports: [SocketAddr; 2],
}

impl<I: Io> Stage<I> {
    fn new(io: I) -> Self {
        let (sender, told) = mpsc::channel(MAX_TOLD);
        let (orders, inbox) = queue(1).unwrap();
        let counters = Arc::new(Counters::default());
        let random = Random::from_seed([1; 32]);
        let mut worker =
            Worker::new(io, inbox, Outbox::new(sender), Radio::new(None), random, Arc::clone(&counters)).unwrap();
        let phones = [(); 2].map(|()| UdpSocket::bind((HOST, 0)).unwrap());
        let mut pairs: VecDeque<_> = Binder::new(vec![HOST], &(10_000..=20_000)).bind(2).pairs.into();
        let mut ports = VecDeque::new();
        let legs = phones.each_ref().map(|phone| {
            let pair = pairs.pop_front().unwrap();
            ports.push_back(SocketAddr::new(HOST, pair.ports.rtp));
            let rtp = phone.local_addr().unwrap();
            let routes = Routes::between(&[Payload::PCMU], &[Payload::PCMU]);
            // With RTCP at the same port, reports go where they disturb nobody.
            let remote = Some(Remote { rtp, rtcp: rtp });
            let voice = Some(Voice::new(Codec::G711(Law::Pcmu), 0));
            NewLeg {
                pair,
                setup: LegSetup { remote, routes, voice, tones: voice, answered: true, ..LegSetup::default() },
            }
        });
        assert!(orders.give(Order::Open { call: CALL, legs: Box::new(legs) }).is_ok());
        assert_eq!(worker.round().unwrap(), Outcome::GoOn);
        let ports = [ports[0], ports[1]];
        Self { worker, orders, told, counters, phones, ports }
    }

    fn say(&self, side: Side, sequence: u16) {
        let mut packet = [0; 172];
        let timestamp = u32::from(sequence) * 160;
        Fields { marker: false, payload_type: 0, sequence, timestamp, ssrc: 7 }.write(&mut packet).unwrap();
        let index = usize::from(side == Side::B);
        self.phones[index].send_to(&packet, self.ports[index]).unwrap();
    }

    /// Rounds until so many packets have been taken.
    fn run_until_received(&mut self, count: u64) {
        while self.counters.status().rtp_received < count {
            self.worker.round().unwrap();
        }
    }
}

#[test]
fn a_packet_from_socket_to_socket_allocates_nothing() {
    let mut stage = Stage::new(Epoll::new().unwrap());
    let counted = allocation_counter::measure(|| {
        for sequence in 0..500u16 {
            stage.say(Side::A, sequence);
            stage.say(Side::B, sequence);
            stage.run_until_received(2 * u64::from(sequence + 1));
        }
    });
    assert_eq!(counted.count_total, 0);
    let status = stage.counters.status();
    assert_eq!((status.rtp_forwarded, status.rtp_dropped, status.rtp_send_errors), (1000, 0, 0));
}

#[test]
fn a_tone_allocates_nothing_and_wakes_the_thread_only_while_it_plays() {
    let mut stage = Stage::new(Epoll::new().unwrap());
    let play = |program| Order::Play { call: CALL, side: Side::B, program };
    assert!(stage.orders.give(play(Some(Program::Tone(Tone::ring_back(Plan::Eu))))).is_ok());
    stage.worker.round().unwrap();
    stage.phones[1].set_nonblocking(true).unwrap();
    let (begun, mut heard) = (Instant::now(), 0);
    let counted = allocation_counter::measure(|| {
        while heard < 20 && begun.elapsed() < Duration::from_secs(10) {
            stage.worker.round().unwrap();
            let packets = std::iter::from_fn(|| stage.phones[1].recv(&mut [0; 200]).ok());
            heard += packets.filter(|length| *length == 172).count();
        }
    });
    assert_eq!(counted.count_total, 0);
    assert!(heard >= 20 && begun.elapsed() > Duration::from_millis(350), "{heard} in {:?}", begun.elapsed());
    assert!(stage.orders.give(play(None)).is_ok());
    let (begun, mut rounds) = (Instant::now(), 0);
    // The first report to a phone comes within seconds and ends the last wait.
    while begun.elapsed() < Duration::from_millis(500) {
        stage.worker.round().unwrap();
        rounds += 1;
    }
    assert!(rounds < 10, "{rounds} rounds, when a tone would take 25");
}

#[test]
fn music_allocates_nothing_once_it_plays_and_wakes_the_thread_only_meanwhile() {
    let mut stage = Stage::new(Epoll::new().unwrap());
    let play = |program| Order::Play { call: CALL, side: Side::B, program };
    assert!(stage.orders.give(play(Some(Program::Music(Class::new("default"))))).is_ok());
    stage.worker.round().unwrap();
    stage.phones[1].set_nonblocking(true).unwrap();
    let (begun, mut heard) = (Instant::now(), 0);
    let counted = allocation_counter::measure(|| {
        while heard < 20 && begun.elapsed() < Duration::from_secs(10) {
            stage.worker.round().unwrap();
            let packets = std::iter::from_fn(|| stage.phones[1].recv(&mut [0; 200]).ok());
            heard += packets.filter(|length| *length == 172).count();
        }
    });
    assert_eq!(counted.count_total, 0);
    assert!(heard >= 20 && begun.elapsed() > Duration::from_millis(350), "{heard} in {:?}", begun.elapsed());
    assert!(stage.orders.give(Order::Close { call: CALL }).is_ok());
    stage.worker.round().unwrap();
    assert!(stage.worker.stations.next_timeout().is_none(), "nobody listens any more");
}

#[test]
fn a_worker_that_is_told_to_stop_closes_its_calls() {
    let mut stage = Stage::new(Epoll::new().unwrap());
    stage.orders.end();
    assert_eq!(stage.worker.round().unwrap(), Outcome::Stop);
    assert!(matches!(stage.told.try_recv(), Ok(Told::Closed { call: CALL, error: None, .. })));
}

/// Fails every other time.
struct Unreliable {
    epoll: Epoll,
    turn: bool,
}

impl Unreliable {
    fn fail(&mut self) -> io::Result<()> {
        self.turn = !self.turn;
        if self.turn { Err(io::ErrorKind::ConnectionRefused.into()) } else { Ok(()) }
    }
}

impl Io for Unreliable {
    fn watch(&mut self, descriptor: BorrowedFd<'_>, token: u64) -> io::Result<()> {
        self.epoll.watch(descriptor, token)
    }

    fn forget(&mut self, descriptor: BorrowedFd<'_>) {
        self.epoll.forget(descriptor);
    }

    fn wait(&mut self, timeout: Option<Duration>, ready: &mut Vec<u64>) -> io::Result<()> {
        self.epoll.wait(timeout, ready)
    }

    fn receive(&mut self, socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.fail()?;
        self.epoll.receive(socket, buffer)
    }

    fn send(&mut self, _: &UdpSocket, _: &[u8], _: SocketAddr) -> io::Result<()> {
        Err(io::ErrorKind::ConnectionRefused.into())
    }
}

#[test]
fn a_phone_that_refuses_packets_ends_nothing() {
    let mut stage = Stage::new(Unreliable { epoll: Epoll::new().unwrap(), turn: false });
    for sequence in 0..20 {
        stage.say(Side::A, sequence);
        stage.run_until_received(u64::from(sequence) + 1);
    }
    let status = stage.counters.status();
    assert_eq!((status.rtp_forwarded, status.rtp_send_errors), (0, 20), "{status:?}");
    assert!(status.rtp_receive_errors >= 20, "{status:?}");
    assert!(stage.told.try_recv().is_err());
}

#[test]
fn silence_is_told_when_its_time_has_come() {
    let mut stage = Stage::new(Epoll::new().unwrap());
    stage.say(Side::A, 0);
    stage.run_until_received(1);
    let begun = Instant::now();
    let event = loop {
        if let Ok(Told::Event(event)) = stage.told.try_recv() {
            break event;
        }
        assert!(begun.elapsed() < Duration::from_mins(1));
        stage.worker.round().unwrap();
    };
    assert!(matches!(event, MediaEvent::Silent { call: CALL, .. }), "{event:?}");
}
