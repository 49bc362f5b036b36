//! A call that is recorded, in simulated time: each side is found in its channel by its tone, in its place.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::f64::consts::TAU;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use warden_codec::g711::Law;
use warden_codec::{Codec, Encoder, opus};
use warden_media::recording::{Block, Fineness, Recording};
use warden_media::relay::{
    Direction, Format, Leg, LegSetup, OUTPUT_LEN, Output, Payload, Remote, Routes, Session, Side,
};
use warden_media::rtp::{Fields, HEADER_LEN};
use warden_media::voice::Voice;

const PCMU: Codec = Codec::G711(Law::Pcmu);
const PCMA: Codec = Codec::G711(Law::Pcma);
const EVENT: u8 = 101;
const TONE_A: f64 = 440.0;
const TONE_B: f64 = 1000.0;
/// Of a tone that is there; of one that is not there is a hundredth.
const AMPLITUDE: f64 = 8000.0;

#[expect(clippy::disallowed_methods, reason = "a beginning for simulated time")]
fn start() -> Instant {
    Instant::now()
}

fn opus() -> Codec {
    Codec::Opus(opus::Parameters::default())
}

fn address(side: Side) -> SocketAddr {
    match side {
        Side::A => SocketAddr::from(([192, 0, 2, 1], 4000)),
        Side::B => SocketAddr::from(([192, 0, 2, 2], 5000)),
    }
}

/// A phone that speaks its tone in packets of 20 ms.
struct Phone {
    codec: Codec,
    payload_type: u8,
    encoder: Encoder,
    hz: f64,
    said: u32,
    sequence: u16,
    direction: Direction,
    /// Says nothing.
    is_quiet: bool,
    /// Every packet of this place among so many is lost.
    loses: Option<u16>,
}

impl Phone {
    fn new(codec: Codec, hz: f64) -> Self {
        Self {
            codec,
            payload_type: payload_type(codec),
            encoder: Encoder::new(codec, codec.sample_rate_hz(None)).unwrap(),
            hz,
            said: 0,
            sequence: 100,
            direction: Direction::SendRecv,
            is_quiet: false,
            loses: None,
        }
    }

    fn payload(&self) -> Payload {
        Payload::sound(self.payload_type, self.codec)
    }

    fn setup(&self, side: Side, other: &Self) -> LegSetup {
        let events = Payload::telephone_event(EVENT, 8000);
        let unknown = Payload { payload_type: 18, format: Format::Other(0), clock_rate_hz: 8000, impairment: None };
        let routes = Routes::between(&[self.payload(), events, unknown], &[other.payload(), events, unknown]);
        let remote = Some(Remote { rtp: address(side), rtcp: address(side) });
        let voice = Some(Voice::new(self.codec, self.payload_type));
        LegSetup { remote, direction: self.direction, routes, voice, answered: true, ..LegSetup::default() }
    }

    /// Its next packet; the second value is its length, 0 when none comes.
    #[expect(clippy::cast_possible_truncation, reason = "within 16 bits")]
    fn say(&mut self) -> ([u8; 1500], usize) {
        let rate_hz = self.codec.sample_rate_hz(None);
        let count = rate_hz / 50;
        let sample = |n: u32| (AMPLITUDE * (TAU * self.hz * f64::from(n) / f64::from(rate_hz)).sin()) as i16;
        let samples: Vec<i16> = (self.said * count..(self.said + 1) * count).map(sample).collect();
        let mut payload = [0; 1400];
        let length = self.encoder.encode(&samples, &mut payload).unwrap();
        let mut packet = [0; 1500];
        let timestamp = self.said * self.codec.clock_rate_hz() / 50;
        let fields =
            Fields { marker: false, payload_type: self.payload_type, sequence: self.sequence, timestamp, ssrc: 9 };
        fields.write(&mut packet).unwrap()[..length].copy_from_slice(&payload[..length]);
        self.said += 1;
        self.sequence += 1;
        let is_lost = self.is_quiet || self.loses.is_some_and(|of| self.sequence.is_multiple_of(of));
        (packet, if is_lost { 0 } else { HEADER_LEN + length })
    }
}

fn payload_type(codec: Codec) -> u8 {
    match codec {
        Codec::G711(Law::Pcmu) => 0,
        Codec::G711(Law::Pcma) => 8,
        Codec::G722 => 9,
        Codec::G726(..) | Codec::G729 | Codec::Ilbc(_) | Codec::Opus(_) | Codec::Speex(_) => 96,
    }
}

