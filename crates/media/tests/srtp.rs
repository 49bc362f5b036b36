//! What holds for a sender and a receiver with the same key, whatever the network does and whoever else sends.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what is wrong here fails the test")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::select;
use warden_media::relay::{Leg, LegSetup, Payload, Remote, Routes, Session, Side, Verdict};
use warden_media::rtp::{Fields, RtpHeader};
use warden_media::srtp::{
    MAX_GROWTH, MAX_MASTER_LEN, MasterKey, RECEIVED_SOURCES, Receiver, SENT_SOURCES, Sender, SrtpError, Suite,
};

fn key(suite: Suite, seed: u8) -> MasterKey {
    MasterKey::new(suite, &[seed; MAX_MASTER_LEN][..suite.master_len()]).unwrap()
}

fn pair(suite: Suite) -> (Sender, Receiver) {
    (Sender::new(&key(suite, 9)).unwrap(), Receiver::new(&key(suite, 9)).unwrap())
}

fn plain(ssrc: u32, sequence: u16) -> Vec<u8> {
    let mut packet = vec![u8::try_from(sequence % 251).unwrap(); 172];
    Fields { marker: false, payload_type: 0, sequence, timestamp: 160, ssrc }.write(&mut packet);
    packet
}

fn report(ssrc: u32) -> Vec<u8> {
    [&[0x80, 201, 0, 1][..], &ssrc.to_be_bytes(), &[0x81, 202, 0, 2, 0, 0, 0, 3, 1, 2, b'h', b'i']].concat()
}

fn sealed(sender: &mut Sender, plain: &[u8]) -> Option<Vec<u8>> {
    let mut packet = [plain, &[0; MAX_GROWTH]].concat();
    let len = sender.protect(&mut packet, plain.len())?;
    packet.truncate(len);
    Some(packet)
}

fn sealed_report(sender: &mut Sender, plain: &[u8]) -> Option<Vec<u8>> {
    let mut packet = [plain, &[0; MAX_GROWTH]].concat();
    let len = sender.protect_rtcp(&mut packet, plain.len())?;
    packet.truncate(len);
    Some(packet)
}

fn opened(receiver: &mut Receiver, sealed: &[u8]) -> Result<Vec<u8>, SrtpError> {
    let mut packet = sealed.to_vec();
    let len = receiver.unprotect(&mut packet)?;
    packet.truncate(len);
    Ok(packet)
}

fn opened_report(receiver: &mut Receiver, sealed: &[u8]) -> Result<Vec<u8>, SrtpError> {
    let mut packet = sealed.to_vec();
    let len = receiver.unprotect_rtcp(&mut packet)?;
    packet.truncate(len);
    Ok(packet)
}

#[test]
fn a_packet_grows_by_its_tag_and_keeps_its_header() {
    let growths = [(16, 20), (16, 20), (10, 14), (10, 14), (4, 14), (4, 14)];
    for (suite, (rtp, rtcp)) in Suite::ALL.into_iter().zip(growths) {
        let (mut sender, mut receiver) = pair(suite);
        let packet = sealed(&mut sender, &plain(1, 1)).unwrap();
        assert_eq!((packet.len(), &packet[..12]), (172 + rtp, &plain(1, 1)[..12]), "{suite:?}");
        assert_ne!(packet[12..172], plain(1, 1)[12..]);
        assert_eq!(opened(&mut receiver, &packet), Ok(plain(1, 1)));
        let packet = sealed_report(&mut sender, &report(1)).unwrap();
        assert_eq!((packet.len(), &packet[..8]), (20 + rtcp, &report(1)[..8]), "{suite:?}");
        assert_eq!(opened_report(&mut receiver, &packet), Ok(report(1)));
    }
}

