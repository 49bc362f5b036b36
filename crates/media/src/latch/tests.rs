//! One test for each rule of the latch.

use super::*;
use crate::rtp::Fields;

const SIGNALLED: &str = "192.0.2.1:4000";
const REBOUND: &str = "192.0.2.1:4100";
const NAT: &str = "198.51.100.7:6000";
const STRANGER: &str = "203.0.113.9:7000";

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn header(ssrc: u32, sequence: u16) -> RtpHeader {
    let mut packet = [0; 12];
    Fields { marker: false, payload_type: 0, sequence, timestamp: 0, ssrc }.write(&mut packet).unwrap();
    RtpHeader::parse(&packet).unwrap()
}

fn latch(mode: LatchMode) -> Latch {
    let mut latch = Latch::new();
    latch.signal(Some(at(SIGNALLED)), mode);
    latch
}

/// Feeds packets of (source, SSRC, sequence number).
fn feed(latch: &mut Latch, packets: &[(&str, u32, u16)]) -> Vec<Admission> {
    packets.iter().map(|&(source, ssrc, sequence)| latch.admit(at(source), &header(ssrc, sequence), true)).collect()
}

use Admission::{Learning, Peer, Stray};

#[test]
fn before_an_address_is_signalled_everybody_is_a_stray() {
    let mut latch = Latch::new();
    assert_eq!(feed(&mut latch, &[(NAT, 1, 1), (NAT, 1, 2), (NAT, 1, 3)]), [Stray; 3]);
    assert_eq!((latch.peer(), latch.strays().packets()), (None, 3));
}

#[test]
fn we_send_where_signalling_says_until_something_comes() {
    assert_eq!(latch(LatchMode::Relaxed).peer(), Some(at(SIGNALLED)));
}

#[test]
fn the_signalled_address_is_believed_at_once_and_for_good() {
    for mode in [LatchMode::Strict, LatchMode::Relaxed] {
        let mut latch = latch(mode);
        let packets = [(SIGNALLED, 1, 1), (NAT, 2, 1), (NAT, 2, 2), (NAT, 2, 3), (SIGNALLED, 1, 2)];
        assert_eq!(feed(&mut latch, &packets), [Peer, Stray, Stray, Stray, Peer]);
        assert_eq!(latch.state(), LatchState::Confirmed(at(SIGNALLED)));
    }
}

#[test]
fn strict_mode_believes_nobody_else() {
    let mut latch = latch(LatchMode::Strict);
    assert_eq!(feed(&mut latch, &[(NAT, 1, 1), (NAT, 1, 2), (REBOUND, 1, 3), (REBOUND, 1, 4)]), [Stray; 4]);
    assert_eq!(feed(&mut latch, &[(SIGNALLED, 1, 5), (REBOUND, 1, 6), (REBOUND, 1, 7)]), [Peer, Stray, Stray]);
}

#[test]
fn another_address_is_learnt_from_two_consecutive_packets_of_one_stream() {
    let mut latch = latch(LatchMode::Relaxed);
    assert_eq!(feed(&mut latch, &[(NAT, 1, 65_535), (NAT, 1, 0)]), [Learning, Peer]);
    assert_eq!((latch.state(), latch.peer()), (LatchState::Provisional(at(NAT)), Some(at(NAT))));
}

#[test]
fn a_gap_another_stream_or_an_unknown_payload_type_teaches_nothing() {
    let mut latch = latch(LatchMode::Relaxed);
    assert_eq!(feed(&mut latch, &[(NAT, 1, 1), (NAT, 1, 3), (NAT, 2, 4), (NAT, 2, 4)]), [Learning; 4]);
    assert_eq!(latch.admit(at(NAT), &header(2, 5), false), Stray);
    assert_eq!(latch.admit(at(SIGNALLED), &header(2, 5), false), Stray);
    assert_eq!(latch.state(), LatchState::Signalled);
}

#[test]
fn what_was_learnt_stays() {
    let mut latch = latch(LatchMode::Relaxed);
    feed(&mut latch, &[(NAT, 1, 1), (NAT, 1, 2)]);
    assert_eq!(feed(&mut latch, &[(STRANGER, 2, 1), (STRANGER, 2, 2), (NAT, 1, 3)]), [Stray, Stray, Peer]);
    assert_eq!(latch.strays().recent().collect::<Vec<_>>(), [&super::Stray { source: at(STRANGER), packets: 2 }]);
}

