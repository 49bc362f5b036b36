//! Any bytes as RTP, as RTCP, both also encrypted, and as what two legs receive: nothing panics, and only a peer's
//! packet is forwarded.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use warden_media::latch::LatchMode;
use warden_media::relay::{Leg, LegSetup, OUTPUT_LEN, Output, Payload, Remote, Routes, Session, Side, Verdict};
use warden_media::rtcp::{Compound, Packet};
use warden_media::rtp::RtpHeader;
use warden_media::srtp::{MAX_GROWTH, MAX_MASTER_LEN, MasterKey, Receiver, Sender, SrtpKeys, Suite};

// Packets follow each other: a byte for the way, one for the time that passes, one for the length, then its bytes.
/// Runs the target.
pub(crate) fn run(data: &[u8]) {
    read(data);
    for suite in Suite::ALL {
        protect(suite, data);
    }
    relay(data, None);
    relay(data, Some(SrtpKeys { send: key(Suite::AeadAes128Gcm), receive: key(Suite::AeadAes128Gcm) }));
}

/// Two legs; B is encrypted with these keys.
fn relay(data: &[u8], keys: Option<SrtpKeys>) {
    let mut now = Instant::now();
    let mut session = session(now, keys);
    let (mut rest, mut out) = (data, [0; OUTPUT_LEN]);
    while let [way, time, len, tail @ ..] = rest {
        let (bytes, after) = tail.split_at(usize::from(*len).min(tail.len()));
        rest = after;
        now += Duration::from_millis(u64::from(*time) * 20);
        let side = if way & 1 == 0 { Side::A } else { Side::B };
        deliver(&mut session, side, address(way >> 4), way & 2 != 0, now, bytes);
        while !matches!(session.poll(now, &mut out), Output::Wait(_)) {}
    }
    for statistics in session.close() {
        assert!(statistics.received.lost <= statistics.received.expected);
    }
}

fn read(data: &[u8]) {
    if let Ok(header) = RtpHeader::parse(data) {
        assert_eq!(header.payload(data).len(), header.payload_len());
        let _ = (header.contributors(data).count(), header.extension.map(|it| it.body(data)));
    }
    let Ok(compound) = Compound::parse(data) else { return };
    for packet in compound.packets() {
        match packet {
            Packet::SenderReport { blocks, .. } | Packet::ReceiverReport { blocks, .. } => assert!(blocks.count() < 32),
            Packet::Description(chunks) => assert!(chunks.count() < 32),
            Packet::Goodbye(sources) => assert!(sources.count() < 32),
            Packet::Other(_) => {}
        }
    }
}

/// What is protected opens as the same; what is not does not open, but by chance with a tag of 32 bits.
fn protect(suite: Suite, data: &[u8]) {
    let key = key(suite);
    let (mut sender, mut receiver) = (Sender::new(&key).expect("a key"), Receiver::new(&key).expect("a key"));
    let _ = (receiver.unprotect(&mut data.to_vec()), receiver.unprotect_rtcp(&mut data.to_vec()));
    let room = [data, &[0; MAX_GROWTH]].concat();
    let mut packet = room.clone();
    if let Some(len) = sender.protect(&mut packet, data.len()) {
        assert_eq!(receiver.unprotect(&mut packet[..len]), Ok(data.len()));
        assert_eq!(&packet[..data.len()], data);
    }
    let mut packet = room;
    if let Some(len) = sender.protect_rtcp(&mut packet, data.len()) {
        assert_eq!(receiver.unprotect_rtcp(&mut packet[..len]), Ok(data.len()));
        assert_eq!(&packet[..data.len()], data);
    }
}

fn key(suite: Suite) -> MasterKey {
    MasterKey::new(suite, &[5; MAX_MASTER_LEN][..suite.master_len()]).expect("as long as it must be")
}

fn address(host: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, host & 3], 4000))
}

/// A is strict and at host 0, B relaxed and at host 1.
fn session(now: Instant, keys: Option<SrtpKeys>) -> Session {
    let mut session = Session::new(Leg::new(1, now, Duration::ZERO), Leg::new(2, now, Duration::ZERO));
    let digits = Payload::telephone_event(101, 8000);
    let (a, b) = ([Payload::PCMU, digits], [Payload::PCMA, digits]);
    for (side, host, mode, from, to, srtp) in
        [(Side::A, 0, LatchMode::Strict, &a, &b, None), (Side::B, 1, LatchMode::Relaxed, &b, &a, keys)]
    {
        let remote = Some(Remote { rtp: address(host), rtcp: address(host) });
        let routes = Routes::between(from, to);
        session.set_up(side, &LegSetup { remote, mode, routes, srtp, answered: true, ..LegSetup::default() }, now);
    }
    session
}

fn deliver(session: &mut Session, side: Side, source: SocketAddr, rtcp: bool, now: Instant, bytes: &[u8]) {
    let mut packet = [bytes, &[0; MAX_GROWTH]].concat();
    if rtcp {
        session.receive_rtcp(side, source, now, packet.get_mut(..bytes.len()).unwrap_or_default());
        return;
    }
    if let Verdict::Forward { side: to, len, .. } = session.receive(side, source, now, &mut packet, bytes.len()) {
        assert!(to == side.other() && (side == Side::B || source == address(0)));
        let ssrc = session.leg(to).ssrc().to_be_bytes();
        assert_eq!(packet.get(8..12), Some(&ssrc[..]));
        assert!(len >= bytes.len());
        if len == bytes.len() {
            RtpHeader::parse(packet.get(..len).unwrap_or_default()).expect("stays a packet");
        }
    }
}
