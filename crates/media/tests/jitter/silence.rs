//! Nobody speaks: silence that is not sent, with and without a description of its noise.

use warden_codec::{Codec, opus};
use warden_media::jitter::Played;

use crate::listening::{AMPLITUDE, clicks, root_mean_square, tone};
use crate::stream::{Carries, PCMA, Sent, packets, play};

/// Speaks from 0 to 1 s and from 3 to 4 s. Numbers go on as if nothing were missing.
fn talk(between: impl Fn(&Sent) -> Option<Carries>) -> Vec<Sent> {
    let all = packets(PCMA, 20, &tone(8000, 333.0, 4000));
    let mut next = 70_000;
    let mut sent = Vec::new();
    for (at, mut packet) in all.into_iter().enumerate() {
        if (50..150).contains(&at) {
            match between(&packet) {
                Some(carries) => packet.carries = carries,
                None => continue,
            }
        }
        (packet.extended, next) = (next, next + 1);
        sent.push(packet);
    }
    sent
}

fn level_db(samples: &[i16]) -> f64 {
    20.0 * (root_mean_square(samples) / 32_768.0).log10()
}

/// The frames in the middle of the silence, and those when sound has come again.
fn is_told_apart(sent: &[Sent], quiet: Played) -> Vec<i16> {
    let run = play(PCMA, sent);
    let end = run.last();
    assert!(run.played[60..148].iter().all(|played| *played == quiet), "{:?}", &run.played[50..150]);
    assert!(run.played[152..198].iter().all(|played| *played == Played::Sound), "{:?}", &run.played[148..]);
    assert!(run.played[5..48].iter().all(|played| *played == Played::Sound));
    assert_eq!((end.lost, end.underruns, end.late), (0, 0, 0), "{end:?}");
    let found = clicks(&run.heard[20 * 160..], 333.0, 8000);
    assert_eq!(found, 0, "clicks");
    run.heard
}

#[test]
fn silence_that_is_not_sent_is_silence_and_no_loss() {
    let heard = is_told_apart(&talk(|_| None), Played::Noise);
    assert!(level_db(&heard[70 * 160..140 * 160]) < -44.0, "no louder than a background may be");
}

#[test]
fn comfort_noise_is_heard_at_its_level_until_sound_comes_again() {
    for below_db in [40, 55] {
        let first = 70_050;
        let heard = is_told_apart(
            &talk(|packet| (packet.extended == first).then(|| Carries::Noise(vec![below_db, 100, 140]))),
            Played::Noise,
        );
        let level = level_db(&heard[70 * 160..140 * 160]);
        assert!((level + f64::from(below_db)).abs() < 1.5, "{level} instead of -{below_db}");
    }
}

#[test]
fn comfort_noise_changes_when_it_is_described_anew() {
    let describe = |packet: &Sent| match packet.extended {
        70_050 => Some(Carries::Noise(vec![40])),
        70_100 => Some(Carries::Noise(vec![60])),
        _ => None,
    };
    let heard = is_told_apart(&talk(describe), Played::Noise);
    assert!((level_db(&heard[70 * 160..98 * 160]) + 40.0).abs() < 1.5);
    assert!((level_db(&heard[110 * 160..145 * 160]) + 60.0).abs() < 1.5);
}

#[test]
fn a_noise_of_no_level_is_silence() {
    is_told_apart(&talk(|packet| (packet.extended == 70_050).then(|| Carries::Noise(vec![127]))), Played::Silence);
}

#[test]
fn digits_between_sound_are_no_loss() {
    // Every packet of the event has a number of its own and the time of its beginning.
    let mut sent = talk(|_| Some(Carries::Nothing));
    let began = sent[50].timestamp;
    sent[50..150].iter_mut().for_each(|packet| packet.timestamp = began);
    is_told_apart(&sent, Played::Noise);
}

#[test]
fn without_a_description_the_quietest_moments_before_are_what_goes_on() {
    // A hum of some -60 dBov after the tone, for two seconds.
    let hum = tone(8000, 200.0, 2000).iter().map(|sample| sample / 130).collect::<Vec<_>>();
    let sent = packets(PCMA, 20, &[tone(8000, 333.0, 1000), hum].concat());
    let run = play(PCMA, &sent);
    let after = &run.heard[158 * 160..];
    assert!((level_db(after) - level_db(&run.heard[100 * 160..140 * 160])).abs() < 3.0, "{}", level_db(after));
}

#[test]
fn opus_that_sends_next_to_nothing_in_silence_goes_on() {
    // Between 1 s and 3 s one packet of 20 is sent, as with DTX.
    let opus = Codec::Opus(opus::Parameters::default());
    let quiet = vec![0; 96_000];
    let sound = [tone(48_000, 333.0, 1000), quiet, tone(48_000, 333.0, 1000)].concat();
    let mut number = 70_000;
    let mut sent = packets(opus, 20, &sound);
    sent.retain(|packet| {
        let at = packet.extended - 70_000;
        !(60..150).contains(&at) || at.is_multiple_of(20)
    });
    for packet in &mut sent {
        (packet.extended, number) = (number, number + 1);
    }
    let run = play(opus, &sent);
    let end = run.last();
    assert_eq!((end.lost, end.underruns), (0, 0), "{end:?}");
    assert!(run.played[153..198].iter().all(|played| *played == Played::Sound), "{:?}", &run.played[140..160]);
    assert!(root_mean_square(&run.heard[100 * 960..140 * 960]) < AMPLITUDE / 100.0);
}