#[test]
fn the_signalled_address_takes_over_from_one_that_was_learnt() {
    let mut latch = latch(LatchMode::Relaxed);
    feed(&mut latch, &[(STRANGER, 1, 1), (STRANGER, 1, 2)]);
    assert_eq!(feed(&mut latch, &[(SIGNALLED, 9, 1), (STRANGER, 1, 3)]), [Peer, Stray]);
    assert_eq!(latch.peer(), Some(at(SIGNALLED)));
}

#[test]
fn another_port_of_the_signalled_ip_takes_over_from_one_elsewhere() {
    let mut latch = latch(LatchMode::Relaxed);
    feed(&mut latch, &[(STRANGER, 1, 1), (STRANGER, 1, 2)]);
    assert_eq!(feed(&mut latch, &[(REBOUND, 9, 1), (REBOUND, 9, 2), (STRANGER, 1, 3)]), [Learning, Peer, Stray]);
}

#[test]
fn a_flood_from_elsewhere_does_not_keep_the_peer_from_being_learnt() {
    let mut latch = latch(LatchMode::Relaxed);
    let packets = [(REBOUND, 9, 1), (STRANGER, 1, 7), (NAT, 1, 7), (REBOUND, 9, 2)];
    assert_eq!(feed(&mut latch, &packets), [Learning, Learning, Learning, Peer]);
}

#[test]
fn a_peer_moves_to_another_port_only_with_its_stream() {
    for first in [SIGNALLED, "192.0.2.1:4001"] {
        let mut latch = latch(LatchMode::Relaxed);
        feed(&mut latch, &[(first, 1, 1), (first, 1, 2)]);
        assert_eq!(feed(&mut latch, &[(REBOUND, 2, 3), (REBOUND, 2, 4)]), [Stray; 2], "another stream");
        assert_eq!(feed(&mut latch, &[(REBOUND, 1, 900), (REBOUND, 1, 901)]), [Stray; 2], "not at hand");
        assert_eq!(feed(&mut latch, &[(REBOUND, 1, 2)]), [Stray], "sent before");
        assert_eq!(feed(&mut latch, &[(NAT, 1, 3), (NAT, 1, 4)]), [Stray; 2], "another IP");
        assert_eq!(feed(&mut latch, &[(REBOUND, 1, 3), (REBOUND, 1, 4)]), [Learning, Peer]);
        assert_eq!(latch.state(), LatchState::Provisional(at(REBOUND)));
    }
}

#[test]
fn what_encryption_has_proved_stays_against_the_signalled_address() {
    let mut latch = latch(LatchMode::Relaxed);
    latch.confirm(at(NAT));
    assert_eq!(feed(&mut latch, &[(SIGNALLED, 1, 1), (SIGNALLED, 1, 2), (NAT, 2, 1)]), [Stray, Stray, Peer]);
}

#[test]
fn another_signalled_address_starts_anew_and_the_same_one_changes_nothing() {
    let mut latch = latch(LatchMode::Relaxed);
    feed(&mut latch, &[(NAT, 1, 1), (NAT, 1, 2)]);
    latch.signal(Some(at(SIGNALLED)), LatchMode::Relaxed);
    assert_eq!(latch.peer(), Some(at(NAT)));
    latch.signal(Some(at("192.0.2.50:4000")), LatchMode::Relaxed);
    assert_eq!((latch.state(), latch.peer()), (LatchState::Signalled, Some(at("192.0.2.50:4000"))));
    assert_eq!(feed(&mut latch, &[(NAT, 1, 3)]), [Learning]);
}

#[test]
fn the_address_family_stays_and_mapped_ipv4_is_ipv4() {
    let mut latch = latch(LatchMode::Relaxed);
    assert_eq!(feed(&mut latch, &[("[2001:db8::1]:5000", 1, 1), ("[2001:db8::1]:5000", 1, 2)]), [Stray; 2]);
    let mapped = "[::ffff:192.0.2.1]:4000";
    assert_eq!(feed(&mut latch, &[(mapped, 1, 1), (SIGNALLED, 1, 2)]), [Peer; 2]);
    assert_eq!(latch.peer(), Some(at(mapped)), "as the socket knows it");
}

#[test]
fn strays_are_bounded() {
    let mut latch = Latch::new();
    for port in 1..=1000 {
        latch.admit(SocketAddr::from(([203, 0, 113, 9], port)), &header(1, 1), true);
    }
    assert_eq!((latch.strays().packets(), latch.strays().recent().count()), (1000, STRAYS_KEPT));
}
