//! A leg's encryption goes on through every new agreement: repeated keys, new ones, and what is still on its way.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what is wrong here fails the test")]

use warden_media::rtp::Fields;
use warden_media::srtp::{MAX_GROWTH, MAX_MASTER_LEN, MasterKey, Protection, Sender, SrtpError, SrtpKeys, Suite};

fn key(suite: Suite, seed: u8) -> MasterKey {
    MasterKey::new(suite, &[seed; MAX_MASTER_LEN][..suite.master_len()]).unwrap()
}

fn keys(suite: Suite, send: u8, receive: u8) -> SrtpKeys {
    SrtpKeys { send: key(suite, send), receive: key(suite, receive) }
}

fn plain(sequence: u16) -> Vec<u8> {
    let mut packet = vec![7; 172];
    Fields { marker: false, payload_type: 0, sequence, timestamp: 160, ssrc: 5 }.write(&mut packet);
    packet
}

fn sealed(protect: impl FnOnce(&mut [u8], usize) -> Option<usize>, sequence: u16) -> Option<Vec<u8>> {
    let mut packet = [plain(sequence), vec![0; MAX_GROWTH]].concat();
    let len = protect(&mut packet, 172)?;
    packet.truncate(len);
    Some(packet)
}

fn opened(protection: &mut Protection, packet: &[u8]) -> Result<Vec<u8>, SrtpError> {
    let mut packet = packet.to_vec();
    let len = protection.unprotect(&mut packet)?;
    packet.truncate(len);
    Ok(packet)
}

#[test]
fn a_repeated_agreement_changes_nothing() {
    for suite in Suite::ALL {
        let (ours, theirs) = (keys(suite, 1, 2), keys(suite, 2, 1));
        let (mut a, mut b) = (Protection::new(&ours).unwrap(), Protection::new(&theirs).unwrap());
        let sent: Vec<_> = [65_000, 65_535, 0].map(|n| sealed(|p, len| a.protect(p, len), n).unwrap()).into();
        for packet in &sent {
            opened(&mut b, packet).unwrap();
        }
        a.follow(&ours).unwrap();
        b.follow(&theirs).unwrap();
        assert_eq!(sealed(|p, len| a.protect(p, len), 0), None, "{suite:?} sent before");
        assert_eq!(opened(&mut b, &sent[2]), Err(SrtpError::Replayed), "{suite:?}");
        let next = sealed(|p, len| a.protect(p, len), 1).unwrap();
        assert_eq!(opened(&mut b, &next), Ok(plain(1)), "{suite:?}");
    }
}

#[test]
fn what_was_on_its_way_when_the_key_changed_is_still_heard() {
    for suite in Suite::ALL {
        let mut leg = Protection::new(&keys(suite, 1, 2)).unwrap();
        let (mut old, mut new) = (Sender::new(&key(suite, 2)).unwrap(), Sender::new(&key(suite, 3)).unwrap());
        let late: Vec<_> = [10, 11, 12].map(|n| sealed(|p, len| old.protect(p, len), n).unwrap()).into();
        opened(&mut leg, &late[0]).unwrap();
        leg.follow(&keys(suite, 1, 3)).unwrap();
        assert_eq!(opened(&mut leg, &late[0]), Err(SrtpError::Replayed), "{suite:?}");
        assert_eq!(opened(&mut leg, &late[1]), Ok(plain(11)), "{suite:?}");
        let first = sealed(|p, len| new.protect(p, len), 13).unwrap();
        assert_eq!(opened(&mut leg, &first), Ok(plain(13)), "{suite:?}");
        assert_eq!(opened(&mut leg, &late[2]), Err(SrtpError::Forged), "{suite:?} the old key is over");
    }
}