#[test]
fn contributors_and_extension_stay_readable_and_are_authenticated() {
    let mut packet = plain(1, 1);
    packet[0] = 0xB2; // padding, extension, two contributors
    packet[12..32].copy_from_slice(&[0, 0, 0, 1, 0, 0, 0, 2, 0xBE, 0xDE, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8]);
    for suite in Suite::ALL {
        let (mut sender, mut receiver) = pair(suite);
        let sent = sealed(&mut sender, &packet).unwrap();
        assert_eq!(sent[..32], packet[..32]);
        assert_ne!(sent[32..172], packet[32..]);
        for at in 0..32 {
            let mut changed = sent.clone();
            changed[at] ^= 0x10;
            assert!(opened(&mut receiver, &changed).is_err(), "{suite:?}, byte {at}");
        }
        assert_eq!(opened(&mut receiver, &sent), Ok(packet.clone()));
    }
}

#[test]
fn a_stream_goes_on_over_the_end_of_its_sequence_numbers_with_loss_and_disorder() {
    for suite in Suite::ALL {
        let (mut sender, mut receiver) = pair(suite);
        let mut sent = Vec::new();
        for number in 0..200_000u32 {
            let sequence = u16::try_from((number + 65_000) % 65_536).unwrap();
            // Around each end, and now and then between.
            if sequence.wrapping_add(50) < 100 || sequence % 500 < 2 {
                sent.push((sealed(&mut sender, &plain(1, sequence)).unwrap(), sequence));
            }
        }
        for (index, pair) in sent.chunks(2).enumerate() {
            if index % 7 == 3 {
                continue;
            }
            for (packet, sequence) in pair.iter().rev() {
                assert_eq!(opened(&mut receiver, packet), Ok(plain(1, *sequence)), "{suite:?} {sequence}");
                assert_eq!(opened(&mut receiver, packet), Err(SrtpError::Replayed), "{suite:?} {sequence}");
            }
        }
    }
}

#[test]
fn a_stream_whose_first_round_was_lost_is_taken() {
    for suite in Suite::ALL {
        let (mut sender, mut receiver) = pair(suite);
        sealed(&mut sender, &plain(1, 65_535)).unwrap();
        let packet = sealed(&mut sender, &plain(1, 0)).unwrap();
        assert_eq!(opened(&mut receiver, &packet), Ok(plain(1, 0)), "{suite:?}");
        assert_eq!(opened(&mut receiver, &packet), Err(SrtpError::Replayed), "{suite:?}");
    }
}

#[test]
fn a_stream_that_has_gone_on_for_hours_elsewhere_is_taken() {
    for suite in Suite::ALL {
        let (mut sender, mut receiver) = pair(suite);
        for number in (0..8 * 65_536u32 - 9).step_by(9000) {
            sealed(&mut sender, &plain(1, u16::try_from(number % 65_536).unwrap())).unwrap();
        }
        let packet = sealed(&mut sender, &plain(1, 65_535)).unwrap();
        assert_eq!(opened(&mut receiver, &packet), Ok(plain(1, 65_535)), "{suite:?}");
        let next = sealed(&mut sender, &plain(1, 0)).unwrap();
        assert_eq!(opened(&mut receiver, &next), Ok(plain(1, 0)), "{suite:?}");
    }
}

#[test]
fn a_leg_begins_far_from_the_end_of_its_sequence_numbers() {
    #[expect(clippy::disallowed_methods, reason = "a beginning for simulated time")]
    let now = Instant::now();
    let address = SocketAddr::from(([192, 0, 2, 1], 4000));
    let routes = Routes::between(&[Payload::PCMU], &[Payload::PCMU]);
    let setup = LegSetup { remote: Some(Remote { rtp: address, rtcp: address }), routes, ..LegSetup::default() };
    let first = |seed| {
        let [a, b] = [seed, seed + 1].map(|seed| Leg::new(seed, now, Duration::ZERO));
        let mut session = Session::new(a, b);
        session.set_up(Side::A, &setup, now);
        session.set_up(Side::B, &setup, now);
        let mut packet = plain(1, 60_000);
        assert!(matches!(session.receive(Side::A, address, now, &mut packet, 172), Verdict::Forward { .. }));
        RtpHeader::parse(&packet).unwrap().sequence
    };
    let first: Vec<_> = (0..100).map(first).collect();
    assert!(first.iter().all(|sequence| *sequence <= 1 << 15) && first.iter().any(|sequence| *sequence > 1 << 13));
}

