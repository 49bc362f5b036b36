//! A room of people who each sound at a pitch of their own: who hears whom, how loud, and what is told of it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::f64::consts::TAU;

use warden_media::mixer::{ALL, Event, Heard, Mixer, Place, SELECTED};
use warden_media::tone::Tone;

const RATE_HZ: u32 = 8000;
const FRAME: usize = 160;

/// People in a room, and how loud each sounds: with multiples of 50 Hz a frame holds whole periods.
struct Room {
    mixer: Mixer,
    people: Vec<Person>,
}

struct Person {
    place: Place,
    pitch_hz: u32,
    amplitude: f64,
    /// What they have heard last.
    heard: Vec<i16>,
}

impl Room {
    fn of(count: u32) -> Self {
        let mut mixer = Mixer::new(RATE_HZ, 120).unwrap();
        let person = |number: u32| {
            let place = mixer.join().unwrap();
            Person { place, pitch_hz: 100 + 50 * number, amplitude: 1000.0, heard: Vec::new() }
        };
        let people = (0..count).map(person).collect();
        Self { mixer, people }
    }

    fn run(&mut self, frames: usize) {
        for _ in 0..frames {
            for person in &self.people {
                if person.amplitude > 0.0 {
                    self.mixer.hear(person.place, &tone(person.pitch_hz, person.amplitude));
                }
            }
            self.mixer.mix();
            for person in &mut self.people {
                person.heard = self.mixer.heard(person.place).frame().to_vec();
            }
        }
    }

    /// How loud `listener` hears `speaker`.
    fn hears(&self, listener: usize, speaker: usize) -> f64 {
        amplitude(&self.people[listener].heard, self.people[speaker].pitch_hz)
    }

    fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.mixer.poll()).collect()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "within the range")]
fn tone(pitch_hz: u32, amplitude: f64) -> Vec<i16> {
    let step = TAU * f64::from(pitch_hz) / f64::from(RATE_HZ);
    (0..160).map(|at| (amplitude * (step * f64::from(at)).sin()).round() as i16).collect()
}

fn amplitude(samples: &[i16], pitch_hz: u32) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (at, sample) in (0u32..).zip(samples) {
        let phase = TAU * f64::from(pitch_hz) * f64::from(at) / f64::from(RATE_HZ);
        re += f64::from(*sample) * phase.cos();
        im += f64::from(*sample) * phase.sin();
    }
    re.hypot(im) / 80.0
}

#[test]
fn everybody_hears_all_the_others_as_loud_as_they_are_and_not_themselves() {
    let mut room = Room::of(10);
    room.run(5);
    for listener in 0..10 {
        for speaker in 0..10 {
            let wanted = if listener == speaker { 0.0 } else { 1000.0 };
            let heard = room.hears(listener, speaker);
            assert!((heard - wanted).abs() < 2.0, "{listener} hears {speaker} at {heard}");
        }
    }
    assert!((amplitude(room.mixer.common(), 100) - 1000.0).abs() < 2.0);
}

#[test]
fn one_alone_hears_nothing_and_who_leaves_is_heard_no_more() {
    let mut room = Room::of(2);
    room.run(5);
    let left = room.people.pop().unwrap();
    room.mixer.leave(left.place);
    room.run(1);
    assert!(room.people[0].heard.iter().all(|sample| *sample == 0));
    assert_eq!(room.mixer.present(), 1);
    room.mixer.hear(left.place, &[1000; FRAME]);
    room.mixer.leave(left.place);
    assert_eq!(room.mixer.present(), 1);
}

