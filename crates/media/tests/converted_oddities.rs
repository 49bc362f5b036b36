//! What happens to converted sound between digits, tones, changes of the agreement and packets that say nothing.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use warden_codec::g711::Law;
use warden_codec::{Codec, Encoder, ilbc, opus};
use warden_media::relay::{
    Leg, LegSetup, OUTPUT_LEN, Output, Payload, Program, Remote, Routes, Session, Side, Verdict,
};
use warden_media::rtp::{Fields, HEADER_LEN, RtpHeader};
use warden_media::tone::{Plan, Tone};
use warden_media::voice::Voice;

const PCMA: Codec = Codec::G711(Law::Pcma);
const ILBC: Codec = Codec::Ilbc(ilbc::Mode::Ms20);
const SOUND: [u8; 160] = [0x55; 160];

#[expect(clippy::disallowed_methods, reason = "a beginning for simulated time")]
fn start() -> Instant {
    Instant::now()
}

fn addr(side: Side) -> SocketAddr {
    let host = if side == Side::A { 1 } else { 2 };
    SocketAddr::from(([192, 0, 2, host], 4000))
}

/// A says this to B, with digits as 101.
struct Call {
    session: Session,
    start: Instant,
    codecs: [(u8, Codec); 2],
    sequence: u16,
    heard: Vec<RtpHeader>,
}

impl Call {
    fn new(a: (u8, Codec), b: (u8, Codec)) -> Self {
        let start = start();
        let session = Session::new(Leg::new(1, start, Duration::ZERO), Leg::new(2, start, Duration::ZERO));
        let mut call = Self { session, start, codecs: [a, b], sequence: 0, heard: Vec::new() };
        call.set_up(Side::A, 20, 0);
        call.set_up(Side::B, 20, 0);
        call
    }

    fn set_up(&mut self, side: Side, packet_ms: u8, at_ms: u64) {
        let [a, b] = self.codecs;
        let ((number, codec), other) = if side == Side::A { (a, b) } else { (b, a) };
        let digits = Payload::telephone_event(101, 8000);
        let formats = |(number, codec)| [Payload::sound(number, codec), digits];
        let voice = Some(Voice { packet_ms, ..Voice::new(codec, number) });
        let setup = LegSetup {
            remote: Some(Remote { rtp: addr(side), rtcp: addr(side) }),
            routes: Routes::between(&formats((number, codec)), &formats(other)),
            voice,
            tones: voice,
            answered: true,
            ..LegSetup::default()
        };
        self.session.set_up(side, &setup, self.at(at_ms));
    }

    fn at(&self, ms: u64) -> Instant {
        self.start + Duration::from_millis(ms)
    }

    /// The next packet of A, at this moment.
    fn say(&mut self, at_ms: u64, payload_type: u8, timestamp: u32, payload: &[u8]) {
        self.sequence += 1;
        self.say_as(self.sequence, at_ms, payload_type, timestamp, payload);
    }

    fn say_as(&mut self, sequence: u16, at_ms: u64, payload_type: u8, timestamp: u32, payload: &[u8]) {
        let mut packet = vec![0; OUTPUT_LEN];
        let room = Fields { marker: false, payload_type, sequence, timestamp, ssrc: 5 }.write(&mut packet).unwrap();
        room.get_mut(..payload.len()).unwrap().copy_from_slice(payload);
        let len = HEADER_LEN + payload.len();
        if let Verdict::Forward { len, .. } =
            self.session.receive(Side::A, addr(Side::A), self.at(at_ms), &mut packet, len)
        {
            self.heard.push(RtpHeader::parse(packet.get(..len).unwrap()).unwrap());
        }
        self.drain(at_ms);
    }

    fn drain(&mut self, at_ms: u64) {
        let mut out = [0; OUTPUT_LEN];
        loop {
            match self.session.poll(self.at(at_ms), &mut out) {
                Output::Rtp { side: Side::B, len, .. } => {
                    self.heard.push(RtpHeader::parse(out.get(..len).unwrap()).unwrap());
                }
                Output::Wait(_) => return,
                Output::Rtp { .. } | Output::Rtcp { .. } | Output::Event(_) => {}
            }
        }
    }

    /// When the digits that B heard began, each once.
    fn digits(&self) -> Vec<u32> {
        let mut began: Vec<_> =
            self.heard.iter().filter(|header| header.payload_type == 101).map(|header| header.timestamp).collect();
        began.dedup();
        began
    }

    fn sounds(&self) -> usize {
        self.heard.iter().filter(|header| header.payload_type != 101).count()
    }
}

fn event(duration: u16, ends: bool) -> [u8; 4] {
    let [high, low] = duration.to_be_bytes();
    [5, if ends { 0x8A } else { 10 }, high, low]
}

fn opus() -> Codec {
    Codec::Opus(opus::Parameters::default())
}