/// A call between two phones, and what was recorded of it.
struct Call {
    session: Session,
    now: Instant,
    a: Phone,
    b: Phone,
    rate_hz: u32,
    blocks: Vec<Block>,
}

impl Call {
    fn new(a: Codec, b: Codec) -> Self {
        let now = start();
        let session = Session::new(Leg::new(1, now, Duration::ZERO), Leg::new(2, now, Duration::ZERO));
        let (a, b) = (Phone::new(a, TONE_A), Phone::new(b, TONE_B));
        let mut call = Self { session, now, a, b, rate_hz: 0, blocks: Vec::new() };
        call.agree();
        let fineness = call.session.fineness();
        call.rate_hz = fineness.rate_hz();
        assert!(call.session.record(Some(Box::new(Recording::new(fineness, now)))).is_none());
        call
    }

    fn agree(&mut self) {
        self.session.set_up(Side::A, &self.a.setup(Side::A, &self.b), self.now);
        self.session.set_up(Side::B, &self.b.setup(Side::B, &self.a), self.now);
    }

    fn receive(&mut self, side: Side, packet: &mut [u8], length: usize) {
        self.session.receive(side, address(side), self.now, packet, length);
    }

    fn run(&mut self, seconds: f64) {
        for _ in 0..(Duration::from_secs_f64(seconds).as_millis() / 20) {
            for side in [Side::A, Side::B] {
                let phone = if side == Side::A { &mut self.a } else { &mut self.b };
                let (mut packet, length) = phone.say();
                if length > 0 {
                    self.receive(side, &mut packet, length);
                }
            }
            self.now += Duration::from_millis(20);
            self.drain();
        }
    }

    fn drain(&mut self) {
        let mut out = [0; OUTPUT_LEN];
        while !matches!(self.session.poll(self.now, &mut out), Output::Wait(_)) {}
        while let Some(block) = self.session.poll_recorded(self.now) {
            self.blocks.push(block);
        }
    }

    fn pause(&mut self) {
        self.session.recording_mut().unwrap().pause(self.now);
    }

    fn resume(&mut self) {
        self.session.recording_mut().unwrap().resume(self.now);
    }

    /// Both channels, what is missing being silent.
    fn finish(&mut self) -> [Vec<i16>; 2] {
        let mut recording = self.session.record(None).unwrap();
        recording.finish(self.now);
        while let Some(block) = recording.poll(self.now) {
            self.blocks.push(block);
        }
        let mut channels = [Vec::new(), Vec::new()];
        for (place, channel) in channels.iter_mut().enumerate() {
            for block in &self.blocks {
                channel.resize(usize::try_from(block.at).unwrap(), 0);
                channel.extend(block.samples.iter().skip(place).step_by(2));
            }
        }
        channels
    }

    /// How much of a tone there is between two seconds: 1 for all of it.
    fn level(&self, channel: &[i16], hz: f64, from: f64, to: f64) -> f64 {
        let place = |second: f64| {
            usize::try_from(Duration::from_secs_f64(second).as_millis()).unwrap() * self.rate_hz as usize / 1000
        };
        level(&channel[place(from)..place(to)], hz, self.rate_hz)
    }
}

/// The amplitude of a tone beside the one that is said.
#[expect(clippy::cast_precision_loss, reason = "few samples")]
fn level(samples: &[i16], hz: f64, rate_hz: u32) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, sample) in samples.iter().enumerate() {
        let angle = TAU * hz * n as f64 / f64::from(rate_hz);
        re += f64::from(*sample) * angle.cos();
        im += f64::from(*sample) * angle.sin();
    }
    2.0 * re.hypot(im) / samples.len() as f64 / AMPLITUDE
}

/// The first sample that is loud.
fn begin(channel: &[i16]) -> usize {
    channel.iter().position(|sample| sample.unsigned_abs() > 2000).unwrap()
}

#[test]
fn each_side_is_in_its_channel_at_its_pitch_and_they_begin_together() {
    for (a, b, rate_hz) in [(PCMU, PCMA, 8000), (PCMU, Codec::G722, 16_000), (opus(), PCMU, 16_000)] {
        let mut call = Call::new(a, b);
        assert_eq!(call.rate_hz, rate_hz);
        call.run(3.5);
        let [left, right] = call.finish();
        assert_eq!(left.len(), 7 * rate_hz as usize / 2, "as long as the call");
        for (channel, own, other) in [(&left, TONE_A, TONE_B), (&right, TONE_B, TONE_A)] {
            assert!(call.level(channel, own, 1.0, 3.0) > 0.8, "{a:?} and {b:?}");
            assert!(call.level(channel, other, 1.0, 3.0) < 0.01, "{a:?} and {b:?}");
        }
        let apart = begin(&left).abs_diff(begin(&right));
        assert!(apart < rate_hz as usize / 25, "{apart} samples are not 40 ms");
    }
}

