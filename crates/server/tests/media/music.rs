//! Music on hold over real sockets: one decoding for all who hear it, on whichever thread they are.

use std::f64::consts::TAU;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use warden_call::media::MediaCommand;
use warden_codec::g711::Law;
use warden_media::relay::{Program, Side};
use warden_media::station::{Class, SAMPLE_RATE_HZ};
use warden_server::music::{Music, MusicSource};

use crate::rig::{HOST, Phone, Rig};

/// Every class is a sine of the frequency in its name.
#[derive(Debug, Default, Clone)]
struct Sines {
    begun: Arc<AtomicUsize>,
}

struct Sine {
    hz: f64,
    position: u32,
}

impl MusicSource for Sines {
    fn begin(&mut self, class: &Class) -> Box<dyn Music> {
        self.begun.fetch_add(1, Ordering::Relaxed);
        Box::new(Sine { hz: class.name().parse().unwrap(), position: 0 })
    }
}

impl Music for Sine {
    fn read(&mut self, samples: &mut [i16]) -> usize {
        for sample in &mut *samples {
            let phase = TAU * self.hz * f64::from(self.position) / f64::from(SAMPLE_RATE_HZ);
            #[expect(clippy::cast_possible_truncation, reason = "a quarter of what fits")]
            let value = (8000.0 * phase.sin()) as i16;
            (*sample, self.position) = (value, self.position + 1);
        }
        samples.len()
    }
}

/// How much of what a phone hears in the next second is a sine of this frequency: 1 for all.
fn share_of(hz: f64, phone: &Phone) -> f64 {
    let (mut re, mut im, mut power, mut n) = (0.0, 0.0, 0.0, 0u32);
    while n < 8000 {
        for code in phone.hear().payload {
            let (phase, sample) = (TAU * hz * f64::from(n) / 8000.0, f64::from(Law::Pcmu.decode(code)));
            (re, im, power, n) = (re + sample * phase.cos(), im + sample * phase.sin(), power + sample * sample, n + 1);
        }
    }
    assert!(power / f64::from(n) > 1e6, "too quiet");
    (re * re + im * im) * 2.0 / f64::from(n) / power
}

/// Lets the begin of a class pass.
fn skip_silence(phone: &Phone) {
    let begun = Instant::now();
    while phone.hear().payload.iter().all(|code| Law::Pcmu.decode(*code).unsigned_abs() < 100) {
        assert!(begun.elapsed() < Duration::from_secs(5), "nothing but silence");
    }
}

fn rig(threads: usize, sines: &Sines) -> Rig {
    Rig::with_addresses(vec![HOST], threads, 10_000..=20_000, Some(Box::new(sines.clone())))
}

fn music(class: &str) -> Program {
    Program::Music(Class::new(class))
}

#[test]
fn all_who_are_held_hear_their_class_at_its_pitch_and_it_is_decoded_once() {
    let sines = Sines::default();
    let mut rig = rig(3, &sines);
    let mut calls = Vec::new();
    for number in 0..6 {
        let (mut a, mut b) = (Phone::new(), Phone::new());
        let call = rig.order_call(&mut a, &mut b);
        let class = if number < 4 { "1004" } else { "600" };
        rig.threads.carry_out(MediaCommand::Play { call, side: Side::B, program: music(class) });
        calls.push((call, class, a, b));
    }
    for (_, class, _, b) in &calls {
        skip_silence(b);
        let share = share_of(class.parse().unwrap(), b);
        assert!(share > 0.95, "{class}: {share}");
    }
    assert_eq!(sines.begun.load(Ordering::Relaxed), 2, "once for each class");
    for (call, _, a, _) in calls {
        rig.close(call);
        assert!(a.hears_nothing());
    }
}

#[test]
fn music_stops_when_it_is_told_to_and_the_other_one_is_heard_again() {
    let mut rig = rig(1, &Sines::default());
    let (mut a, mut b) = (Phone::new(), Phone::new());
    let call = rig.open(&mut a, &mut b);
    rig.threads.carry_out(MediaCommand::Play { call, side: Side::B, program: music("1004") });
    skip_silence(&b);
    let before = b.hear();
    rig.threads.carry_out(MediaCommand::Stop { call, side: Side::B });
    rig.settle();
    while !b.hears_nothing() {}
    a.say(7);
    let after = b.hear();
    assert_eq!((after.payload, after.header.ssrc), (vec![7; 160], before.header.ssrc));
    assert!(rig.threads.status().music_missed < 50, "{:?}", rig.threads.status());
}

#[test]
fn where_there_is_no_music_held_callers_hear_silence() {
    let mut rig = Rig::new(1);
    let (mut a, mut b) = (Phone::new(), Phone::new());
    let call = rig.open(&mut a, &mut b);
    rig.threads.carry_out(MediaCommand::Play { call, side: Side::B, program: music("1004") });
    for _ in 0..10 {
        assert!(b.hear().payload.iter().all(|code| Law::Pcmu.decode(*code).unsigned_abs() < 100));
    }
    rig.close(call);
    assert!(rig.threads.status().music_missed >= 10);
}
