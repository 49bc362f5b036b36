//! Any bytes as datagrams of fax that two legs receive: nothing panics, and only what looks like fax and comes from a believed
//! host is forwarded, unchanged.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use warden_media::latch::LatchMode;
use warden_media::relay::{Leg, LegSetup, OUTPUT_LEN, Output, Payload, Remote, Routes, Session, Side, Verdict};
use warden_media::udptl;

// Datagrams follow each other: a byte for the way, one for the length, then its bytes. Now and then the call changes.
/// Runs the target.
pub(crate) fn run(data: &[u8]) {
    let now = Instant::now();
    let mut session = Session::new(Leg::new(1, now, Duration::ZERO), Leg::new(2, now, Duration::ZERO));
    set_up(&mut session, 0b11, now);
    let (mut rest, mut faxes, mut out) = (data, 0b11, [0; OUTPUT_LEN]);
    while let [way, len, tail @ ..] = rest {
        let (bytes, after) = tail.split_at(usize::from(*len).min(tail.len()));
        rest = after;
        if *len == u8::MAX {
            faxes = way & 3;
            set_up(&mut session, faxes, now);
            continue;
        }
        let side = if way & 1 == 0 { Side::A } else { Side::B };
        deliver(&mut session, faxes, side, address(way >> 4, way & 2 != 0), now, bytes);
        while !matches!(session.poll(now, &mut out), Output::Wait(_)) {}
    }
    for statistics in session.close() {
        assert!(statistics.received.lost <= statistics.received.expected);
    }
}

fn address(host: u8, is_other_port: bool) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, host & 3], if is_other_port { 5000 } else { 4000 }))
}

fn has_fax(faxes: u8, side: Side) -> bool {
    faxes & if side == Side::A { 1 } else { 2 } != 0
}

/// A is strict and at host 0, B relaxed and at host 1; the bits say which has a fax.
fn set_up(session: &mut Session, faxes: u8, now: Instant) {
    for (side, host, mode) in [(Side::A, 0, LatchMode::Strict), (Side::B, 1, LatchMode::Relaxed)] {
        let is_fax = has_fax(faxes, side);
        let remote = Some(Remote { rtp: address(host, false), rtcp: address(host, false) });
        let routes = if is_fax { Routes::default() } else { Routes::between(&[Payload::PCMU], &[Payload::PCMU]) };
        session.set_up(side, &LegSetup { remote, mode, routes, is_fax, answered: true, ..LegSetup::default() }, now);
    }
}

fn deliver(session: &mut Session, faxes: u8, side: Side, source: SocketAddr, now: Instant, bytes: &[u8]) {
    let mut datagram = bytes.to_vec();
    let verdict = session.receive(side, source, now, &mut datagram, bytes.len());
    let Verdict::Forward { side: to, len, .. } = verdict else { return };
    assert_eq!((to, len), (side.other(), bytes.len()));
    assert_eq!(has_fax(faxes, side), has_fax(faxes, side.other()), "fax to fax, sound to sound");
    if has_fax(faxes, side) {
        assert_eq!(datagram, bytes);
        assert!(udptl::sequence(bytes).is_some());
        assert!(side == Side::B || source == address(0, false));
    }
}