#[test]
fn with_a_new_key_a_stream_may_go_on_counting_or_begin_again() {
    for suite in Suite::ALL {
        let mut leg = Protection::new(&keys(suite, 1, 2)).unwrap();
        let (mut old, mut going_on) = (Sender::new(&key(suite, 2)).unwrap(), Sender::new(&key(suite, 3)).unwrap());
        // Four rounds, in steps that can be followed; the other sender has no packet heard on the way.
        for number in 0..9u32 {
            let sequence = u16::try_from(number * 30_000 % 65_536).unwrap();
            opened(&mut leg, &sealed(|p, len| old.protect(p, len), sequence).unwrap()).unwrap();
            sealed(|p, len| going_on.protect(p, len), sequence).unwrap();
        }
        let next = u16::try_from((240_000 + 5) % 65_536).unwrap();
        let continued = sealed(|p, len| going_on.protect(p, len), next).unwrap();
        let begun = sealed(|p, len| Sender::new(&key(suite, 4)).unwrap().protect(p, len), next).unwrap();
        leg.follow(&keys(suite, 1, 3)).unwrap();
        assert_eq!(opened(&mut leg, &continued), Ok(plain(next)), "{suite:?}");
        assert_eq!(opened(&mut leg, &continued), Err(SrtpError::Replayed), "{suite:?}");
        leg.follow(&keys(suite, 1, 4)).unwrap();
        assert_eq!(opened(&mut leg, &begun), Ok(plain(next)), "{suite:?}");
    }
}

#[test]
fn the_suite_may_change_with_the_key() {
    let mut leg = Protection::new(&keys(Suite::AesCm128HmacSha1_80, 1, 2)).unwrap();
    let suite = Suite::AeadAes256Gcm;
    leg.follow(&keys(suite, 3, 4)).unwrap();
    let mut other = Protection::new(&keys(suite, 4, 3)).unwrap();
    let there = sealed(|p, len| leg.protect(p, len), 1).unwrap();
    assert_eq!(opened(&mut other, &there), Ok(plain(1)));
    let back = sealed(|p, len| other.protect(p, len), 1).unwrap();
    assert_eq!(opened(&mut leg, &back), Ok(plain(1)));
}

#[test]
fn reports_follow_the_keys_too() {
    let suite = Suite::AesCm128HmacSha1_32;
    let report = [&[0x80, 201, 0, 1, 0, 0, 0, 5][..], &[0; MAX_GROWTH]].concat();
    let mut leg = Protection::new(&keys(suite, 1, 2)).unwrap();
    let mut old = Protection::new(&keys(suite, 2, 1)).unwrap();
    leg.follow(&keys(suite, 1, 3)).unwrap();
    let mut new = Protection::new(&keys(suite, 3, 1)).unwrap();
    let mut hears = |sender: &mut Protection| {
        let mut packet = report.clone();
        let len = sender.protect_rtcp(&mut packet, 8).unwrap();
        leg.unprotect_rtcp(&mut packet[..len])
    };
    assert_eq!((hears(&mut old), hears(&mut new), hears(&mut old)), (Ok(8), Ok(8), Err(SrtpError::Forged)));
    let mut packet = report;
    let len = leg.protect_rtcp(&mut packet, 8).unwrap();
    assert_eq!(new.unprotect_rtcp(&mut packet[..len]), Ok(8));
}

#[test]
fn a_key_of_ours_that_comes_back_goes_on_counting() {
    let report = [&[0x80, 201, 0, 1, 0, 0, 0, 5][..], &[0; MAX_GROWTH]].concat();
    for suite in Suite::ALL {
        let mut leg = Protection::new(&keys(suite, 1, 2)).unwrap();
        let sent = |leg: &mut Protection| {
            let mut packet = report.clone();
            let len = leg.protect_rtcp(&mut packet, 8).unwrap();
            packet.truncate(len);
            packet
        };
        let first = sent(&mut leg);
        assert!(sealed(|p, len| leg.protect(p, len), 1).is_some());
        leg.follow(&keys(suite, 3, 2)).unwrap();
        assert!(sealed(|p, len| leg.protect(p, len), 1).is_some(), "under another key");
        leg.follow(&keys(suite, 1, 2)).unwrap();
        assert_ne!(sent(&mut leg), first, "{suite:?}: the same number twice");
        assert_eq!(sealed(|p, len| leg.protect(p, len), 1), None, "{suite:?}: the same number twice");
    }
}
