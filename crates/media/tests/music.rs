//! Music that legs listen to, in simulated time: encoded once, and told to each under a header of its own.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::f64::consts::TAU;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use warden_codec::g711::Law;
use warden_codec::{Codec, Decoder, opus};
use warden_media::relay::{
    Direction, Leg, LegSetup, OUTPUT_LEN, Payload, Program, Remote, Routes, Session, Side, Verdict,
};
use warden_media::rtp::{Fields, RtpHeader};
use warden_media::station::{Class, FRAME, News, SAMPLE_RATE_HZ, Stations, Tuned};
use warden_media::tone::{Plan, Tone};
use warden_media::voice::Voice;

const MS: Duration = Duration::from_millis(1);
const PCMU: Voice = Voice::new(Codec::G711(Law::Pcmu), 0);
const PCMA: Voice = Voice::new(Codec::G711(Law::Pcma), 8);
const HZ: f64 = 1004.0;

#[expect(clippy::disallowed_methods, reason = "a beginning for simulated time")]
fn start() -> Instant {
    Instant::now()
}

fn addr(number: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 4000 + number))
}

fn setup(number: u16, voice: Voice) -> LegSetup {
    let remote = Some(Remote { rtp: addr(number), rtcp: addr(number) });
    let payload = Payload::sound(voice.payload_type, voice.codec);
    let routes = Routes::between(&[payload], &[payload]);
    LegSetup { remote, routes, voice: Some(voice), tones: Some(voice), ..LegSetup::default() }
}

/// The next 20 ms of a sine.
fn sine(position: &mut u32) -> [i16; FRAME] {
    let mut frame = [0; FRAME];
    for sample in &mut frame {
        let phase = TAU * HZ * f64::from(*position) / f64::from(SAMPLE_RATE_HZ);
        #[expect(clippy::cast_possible_truncation, reason = "a tenth of what fits")]
        let value = (8000.0 * phase.sin()) as i16;
        (*sample, *position) = (value, *position + 1);
    }
    frame
}

struct Heard {
    to: SocketAddr,
    header: RtpHeader,
    payload: Vec<u8>,
}

/// Calls in which B may listen, by the number of the call.
struct Office {
    sessions: Vec<Session>,
    tuned: Vec<Option<Tuned>>,
    stations: Stations<usize>,
    position: u32,
    start: Instant,
    now: Instant,
}

impl Office {
    fn new(voices: &[Voice]) -> Self {
        let now = start();
        let session = |(number, voice): (u16, &Voice)| {
            let seed = u64::from(number);
            let mut session = Session::new(Leg::new(seed, now, Duration::ZERO), Leg::new(!seed, now, Duration::ZERO));
            session.set_up(Side::A, &setup(1000 + number, PCMU), now);
            session.set_up(Side::B, &setup(number, *voice), now);
            session
        };
        let sessions: Vec<_> = (0..).zip(voices).map(session).collect();
        let tuned = vec![None; sessions.len()];
        Self { sessions, tuned, stations: Stations::default(), position: 0, start: now, now }
    }

    fn play(&mut self, call: usize, class: Option<&str>) -> [Option<News>; 2] {
        let program = class.map(|class| Program::Music(Class::new(class)));
        self.sessions[call].play(Side::B, program, self.now);
        self.retune(call)
    }

    fn set_up(&mut self, call: usize, setup: &LegSetup) -> [Option<News>; 2] {
        self.sessions[call].set_up(Side::B, setup, self.now);
        self.retune(call)
    }

    fn retune(&mut self, call: usize) -> [Option<News>; 2] {
        let next = self.sessions[call].tuned(Side::B);
        let before = std::mem::replace(&mut self.tuned[call], next);
        self.stations.tune(call, before.as_ref(), self.tuned[call].as_ref(), self.now)
    }

    /// What is sent in this time.
    fn run(&mut self, time: Duration) -> Vec<Heard> {
        let (end, mut heard) = (self.now + time, Vec::new());
        while let Some(at) = self.stations.next_timeout().filter(|at| *at < end) {
            self.now = self.now.max(at);
            self.tick(|heard_now| heard.push(heard_now));
        }
        self.now = end;
        heard
    }

