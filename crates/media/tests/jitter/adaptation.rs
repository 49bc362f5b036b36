//! How long sound waits, and what that is worth.

use warden_media::jitter::Played;

use crate::listening::tone;
use crate::stream::{PCMA, Random, Sent, jitter, packets, play};

fn speech(seconds: u32) -> Vec<Sent> {
    packets(PCMA, 20, &tone(8000, 333.0, seconds * 1000))
}

#[test]
fn without_jitter_sound_waits_for_two_frames_at_most_and_nothing_is_changed() {
    let run = play(PCMA, &speech(20));
    let end = run.last();
    assert!(run.delays_ms(1..20).iter().all(|delay| (20..=40).contains(delay)), "{end:?}");
    assert_eq!((end.lost, end.underruns, end.made_up_frames), (0, 0, 4), "{end:?}");
    assert_eq!((end.shortened + end.lengthened).as_millis(), 0);
    assert!(run.played[..2].contains(&Played::Sound));
}

#[test]
fn the_delay_becomes_what_the_jitter_asks_for_and_then_nothing_runs_dry() {
    for jitter_ms in [10, 30, 60, 100, 150] {
        let mut sent = speech(60);
        jitter(&mut sent, jitter_ms * 1000, &mut Random(3));
        let run = play(PCMA, &sent);
        let (early, end) = (run.at_s(10), run.at_s(60));
        let missing = (end.lost - early.lost, end.underruns - early.underruns);
        let delays = run.delays_ms(10..60);
        let mean = delays.iter().sum::<u128>() / 2500;
        assert!(missing.0 + missing.1 <= 50 * 50 / 50, "{jitter_ms}: {missing:?}, {end:?}");
        let wanted = u128::from(jitter_ms).max(20);
        assert!((wanted * 9 / 10..=wanted + 30).contains(&mean), "{jitter_ms} ms: {mean}, {end:?}");
    }
}

#[test]
fn a_few_stragglers_do_not_hold_up_all_the_others() {
    let mut sent = speech(60);
    let mut random = Random(5);
    jitter(&mut sent, 20_000, &mut random);
    for packet in sent.iter_mut().skip(100).filter(|_| random.one_in(200)) {
        packet.arrives_us += 120_000;
    }
    let run = play(PCMA, &sent);
    let mean = run.delays_ms(20..60).iter().sum::<u128>() / 2000;
    assert!(mean < 75, "{mean} {:?}", run.last());
}

#[test]
fn a_spike_raises_the_delay_at_once_and_it_comes_back() {
    let mut sent = speech(60);
    // From 20 s on, for one second, packets take up to 150 ms longer.
    let mut random = Random(1);
    jitter(&mut sent[1000..1050], 150_000, &mut random);
    let run = play(PCMA, &sent);
    let highest = *run.delays_ms(20..22).iter().max().unwrap();
    assert!(highest >= 100, "{highest}");
    let after = run.delays_ms(55..60);
    assert!(after.iter().all(|delay| *delay <= 60), "{after:?}");
    let (during, end) = (run.at_s(21), run.last());
    assert_eq!(end.lost, during.lost);
    assert!(during.lost + during.underruns <= 16, "{during:?}");
}

#[test]
fn a_network_that_stood_still_is_caught_up_with() {
    let mut sent = speech(30);
    // Nothing for 700 ms, then all at once.
    for packet in &mut sent[500..535] {
        packet.arrives_us = 535 * 20_000;
    }
    let run = play(PCMA, &sent);
    let after = run.delays_ms(11..12);
    assert!(after.iter().all(|delay| *delay <= 260), "{after:?}");
    assert!(run.delays_ms(28..30).iter().all(|delay| *delay <= 60), "{:?}", run.delays_ms(28..30));
    assert!(run.played[536..].iter().take(5).any(|played| *played == Played::Sound));
    assert!(run.played[540..1499].iter().all(|played| *played == Played::Sound));
}

#[test]
fn a_longer_way_is_got_used_to() {
    let mut sent = speech(30);
    sent[500..].iter_mut().for_each(|packet| packet.arrives_us += 90_000);
    let run = play(PCMA, &sent);
    assert_eq!(run.last().underruns, 1, "{:?}", run.last());
    assert_eq!(run.last().lost, 0);
    assert!(run.delays_ms(16..30).iter().all(|delay| *delay <= 45), "{:?}", run.delays_ms(16..30));
}

#[test]
fn overtaken_and_repeated_packets_change_nothing() {
    let mut sent = speech(20);
    let clean = play(PCMA, &sent);
    // Every tenth packet is overtaken by the next one, every seventh comes twice.
    sent.iter_mut().skip(100).step_by(10).for_each(|packet| packet.arrives_us += 22_000);
    let twice: Vec<Sent> = sent.iter().step_by(7).cloned().collect();
    let repeated = u64::try_from(twice.len()).unwrap();
    sent.extend(twice.into_iter().map(|packet| Sent { arrives_us: packet.arrives_us + 3000, ..packet }));
    let run = play(PCMA, &sent);
    let end = run.last();
    assert_eq!((end.duplicates, end.lost, clean.last().lost), (repeated, 0, 0), "{end:?}");
    assert!(end.underruns <= 3 && run.played[200..990].iter().all(|played| *played == Played::Sound));
}