#[test]
fn a_block_comes_every_second_and_each_has_its_place() {
    let mut call = Call::new(PCMU, PCMU);
    call.run(3.5);
    let places: Vec<_> = call.blocks.iter().map(|block| (block.at, block.samples.len())).collect();
    assert_eq!(places, [(0, 16_000), (8000, 16_000), (16_000, 16_000)]);
    call.finish();
    assert_eq!(call.blocks.last().map(|block| (block.at, block.samples.len())), Some((24_000, 8000)));
}

#[test]
fn without_a_packet_there_is_silence_of_the_right_length_and_no_alarm_but_for_blocks() {
    let mut call = Call::new(PCMU, PCMU);
    let began = call.now;
    let mut alarms = 0;
    while call.now < began + Duration::from_secs(4) {
        call.now = call.session.recording_mut().unwrap().next_timeout().unwrap();
        call.drain();
        alarms += 1;
    }
    assert_eq!(alarms, 4);
    let [left, right] = call.finish();
    assert_eq!((left.len(), right.len()), (32_000, 32_000));
    assert!(left.iter().chain(&right).all(|sample| *sample == 0));
}

#[test]
fn a_pause_is_left_out_and_what_is_said_in_it_is_never_heard() {
    let mut call = Call::new(PCMU, PCMU);
    call.run(2.0);
    call.pause();
    (call.a.hz, call.b.hz) = (700.0, 1700.0);
    call.run(5.0);
    (call.a.hz, call.b.hz) = (TONE_A, TONE_B);
    call.resume();
    call.run(2.0);
    let [left, right] = call.finish();
    assert_eq!(left.len(), 4 * 8000);
    for (channel, own, secret) in [(&left, TONE_A, 700.0), (&right, TONE_B, 1700.0)] {
        for (from, to) in [(0.5, 1.9), (2.5, 3.9)] {
            assert!(call.level(channel, own, from, to) > 0.9);
        }
        for at in [0.0, 1.0, 1.8, 2.0, 2.2, 3.0] {
            assert!(call.level(channel, secret, at, at + 0.4) < 0.02, "{at}");
        }
    }
}

#[test]
fn another_codec_in_mid_call_is_heard_too() {
    let mut call = Call::new(PCMU, PCMU);
    call.run(2.0);
    let said = (call.a.said, call.a.sequence);
    call.a = Phone::new(opus(), TONE_A);
    (call.a.said, call.a.sequence) = said;
    call.agree();
    call.run(2.0);
    let [left, _] = call.finish();
    assert!(call.level(&left, TONE_A, 0.5, 1.9) > 0.9 && call.level(&left, TONE_A, 2.5, 3.9) > 0.8);
}

#[test]
fn another_phone_in_the_place_of_a_side_is_heard_in_its_channel() {
    let mut call = Call::new(PCMU, PCMU);
    call.run(2.0);
    call.session.replace(Side::B, Leg::new(3, call.now, Duration::ZERO));
    call.b = Phone::new(PCMA, 1300.0);
    call.agree();
    call.run(2.0);
    let [left, right] = call.finish();
    assert!(call.level(&left, TONE_A, 0.5, 3.9) > 0.9, "the other one goes on");
    assert!(call.level(&right, TONE_B, 0.5, 1.9) > 0.9 && call.level(&right, 1300.0, 2.5, 3.9) > 0.9);
}

#[test]
fn what_is_lost_takes_no_time_away() {
    let mut call = Call::new(PCMU, PCMU);
    call.a.loses = Some(10);
    call.run(4.0);
    let [left, right] = call.finish();
    assert_eq!(left.len(), right.len());
    assert!(call.level(&left, TONE_A, 1.0, 3.9) > 0.8, "{}", call.level(&left, TONE_A, 1.0, 3.9));
}

