//! The pool and the relay, without a core to command them.

use std::net::Ipv4Addr;

use warden_codec::g711::Law;
use warden_media::dtmf::DigitSetup;
use warden_media::latch::LatchMode;
use warden_media::relay::{Direction, LegSetup, Payload, Remote, Routes};
use warden_media::rtp::{Fields, RtpHeader};

use super::*;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1));
const CALL: CallId = CallId(7);

fn leg(rtp: u16, host: u8, from: Payload, to: Payload) -> LegOpening {
    let peer = SocketAddr::from(([192, 0, 2, host], 4000));
    let setup = LegSetup {
        remote: Some(Remote { rtp: peer, rtcp: SocketAddr::new(peer.ip(), 4001) }),
        mode: LatchMode::Strict,
        direction: Direction::SendRecv,
        routes: Routes::between(&[from], &[to]),
        voice: None,
        tones: None,
        digits: DigitSetup::default(),
        srtp: None,
        is_fax: false,
        answered: true,
    };
    LegOpening { ports: PortPair { address: HERE, rtp }, setup }
}

fn opened(start: Instant) -> MediaNode {
    let mut node = MediaNode::new(HERE, start);
    node.is_simulated = true;
    node.set_ports(3);
    node.begin();
    let legs = Box::new([leg(10_000, 1, Payload::PCMU, Payload::PCMA), leg(10_002, 2, Payload::PCMA, Payload::PCMU)]);
    node.carry_out(MediaCommand::Open { call: CALL, legs }, start);
    node
}

fn events(node: &mut MediaNode) -> Vec<MediaEvent> {
    std::iter::from_fn(|| node.poll_event()).collect()
}

#[test]
fn a_packet_comes_out_at_the_other_leg_in_the_other_law() {
    let start = Instant::now();
    let mut node = opened(start);
    let mut bytes = vec![Law::Pcmu.encode(8000); 172];
    Fields { marker: false, payload_type: 0, sequence: 1, timestamp: 0, ssrc: 5 }.write(&mut bytes).unwrap();
    let from = SocketAddr::from(([192, 0, 2, 1], 4000));
    let sent = node.receive(Datagram { from, to: SocketAddr::new(HERE, 10_000), bytes }, start);
    let [packet] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(packet.from, SocketAddr::new(HERE, 10_002));
    assert_eq!(packet.to, SocketAddr::from(([192, 0, 2, 2], 4000)));
    let header = RtpHeader::parse(&packet.bytes).unwrap();
    assert_eq!(header.payload_type, 8);
    let level = Law::Pcma.decode(header.payload(&packet.bytes)[0]);
    assert!(level.abs_diff(8000) < 300, "{level}");
}

#[test]
fn ports_come_back_when_a_session_is_closed_or_a_leg_replaced() {
    let start = Instant::now();
    let mut node = opened(start);
    assert_eq!((node.free_ports(), node.open().collect::<Vec<_>>()), (1, vec![CALL]));
    let leg = Box::new(leg(10_004, 3, Payload::PCMA, Payload::PCMU));
    node.carry_out(MediaCommand::Replace { call: CALL, side: Side::B, leg }, start);
    node.carry_out(MediaCommand::Close { call: CALL }, start);
    assert_eq!((node.free_ports(), node.open().count()), (3, 0));
    let told: Vec<_> = events(&mut node)
        .into_iter()
        .filter_map(|event| match event {
            MediaEvent::Ports(pairs) => Some(pairs.iter().map(|pair| pair.rtp).collect::<Vec<_>>()),
            MediaEvent::Closed { .. } => Some(vec![0]),
            MediaEvent::NoMorePorts { .. }
            | MediaEvent::Silent { .. }
            | MediaEvent::WrongKey { .. }
            | MediaEvent::AudioBack { .. }
            | MediaEvent::Digit { .. }
            | MediaEvent::Recording { .. }
            | MediaEvent::Dead { .. } => None,
        })
        .collect();
    assert_eq!(told, [vec![10_000, 10_002, 10_004], vec![10_002], vec![0], vec![10_000, 10_004]]);
    assert_eq!(node.faults, [""; 0]);
}

#[test]
fn what_makes_no_sense_is_noted() {
    let start = Instant::now();
    let mut node = opened(start);
    node.carry_out(MediaCommand::Bind { address: HERE, count: 1 }, start);
    assert_eq!(events(&mut node).last(), Some(&MediaEvent::NoMorePorts { address: HERE }));
    let taken = Box::new(leg(10_000, 3, Payload::PCMA, Payload::PCMU));
    node.carry_out(MediaCommand::Replace { call: CALL, side: Side::B, leg: taken }, start);
    node.carry_out(MediaCommand::Close { call: CallId(8) }, start);
    node.carry_out(MediaCommand::Bind { address: Ipv4Addr::LOCALHOST.into(), count: 1 }, start);
    let close = "Close of 0000000000000008, which is not open";
    assert_eq!(node.faults, ["port 10000 is in use", close, "Bind at 127.0.0.1, where nobody listens"]);
}

#[test]
fn a_leg_that_says_nothing_dies_after_a_minute() {
    let start = Instant::now();
    let mut node = opened(start);
    events(&mut node);
    while let Some(now) = node.next_timeout().filter(|at| *at <= start + Duration::from_secs(70)) {
        node.handle_timeout(now);
    }
    let dead = [Side::A, Side::B].map(|side| MediaEvent::Dead { call: CALL, side });
    let told = events(&mut node);
    assert!(told.ends_with(&dead), "{told:?}");
}