#[test]
fn gain_and_mute_are_for_all_others() {
    let mut room = Room::of(3);
    let [a, b, _] = [0, 1, 2].map(|at| room.people[at].place);
    room.mixer.set_gain_db(a, 6.0);
    room.mixer.set_gain_db(b, -12.0);
    room.run(5);
    let [loud, soft] = [room.hears(2, 0), room.hears(2, 1)];
    assert!((loud - 1995.0).abs() < 10.0 && (soft - 251.0).abs() < 5.0, "{loud} {soft}");
    room.mixer.set_muted(a, true);
    room.run(2);
    assert!(room.hears(1, 0) < 2.0 && room.hears(2, 0) < 2.0);
    assert!((room.hears(0, 2) - 1000.0).abs() < 5.0, "who is muted hears on");
    assert!(matches!(room.mixer.heard(a), Heard::Common(_)) && matches!(room.mixer.heard(b), Heard::Own(_)));
    room.mixer.set_muted(a, false);
    room.run(2);
    assert!((room.hears(2, 0) - 1995.0).abs() < 10.0);
}

#[test]
fn mute_and_leave_to_speak_make_no_step() {
    let mut room = Room::of(2);
    room.people[0].pitch_hz = 200;
    room.people[1].amplitude = 0.0;
    let mut heard = Vec::new();
    for frame in 0..20 {
        room.mixer.set_muted(room.people[0].place, (frame / 5) % 2 == 1);
        room.run(1);
        heard.extend(room.people[1].heard.clone());
    }
    let step = heard.windows(2).map(|pair| (i32::from(pair[0]) - i32::from(pair[1])).abs()).max().unwrap();
    assert!(step <= 160, "{step}"); // that of the tone itself is 157
}

#[test]
fn too_many_at_once_are_made_softer_and_keep_their_pitch() {
    let mut room = Room::of(12);
    room.people.iter_mut().for_each(|person| person.amplitude = 20_000.0);
    room.run(10);
    for listener in 0..12 {
        let heard = &room.people[listener].heard;
        let peak = heard.iter().map(|sample| sample.unsigned_abs()).max().unwrap();
        assert!((20_000..=27_900).contains(&peak), "{peak}");
        let levels: Vec<_> = (0..12).filter(|it| *it != listener).map(|it| room.hears(listener, it)).collect();
        let (least, most) =
            (levels.iter().copied().fold(f64::MAX, f64::min), levels.iter().copied().fold(0.0, f64::max));
        assert!(most / least < 1.02, "{levels:?}");
        assert!(amplitude(heard, 2500) < least / 20.0, "no other pitch");
    }
}

#[test]
fn of_forty_talkers_the_loudest_are_mixed_and_they_do_not_change_to_and_fro() {
    let mut room = Room::of(40);
    for (at, person) in (0u32..).zip(&mut room.people) {
        person.amplitude = 500.0 + 50.0 * f64::from(at);
    }
    room.run(50);
    let mixed = |room: &Room| -> Vec<usize> {
        (0..40).filter(|at| matches!(room.mixer.heard(room.people[*at].place), Heard::Own(_))).collect()
    };
    let first = mixed(&room);
    assert_eq!(first.len(), SELECTED);
    for round in 0..100 {
        // A little louder and softer in turn, which is no reason to change.
        let factor = if round % 2 == 0 { 1.3 } else { 1.0 / 1.3 };
        room.people.iter_mut().for_each(|person| person.amplitude *= factor);
        room.run(3);
        assert_eq!(mixed(&room), first);
    }
    let listeners: Vec<usize> = (0..40).filter(|at| !first.contains(at)).collect();
    let common = room.mixer.common().to_vec();
    assert!(listeners.iter().all(|at| room.people[*at].heard == common), "all hear the same");
    // Somebody who is much louder is let in.
    let newcomer = listeners[0];
    room.people[newcomer].amplitude = 12_000.0;
    room.run(5);
    assert!(mixed(&room).contains(&newcomer) && mixed(&room).len() == SELECTED);
    assert!((room.hears(listeners[1], newcomer) - 12_000.0).abs() < 100.0);
    // When those who were mixed are silent, others are heard within half a second.
    for at in mixed(&room) {
        room.people[at].amplitude = 0.0;
    }
    room.run(30);
    assert!(mixed(&room).len() == SELECTED && !mixed(&room).contains(&newcomer));
}