    fn tick(&mut self, mut take: impl FnMut(Heard)) {
        let Self { sessions, stations, position, now, .. } = self;
        let mut out = [0; OUTPUT_LEN];
        while let Some(station) = stations.next_due(*now) {
            let frame = sine(position);
            station.hear(&frame, |call, packet| {
                if let Some((to, len)) = sessions[call].broadcast(Side::B, packet, *now, &mut out) {
                    let header = RtpHeader::parse(&out[..len]).unwrap();
                    take(Heard { to, header, payload: header.payload(&out[..len]).to_vec() });
                }
            });
        }
    }
}

/// How much of the sound is the sine, of all that is not silence: 1 for all.
fn purity(codec: Codec, heard: &[Heard]) -> f64 {
    let rate_hz = codec.sample_rate_hz(None);
    let mut decoder = Decoder::new(codec, rate_hz).unwrap();
    let mut samples = Vec::new();
    for packet in heard {
        let mut room = [0; 5760];
        let length = decoder.decode(&packet.payload, &mut room).unwrap();
        samples.extend_from_slice(&room[..length]);
    }
    // Behind what a codec needs to settle.
    let samples = &samples[samples.len() / 4..];
    let (mut re, mut im, mut power) = (0.0, 0.0, 0.0);
    for (n, sample) in (0u32..).zip(samples) {
        let (phase, sample) = (TAU * HZ * f64::from(n) / f64::from(rate_hz), f64::from(*sample));
        (re, im, power) = (re + sample * phase.cos(), im + sample * phase.sin(), power + sample * sample);
    }
    let count = f64::from(u32::try_from(samples.len()).unwrap());
    assert!(power / count > 1e6, "loud enough: {}", power / count);
    (re * re + im * im) * 2.0 / count / power
}

fn heard_by(heard: Vec<Heard>, number: u16) -> Vec<Heard> {
    heard.into_iter().filter(|packet| packet.to == addr(number)).collect()
}

#[test]
fn music_is_heard_at_its_pitch_in_every_codec() {
    let wideband = Voice::new(Codec::Opus(opus::Parameters::default()), 111);
    for voice in [PCMU, PCMA, Voice::new(Codec::G722, 9), wideband] {
        let mut office = Office::new(&[voice]);
        office.play(0, Some("default"));
        let heard = office.run(Duration::from_secs(2));
        assert_eq!(heard.len(), 100);
        assert!(heard.iter().all(|packet| packet.header.payload_type == voice.payload_type));
        let purity = purity(voice.codec, &heard);
        assert!(purity > 0.95, "{voice:?}: {purity}");
    }
}

#[test]
fn each_listener_has_a_stream_of_its_own_without_gaps_of_the_same_payloads() {
    let mut office = Office::new(&[PCMU, Voice { payload_type: 101, ..PCMU }, PCMU]);
    office.play(0, Some("default"));
    office.run(500 * MS);
    office.play(1, Some("default"));
    office.play(2, Some("default"));
    let heard = office.run(Duration::from_secs(1));
    let streams: Vec<Vec<&Heard>> =
        (0..3).map(|number| heard.iter().filter(|packet| packet.to == addr(number)).collect()).collect();
    for (stream, payload_type) in streams.iter().zip([0, 101, 0]) {
        assert_eq!(stream.len(), 50);
        for pair in stream.windows(2) {
            let (before, after) = (&pair[0].header, &pair[1].header);
            assert_eq!(after.sequence, before.sequence.wrapping_add(1));
            assert_eq!(after.timestamp, before.timestamp.wrapping_add(160));
            assert_eq!((after.ssrc, after.payload_type), (before.ssrc, payload_type));
        }
    }
    assert_eq!(streams[0][7].payload, streams[2][7].payload);
    assert_ne!(streams[0][0].header.ssrc, streams[2][0].header.ssrc);
    assert!(streams[1][0].header.marker && !streams[0][0].header.marker, "who comes in the middle begins there");
}

#[test]
fn packets_have_the_length_that_the_listener_wants() {
    for (packet_ms, count, len) in [(10, 100, 80), (20, 50, 160), (30, 33, 240), (60, 16, 480)] {
        let mut office = Office::new(&[Voice { packet_ms, ..PCMU }]);
        office.play(0, Some("default"));
        let heard = office.run(Duration::from_secs(1));
        assert_eq!((heard.len(), heard[0].payload.len()), (count, len));
    }
}