#[test]
fn a_new_agreement_right_after_a_jump_in_time_silences_nobody() {
    let mut call = Call::new((96, ILBC), (8, PCMA));
    let speak = |call: &mut Call, from_ms: u64, timestamp: u32, packets: u32| {
        for n in 0..packets {
            call.say(from_ms + u64::from(n) * 20, 96, timestamp + n * 160, &[0; 38]);
        }
    };
    speak(&mut call, 0, 0, 500);
    speak(&mut call, 10_000, 500_000_000, 1);
    call.set_up(Side::B, 40, 10_010);
    let before = call.heard.len();
    speak(&mut call, 10_020, 500_000_160, 10);
    assert!(call.heard.len() >= before + 4, "{} packets", call.heard.len() - before);
}

#[test]
fn a_tone_takes_no_number_that_sound_has_had() {
    let mut call = Call::new((9, Codec::G722), (8, PCMA));
    call.say(0, 9, 0, &SOUND);
    call.session.play(Side::B, Some(Program::Tone(Tone::ring_back(Plan::Itu))), call.at(10));
    for ms in (10..200).step_by(20) {
        call.drain(ms);
    }
    let mut numbers: Vec<_> = call.heard.iter().map(|header| header.sequence).collect();
    assert!(numbers.len() > 5);
    numbers.dedup();
    assert_eq!(numbers.len(), call.heard.len());
}

#[test]
fn a_digit_whose_last_packet_is_overtaken_is_one_digit() {
    let mut call = Call::new((8, PCMA), (96, ILBC));
    for n in 0..10 {
        call.say(u64::from(n) * 20, 8, n * 160, &SOUND);
    }
    for n in 1..=5 {
        call.say(180 + 20 * u64::from(n), 101, 1600, &event(160 * n, false));
    }
    call.say(300, 101, 1600, &event(960, true));
    let overtaken = call.sequence + 1;
    call.say_as(overtaken + 1, 310, 8, 1600 + 960, &SOUND);
    call.say_as(overtaken, 311, 101, 1600, &event(960, true));
    call.say_as(overtaken + 2, 330, 8, 1600 + 1120, &SOUND);
    assert_eq!(call.digits().len(), 1, "{:?}", call.digits());
}

#[test]
fn a_digit_beside_sound_is_one_digit_also_when_a_packet_of_it_is_lost() {
    for codec in [PCMA, opus()] {
        let mut call = Call::new((97, codec), (96, ILBC));
        let rate_hz = codec.sample_rate_hz(None);
        let mut encoder = Encoder::new(codec, rate_hz).unwrap();
        let samples: Vec<i16> = (0..rate_hz / 50).map(|n| i16::try_from(n % 40 * 100).unwrap()).collect();
        let ticks = codec.clock_rate_hz() / 50;
        let mut room = [0; 1500];
        for n in 0..30 {
            let length = encoder.encode(&samples, &mut room).unwrap();
            let at_ms = u64::from(n) * 20;
            call.say(at_ms, 97, n * ticks, room.get(..length).unwrap());
            if n == 12 {
                call.sequence += 1; // lost
            } else if n >= 10 {
                let duration = u16::try_from((n - 9) * 160).unwrap();
                call.say(at_ms, 101, 10 * ticks, &event(duration, n == 29));
            }
        }
        assert_eq!(call.digits().len(), 1, "{:?}", call.digits());
        assert!(call.sounds() <= 31, "{} for 30", call.sounds());
    }
}

#[test]
fn packets_that_say_nothing_disturb_nothing() {
    let heard = |number: Option<u8>| {
        let mut call = Call::new((8, PCMA), (96, Codec::Ilbc(ilbc::Mode::Ms30)));
        for n in 0..60 {
            call.say(u64::from(n) * 20, 8, n * 160, &SOUND);
            if let Some(number) = number.filter(|_| n % 2 == 0) {
                call.say(u64::from(n) * 20, number, n * 160, &[]);
            }
        }
        (call.heard.len(), call.heard.iter().filter(|header| header.marker).count())
    };
    assert_eq!(heard(None), (40, 1));
    assert_eq!([heard(Some(8)), heard(Some(126))], [(40, 1); 2], "empty, and of a kind that nobody knows");
}

#[test]
fn comfort_noise_is_a_pause_and_nothing_is_made_up_for_it() {
    for codec in [ILBC, Codec::G722] {
        let mut call = Call::new((8, PCMA), (97, codec));
        (0..10).for_each(|at| call.say(20 * u64::from(at), 8, 160 * at, &SOUND));
        let before = call.sounds();
        // Described once, and once more before sound comes again a second later.
        call.say(200, 13, 1600, &[60, 100]);
        call.say(700, 13, 5600, &[60, 100]);
        (0..10).for_each(|at| call.say(1200 + 20 * u64::from(at), 8, 9600 + 160 * at, &SOUND));
        assert_eq!((before, call.sounds()), (10, 20), "{codec:?}");
        let steps: Vec<_> = call
            .heard
            .windows(2)
            .filter_map(|pair| match pair {
                [one, next] => {
                    Some((next.sequence.wrapping_sub(one.sequence), next.timestamp.wrapping_sub(one.timestamp)))
                }
                _ => None,
            })
            .collect();
        let paused = steps.iter().filter(|step| step.1 != 160).collect::<Vec<_>>();
        assert_eq!(paused, [&(1, 8160)], "{codec:?}");
    }
}