#[test]
fn nobody_else_takes_the_place_of_a_stream() {
    let suite = Suite::AesCm128HmacSha1_80;
    let (mut sender, mut receiver) = pair(suite);
    let mut stranger = Sender::new(&key(suite, 8)).unwrap();
    let first = sealed(&mut sender, &plain(1, 100)).unwrap();
    assert!(opened(&mut receiver, &first).is_ok());
    let (mut strange, mut other) = (0, Sender::new(&key(suite, 7)).unwrap());
    for number in 0..100u16 {
        let forged = sealed(&mut other, &plain(1, number)).unwrap();
        assert!(opened(&mut receiver, &forged).is_err());
        if let Some(forged) = sealed(&mut stranger, &plain(u32::from(number) + 2, number)) {
            assert_eq!(opened(&mut receiver, &forged), Err(SrtpError::Forged));
            strange += 1;
        }
    }
    assert_eq!(strange, SENT_SOURCES);
    assert_eq!(opened(&mut receiver, &first), Err(SrtpError::Replayed));
}

#[test]
fn a_sender_never_uses_a_number_twice() {
    let mut sender = Sender::new(&key(Suite::AeadAes128Gcm, 9)).unwrap();
    assert!(sealed(&mut sender, &plain(1, 200)).is_some());
    assert!(sealed(&mut sender, &plain(1, 199)).is_some());
    for sequence in [200, 199, 60] {
        assert_eq!(sealed(&mut sender, &plain(1, sequence)), None);
    }
    for ssrc in 2..20 {
        let is_within = ssrc <= u32::try_from(SENT_SOURCES).unwrap();
        assert_eq!(sealed(&mut sender, &plain(ssrc, 1)).is_some(), is_within, "{ssrc}");
    }
    assert!(sealed(&mut sender, &plain(1, 201)).is_some());
}

#[test]
fn a_new_stream_of_the_peer_makes_the_most_silent_one_forgotten() {
    let (mut sender, mut receiver) = pair(Suite::AeadAes128Gcm);
    let first = sealed(&mut sender, &plain(1, 1)).unwrap();
    assert!(opened(&mut receiver, &first).is_ok());
    for ssrc in 2..=u32::try_from(RECEIVED_SOURCES).unwrap() {
        assert!(opened(&mut receiver, &sealed(&mut sender, &plain(ssrc, 1)).unwrap()).is_ok());
    }
    assert!(opened(&mut receiver, &sealed(&mut sender, &plain(1, 2)).unwrap()).is_ok());
    assert!(opened(&mut receiver, &sealed(&mut sender, &plain(9, 1)).unwrap()).is_ok());
    assert_eq!(opened(&mut receiver, &first), Err(SrtpError::Replayed));
}

#[test]
fn without_room_nothing_is_sent_and_no_number_used() {
    for suite in Suite::ALL {
        let (mut sender, mut receiver) = pair(suite);
        let mut packet = plain(1, 1);
        assert_eq!(sender.protect(&mut packet, 172), None);
        assert_eq!((sender.protect(&mut packet, 173), sender.protect(&mut packet, 11)), (None, None));
        assert_eq!((sender.protect_rtcp(&mut packet, 172), sender.protect_rtcp(&mut packet, 7)), (None, None));
        assert_eq!(packet, plain(1, 1));
        assert_eq!(opened(&mut receiver, &sealed(&mut sender, &packet).unwrap()), Ok(packet));
    }
}

#[test]
fn encryption_allocates_nothing() {
    for suite in Suite::ALL {
        let (mut sender, mut receiver) = pair(suite);
        let mut packet = [0; 172 + MAX_GROWTH];
        let counted = allocation_counter::measure(|| {
            for sequence in 1..500u16 {
                Fields { marker: false, payload_type: 0, sequence, timestamp: 0, ssrc: 1 }.write(&mut packet);
                let len = sender.protect(&mut packet, 172).unwrap();
                assert_eq!(receiver.unprotect(&mut packet[..len]), Ok(172));
                packet[..4].copy_from_slice(&[0x80, 201, 0, 1]);
                let len = sender.protect_rtcp(&mut packet, 32).unwrap();
                assert_eq!(receiver.unprotect_rtcp(&mut packet[..len]), Ok(32));
            }
        });
        assert_eq!(counted.count_total, 0, "{suite:?}");
    }
}