#[test]
fn a_program_begins_with_its_first_listener_and_ends_with_its_last() {
    let mut office = Office::new(&[PCMU, PCMA]);
    let [default, other] = ["default", "other"].map(Class::new);
    assert_eq!(office.play(0, Some("default")), [Some(News::Begins(default.clone())), None]);
    assert_eq!(office.play(1, Some("default")), [None, None]);
    assert_eq!(office.play(1, Some("other")), [Some(News::Begins(other)), None]);
    assert_eq!(office.play(0, None), [None, Some(News::Ends(default))]);
    office.play(1, None);
    assert_eq!(office.stations.next_timeout(), None);
    assert!(office.run(MS * 500).is_empty());
}

#[test]
fn a_program_is_heard_once_whatever_is_said_of_its_listener() {
    let mut office = Office::new(&[PCMU]);
    for class in ["default", "default", "other", "default"] {
        office.play(0, Some(class));
    }
    office.set_up(0, &setup(0, PCMU));
    assert_eq!(office.run(Duration::from_secs(1)).len(), 50);
}

#[test]
fn who_does_not_receive_is_told_nothing_and_hears_on_later() {
    let mut office = Office::new(&[PCMU]);
    office.play(0, Some("default"));
    let before = office.run(200 * MS);
    office.set_up(0, &LegSetup { direction: Direction::SendOnly, ..setup(0, PCMU) });
    assert!(office.run(1000 * MS).is_empty());
    office.set_up(0, &setup(0, PCMU));
    let after = office.run(200 * MS);
    let (last, first) = (&before.last().unwrap().header, &after[0].header);
    assert_eq!((first.sequence, first.marker), (last.sequence.wrapping_add(1), true));
    assert_eq!(first.timestamp.wrapping_sub(last.timestamp) / 8, 1020, "the time that has passed");
}

#[test]
fn another_codec_in_the_middle_is_followed() {
    let mut office = Office::new(&[PCMU]);
    office.play(0, Some("default"));
    let before = office.run(200 * MS);
    office.set_up(0, &setup(0, PCMA));
    let after = office.run(200 * MS);
    assert_eq!((after.len(), after[0].header.payload_type), (10, 8));
    assert_eq!(after[0].header.sequence, before.last().unwrap().header.sequence.wrapping_add(1));
}

#[test]
fn music_takes_the_place_of_what_the_other_one_sends_until_it_stops() {
    let mut office = Office::new(&[PCMU]);
    let speak = |office: &mut Office, sequence: u16| {
        let mut packet = [0; 172];
        let timestamp = u32::from(sequence) * 160;
        Fields { marker: false, payload_type: 0, sequence, timestamp, ssrc: 9 }.write(&mut packet);
        office.sessions[0].receive(Side::A, addr(1000), office.now, &mut packet, 172)
    };
    assert!(matches!(speak(&mut office, 1), Verdict::Forward { .. }));
    office.play(0, Some("default"));
    assert!(matches!(speak(&mut office, 2), Verdict::Drop(_)));
    assert_eq!(office.run(100 * MS).len(), 5);
    office.play(0, None);
    assert!(matches!(speak(&mut office, 8), Verdict::Forward { .. }));
}

#[test]
fn a_tone_ends_the_music() {
    let mut office = Office::new(&[PCMU]);
    office.play(0, Some("default"));
    office.sessions[0].play(Side::B, Some(Program::Tone(Tone::ring_back(Plan::Uk))), office.now);
    office.retune(0);
    assert!(office.run(100 * MS).is_empty() && office.stations.next_timeout().is_none());
}

#[test]
fn a_late_owner_leaves_a_gap_for_everybody_and_does_not_hurry() {
    let mut office = Office::new(&[PCMU, PCMA]);
    office.play(0, Some("default"));
    office.play(1, Some("default"));
    let before = heard_by(office.run(100 * MS), 1);
    office.now += 1000 * MS;
    let mut late = Vec::new();
    office.tick(|packet| late.push(packet));
    assert_eq!(late.len(), 2, "one for each");
    let gap = heard_by(late, 1)[0].header.timestamp.wrapping_sub(before.last().unwrap().header.timestamp);
    assert_eq!(gap / 8, 1020);
    assert_eq!(office.stations.next_timeout(), Some(office.start + 1120 * MS));
}
