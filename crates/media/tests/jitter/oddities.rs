//! What senders do: other sources, timestamps that jump, stand still or run at a wrong rate, payloads that are none.

use std::time::Duration;

use warden_codec::Codec;
use warden_media::jitter::{Content, JitterBuffer, Packet, Played};

use crate::listening::{amplitude, clicks, tone};
use crate::stream::{Carries, PCMA, Run, Sent, packets, play, start};

const SWITCH: usize = 100;

fn four_seconds() -> Vec<Sent> {
    packets(PCMA, 20, &tone(8000, 333.0, 4000))
}

/// From the 100th packet on, which comes at 2 s, something is different.
fn change(sent: &mut [Sent], what: impl Fn(u32, &mut Sent)) {
    (0..).zip(&mut sent[SWITCH..]).for_each(|(at, packet)| what(at, packet));
}

/// Sound goes on within two frames, no more than those are not sound, and it does not click.
fn goes_on(run: &Run, what: &str) {
    let from = SWITCH + 3; // two frames after the pull that follows
    assert!(run.played[from..198].iter().all(|played| *played == Played::Sound), "{what}: {:?}", &run.played[98..150]);
    assert!(run.played[5..SWITCH].iter().all(|played| *played == Played::Sound), "{what}: {:?}", &run.played[..SWITCH]);
    let heard = &run.heard[(from + 2) * 160..190 * 160];
    assert!(amplitude(heard, 333.0, 8000) > 5500.0, "{what}");
    assert!(clicks(&run.heard[10 * 160..190 * 160], 333.0, 8000) <= 1, "{what}");
}

#[test]
fn another_source_is_heard_within_two_frames() {
    let mut sent = four_seconds();
    change(&mut sent, |at, packet| {
        (packet.epoch, packet.extended) = (2, 69_900 + u64::from(at));
        packet.timestamp = 777 + 160 * at;
    });
    goes_on(&play(PCMA, &sent), "another source");
}

#[test]
fn numbers_that_begin_anew_are_heard_without_being_told() {
    let mut sent = four_seconds();
    change(&mut sent, |at, packet| packet.extended = 65_536 + u64::from(at));
    goes_on(&play(PCMA, &sent), "numbers anew");
}

#[test]
fn timestamps_may_jump_anywhere() {
    for jump in [1 << 31, 1000, 3_999_999_999, 40_000_000, 0u32.wrapping_sub(8000), 8000 * 30, 320, 480] {
        let mut sent = four_seconds();
        change(&mut sent, |_, packet| packet.timestamp = packet.timestamp.wrapping_add(jump));
        let run = play(PCMA, &sent);
        goes_on(&run, &format!("by {jump}"));
        assert!(
            run.last().lost == 0 && run.delays_ms(3..4).iter().all(|delay| *delay < 120),
            "{jump} {:?}",
            run.last()
        );
    }
}

#[test]
fn a_phone_that_held_goes_on_however_it_counted_meanwhile() {
    for (what, ticks) in [("as if no time had passed", 0), ("by the time", 5 * 8000), ("anew", 1_234_567_890u32)] {
        let mut sent = four_seconds();
        change(&mut sent, |_, packet| {
            packet.arrives_us += 5_000_000;
            packet.timestamp = packet.timestamp.wrapping_add(ticks);
        });
        let run = play(PCMA, &sent);
        assert!(run.played[110..345].iter().all(|played| *played == Played::Noise), "{what}");
        assert!(
            run.played[353..440].iter().all(|played| *played == Played::Sound),
            "{what} {:?}",
            &run.played[345..370]
        );
        assert_eq!((run.last().lost, run.last().underruns), (0, 0), "{what}");
        assert!(run.delays_ms(8..9).iter().all(|delay| *delay <= 60), "{what}: {:?}", run.last());
    }
}

#[test]
fn timestamps_may_run_at_any_rate_or_not_at_all() {
    for (numerator, denominator) in [(2, 1), (6, 1), (1, 2), (0, 1), (3, 2)] {
        let mut sent = four_seconds();
        change(&mut sent, |at, packet| packet.timestamp = 5000 + at * 160 * numerator / denominator);
        let run = play(PCMA, &sent);
        goes_on(&run, &format!("{numerator}/{denominator}"));
        assert!(run.delays_ms(3..4).iter().all(|delay| *delay < 260), "{:?}", run.last());
    }
}

#[test]
fn what_is_no_payload_sounds_as_if_it_were_lost() {
    let mut sent = packets(
        Codec::G726(warden_codec::g726::Rate::Kbit24, warden_codec::g726::Packing::Rfc3551),
        20,
        &tone(8000, 333.0, 2000),
    );
    sent[50].carries = Carries::Sound(vec![1]);
    sent[60].carries = Carries::Sound(vec![1; 9000]);
    let run = play(Codec::G726(warden_codec::g726::Rate::Kbit24, warden_codec::g726::Packing::Rfc3551), &sent);
    assert_eq!((run.last().unreadable, run.last().lost), (2, 1), "{:?}", run.last());
    assert_eq!(run.played[5..95].iter().filter(|played| **played == Played::MadeUp).count(), 2);
}

#[test]
fn an_owner_who_pulls_late_hears_what_is_new() {
    let (start, sent) = (start(), four_seconds());
    let mut buffer = JitterBuffer::new(PCMA, 8000).unwrap();
    let mut frame = [0; 160];
    let mut played = Vec::new();
    for (number, packet) in (0u32..).zip(&sent) {
        let now = start + Duration::from_millis(20) * number;
        let Carries::Sound(payload) = &packet.carries else { continue };
        let Sent { epoch, extended, timestamp, .. } = *packet;
        buffer.put(now, Packet { epoch, extended, timestamp, content: Content::Sound(payload) });
        if number >= 100 {
            played.push(buffer.pull(now, &mut frame));
        }
    }
    assert!(played.iter().all(|played| *played == Played::Sound), "{played:?}");
    assert!(buffer.statistics().delay < Duration::from_millis(120), "{:?}", buffer.statistics());
}

#[test]
fn before_anything_came_there_is_silence() {
    let mut buffer = JitterBuffer::new(PCMA, 16_000).unwrap();
    let mut frame = [7; 320];
    assert_eq!(buffer.pull(start(), &mut frame), Played::Silence);
    assert_eq!(frame, [0; 320]);
    assert!(JitterBuffer::new(PCMA, 44_100).is_none());
}