#[test]
fn keys_are_not_printed() {
    for suite in Suite::ALL {
        let (mut sender, mut receiver) = pair(suite);
        opened(&mut receiver, &sealed(&mut sender, &plain(1, 1)).unwrap()).unwrap();
        let printed = format!("{sender:?} {receiver:?}");
        assert!(printed.len() < 1000 && !printed.contains("9, 9"), "{printed}");
    }
}

proptest! {
    #[test]
    fn no_bytes_panic_and_none_are_taken(
        bytes in proptest::collection::vec(any::<u8>(), 0..120),
        flags in prop_oneof![Just(None), (0x80..=0xBFu8).prop_map(Some)],
        suite in select(&Suite::ALL[..]),
    ) {
        let mut bytes = bytes;
        if let (Some(flags), Some(first)) = (flags, bytes.first_mut()) {
            *first = flags;
        }
        // With 80 bits or more no chance will do.
        let suite = if suite.name().ends_with("32") { Suite::AeadAes128Gcm } else { suite };
        let (mut sender, mut receiver) = pair(suite);
        prop_assert!(opened(&mut receiver, &bytes).is_err());
        prop_assert!(opened_report(&mut receiver, &bytes).is_err());
        for len in 0..bytes.len() + 2 {
            let mut packet = bytes.clone();
            let _ = sender.protect(&mut packet, len);
            let _ = sender.protect_rtcp(&mut packet, len);
        }
        if let Some(packet) = sealed(&mut sender, &bytes) {
            prop_assert_eq!(opened(&mut receiver, &packet), Ok(bytes.clone()));
        }
        if let Some(packet) = sealed_report(&mut sender, &bytes) {
            prop_assert_eq!(opened_report(&mut receiver, &packet), Ok(bytes));
        }
    }

    #[test]
    fn a_flipped_bit_anywhere_is_refused(bit in 0..8 * 192usize, suite in select(&Suite::ALL[..])) {
        let (mut sender, mut receiver) = pair(suite);
        let packet = sealed(&mut sender, &plain(1, 1)).unwrap();
        let mut changed = packet.clone();
        let bit = bit % (8 * packet.len());
        changed[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(opened(&mut receiver, &changed).is_err());
        prop_assert_eq!(opened(&mut receiver, &packet), Ok(plain(1, 1)));
        let packet = sealed_report(&mut sender, &report(1)).unwrap();
        let mut changed = packet.clone();
        let bit = bit % (8 * packet.len());
        changed[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(opened_report(&mut receiver, &changed).is_err());
        prop_assert_eq!(opened_report(&mut receiver, &packet), Ok(report(1)));
    }

    #[test]
    fn any_order_within_the_window_is_taken_once(
        order in Just((0..100u16).collect::<Vec<_>>()).prop_shuffle(),
        first in any::<u16>(),
        suite in select(&Suite::ALL[..]),
    ) {
        let (mut sender, mut receiver) = pair(suite);
        let sent: Vec<_> = (0..100).map(|n| sealed(&mut sender, &plain(1, first.wrapping_add(n))).unwrap()).collect();
        // The first packet tells which round it is; before the first one there is none.
        prop_assert!(opened(&mut receiver, &sent[0]).is_ok());
        for number in order {
            let expected = if number == 0 { Err(SrtpError::Replayed) } else { Ok(plain(1, first.wrapping_add(number))) };
            prop_assert_eq!(opened(&mut receiver, &sent[usize::from(number)]), expected);
            prop_assert_eq!(opened(&mut receiver, &sent[usize::from(number)]), Err(SrtpError::Replayed));
        }
    }
}