#[test]
fn up_to_sixteen_are_all_mixed_however_soft() {
    let count = u32::try_from(ALL).unwrap();
    let mut room = Room::of(count);
    room.people.iter_mut().for_each(|person| person.amplitude = 5.0);
    room.run(3);
    assert!((1..ALL).all(|speaker| room.hears(0, speaker) > 4.0));
}

#[test]
fn talking_is_told_when_it_begins_and_when_it_ends() {
    let mut room = Room::of(2);
    let place = room.people[0].place;
    room.people[1].amplitude = 20.0; // the noise of a quiet place
    room.run(3);
    assert_eq!(room.events(), [Event::Talking { place, is_talking: true }]);
    room.run(1500);
    assert_eq!(room.events(), [], "who goes on talking talks");
    room.people[0].amplitude = 0.0;
    room.run(10);
    assert_eq!(room.events(), [], "between words");
    room.run(15);
    assert_eq!(room.events(), [Event::Talking { place, is_talking: false }]);
    room.people[0].amplitude = 1000.0;
    room.mixer.set_muted(place, true);
    room.run(50);
    assert_eq!(room.events(), [], "who is muted does not talk");
}

#[test]
fn levels_are_told_to_who_asks_and_seventeen_times_a_second_at_most() {
    let mut room = Room::of(2);
    room.people[0].amplitude = 16_384.0;
    room.people[1].amplitude = 0.0;
    room.mixer.tell_levels(true);
    let mut told = Vec::new();
    for _ in 0..50 {
        room.run(1);
        told.extend(room.events());
    }
    let levels: Vec<_> = told
        .iter()
        .filter_map(|event| match event {
            Event::Level { place, level_dbov, peak_dbov } => Some((*place, *level_dbov, *peak_dbov)),
            Event::Talking { .. } => None,
        })
        .collect();
    assert!((32..=34).contains(&levels.len()), "{}", levels.len());
    for (place, level, peak) in levels {
        let (wanted, highest) = if place == room.people[0].place { (-9.03, -6.02) } else { (-96.0, -96.0) };
        assert!((level - wanted).abs() < 0.1 && (peak - highest).abs() < 0.1, "{level} {peak}");
    }
}

#[test]
fn a_tone_is_heard_by_all_once() {
    for rate_hz in [8000, 16_000, 48_000] {
        let mut mixer = Mixer::new(rate_hz, 3).unwrap();
        let place = mixer.join().unwrap();
        mixer.play(Tone::entry());
        mixer.play(Tone { repeats: true, ..Tone::exit() });
        let mut heard = 0;
        for frame in 0..100 {
            mixer.mix();
            let sounds = mixer.heard(place).frame().iter().any(|sample| sample.abs() > 500);
            heard += usize::from(sounds);
            assert_eq!(sounds, frame < 30, "{frame} at {rate_hz}");
        }
        assert_eq!(heard, 30, "300 ms each");
    }
}

#[test]
fn a_room_has_an_end() {
    let mut mixer = Mixer::new(16_000, 2).unwrap();
    let first = mixer.join().unwrap();
    assert!(mixer.join().is_some() && mixer.join().is_none());
    mixer.leave(first);
    assert_eq!(mixer.join(), Some(first));
    assert!(Mixer::new(44_100, 2).is_none());
    mixer.hear(first, &[1000; 7]);
    mixer.mix();
    assert!(mixer.common().iter().all(|sample| *sample == 0), "a frame of another length is not heard");
}

#[test]
fn mixing_allocates_nothing() {
    let mut room = Room::of(100);
    room.mixer.tell_levels(true);
    let frame = tone(200, 3000.0);
    let Room { mixer, people } = &mut room;
    let counted = allocation_counter::measure(|| {
        for round in 0..100 {
            for person in people.iter() {
                mixer.hear(person.place, &frame);
            }
            if round == 10 {
                mixer.play(Tone::entry());
            }
            mixer.mix();
            while mixer.poll().is_some() {}
        }
    });
    assert_eq!(counted.count_total, 0);
}