#[test]
fn who_holds_is_heard_and_who_is_held_is_not() {
    let mut call = Call::new(PCMU, PCMU);
    call.run(2.0);
    (call.a.direction, call.b.direction) = (Direction::SendOnly, Direction::RecvOnly);
    call.agree();
    call.run(2.0);
    (call.a.direction, call.b.direction) = (Direction::SendRecv, Direction::SendRecv);
    call.agree();
    call.run(2.0);
    let [left, right] = call.finish();
    assert!(call.level(&left, TONE_A, 0.5, 5.9) > 0.9);
    assert!(call.level(&right, TONE_B, 2.5, 3.9) < 0.01);
    assert!(call.level(&right, TONE_B, 0.5, 1.9) > 0.9 && call.level(&right, TONE_B, 4.5, 5.9) > 0.9);
}

#[test]
fn what_the_other_one_does_not_hear_is_recorded() {
    let mut call = Call::new(PCMU, PCMU);
    // B plays music to A, which does not want it.
    call.a.direction = Direction::SendOnly;
    call.agree();
    call.run(2.0);
    let [_, right] = call.finish();
    assert!(call.level(&right, TONE_B, 0.5, 1.9) > 0.9);
}

#[test]
fn digits_that_come_as_events_cannot_be_heard() {
    let mut call = Call::new(PCMU, PCMU);
    call.a.is_quiet = true;
    for _ in 0..50 {
        let mut packet = [0; 64];
        let (sequence, timestamp) = (call.a.sequence, 0);
        Fields { marker: false, payload_type: EVENT, sequence, timestamp, ssrc: 9 }.write(&mut packet).unwrap();
        packet[HEADER_LEN..HEADER_LEN + 4].copy_from_slice(&[5, 10, 1, 0]);
        call.receive(Side::A, &mut packet, HEADER_LEN + 4);
        call.a.sequence += 1;
        call.run(0.02);
    }
    let [left, _] = call.finish();
    assert!(left.iter().all(|sample| *sample == 0));
    assert!(call.blocks.iter().all(|block| block.unheard == [false, false]));
}

#[test]
fn what_cannot_be_decoded_is_silence_and_is_told() {
    let mut call = Call::new(PCMU, PCMU);
    call.a.payload_type = 18;
    call.run(1.5);
    let [left, right] = call.finish();
    assert!(left.iter().all(|sample| *sample == 0));
    assert!(call.level(&right, TONE_B, 0.5, 1.4) > 0.9);
    assert_eq!(call.blocks[0].unheard, [true, false]);
}

#[test]
fn an_owner_that_comes_late_finds_silence_in_the_place_of_what_it_missed() {
    let mut call = Call::new(PCMU, PCMU);
    call.run(1.5);
    call.now += Duration::from_mins(1);
    call.run(1.5);
    let [left, right] = call.finish();
    assert_eq!((left.len(), right.len()), (63 * 8000, 63 * 8000));
    assert!(call.level(&left, TONE_A, 0.5, 1.4) > 0.9 && call.level(&left, TONE_A, 62.0, 62.9) > 0.9);
    assert!(left[3 * 8000..61 * 8000].iter().all(|sample| *sample == 0));
}

#[test]
fn blocks_that_nobody_takes_are_dropped_and_keep_their_place() {
    let now = start();
    let mut recording = Recording::new(Fineness::Narrow, now);
    let second = |n: u64| now + Duration::from_secs(n);
    for n in 1..=8 {
        recording.hear(Side::A, None, packet(n), second(n));
    }
    let places: Vec<_> = std::iter::from_fn(|| recording.poll(second(8))).map(|block| block.at).collect();
    assert_eq!(places, [0, 8000, 16_000, 24_000]);
    assert_eq!(recording.poll(second(9)).map(|block| block.at), Some(64_000));
}

#[test]
fn a_second_of_a_recorded_call_allocates_one_block() {
    let mut call = Call::new(PCMU, PCMA);
    call.run(2.0);
    let packets: Vec<_> = (0..100).map(|_| [call.a.say(), call.b.say()]).collect();
    let counted = allocation_counter::measure(|| {
        for mut pair in packets {
            for (side, (packet, length)) in [Side::A, Side::B].into_iter().zip(&mut pair) {
                call.session.receive(side, address(side), call.now, packet, *length);
            }
            call.now += Duration::from_millis(20);
            while call.session.poll_recorded(call.now).is_some() {}
        }
    });
    assert_eq!(counted.count_total, 2, "two seconds");
}

fn packet(extended: u64) -> warden_media::jitter::Packet<'static> {
    let content = warden_media::jitter::Content::Nothing;
    warden_media::jitter::Packet { epoch: 0, extended, timestamp: 0, content }
}
