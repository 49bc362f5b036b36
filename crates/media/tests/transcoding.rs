//! Two legs without a codec in common, in simulated time: what one says is heard at the other, at its pitch and level,
//! also over a network that loses and delays.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "helpers of tests")]

use std::f64::consts::TAU;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use warden_codec::g711::Law;
use warden_codec::{Codec, Decoder, Encoder, g726, g729, ilbc, opus, speex};
use warden_media::relay::{
    Direction, Leg, LegSetup, OUTPUT_LEN, Output, Payload, Remote, Routes, Session, Side, Verdict,
};
use warden_media::rtp::{Fields, HEADER_LEN, RtpHeader};
use warden_media::voice::Voice;

const PCMU: Codec = Codec::G711(Law::Pcmu);
const PCMA: Codec = Codec::G711(Law::Pcma);

/// One of each kind.
fn codecs() -> Vec<Codec> {
    let mut codecs = vec![
        PCMU,
        PCMA,
        Codec::G722,
        Codec::G726(g726::Rate::Kbit32, g726::Packing::Rfc3551),
        Codec::Ilbc(ilbc::Mode::Ms30),
        Codec::Opus(opus::Parameters::default()),
        Codec::Speex(speex::Band::Narrow),
        Codec::Speex(speex::Band::Wide),
    ];
    if g729::IS_BUILT_IN {
        codecs.push(Codec::G729);
    }
    codecs
}

/// Each sounds for [`STEP_MS`]; all within the band of a telephone.
const SWEEP_HZ: [u16; 6] = [350, 520, 800, 1250, 1900, 2900];
const STEP_MS: u32 = 500;
const AMPLITUDE: f64 = 6000.0;
const TYPE_A: u8 = 96;
const TYPE_B: u8 = 97;

#[expect(clippy::disallowed_methods, reason = "a beginning for simulated time")]
fn start() -> Instant {
    Instant::now()
}

fn addr(side: Side) -> SocketAddr {
    match side {
        Side::A => SocketAddr::from(([192, 0, 2, 1], 4000)),
        Side::B => SocketAddr::from(([192, 0, 2, 2], 5000)),
    }
}

/// A phone's end of a call: what it has agreed to.
#[derive(Clone, Copy)]
struct Phone {
    codec: Codec,
    packet_ms: u8,
}

impl Phone {
    fn with(codec: Codec) -> Self {
        Self { codec, packet_ms: codec.packet_ms(20) }
    }

    fn rate_hz(self) -> u32 {
        self.codec.sample_rate_hz(None)
    }

    fn payload(self, payload_type: u8) -> Payload {
        Payload::sound(payload_type, self.codec)
    }
}

/// What the network does to packets.
#[derive(Clone, Copy)]
struct Network {
    /// One of so many is lost; 0 for none.
    loses_one_of: u64,
    jitter_ms: u64,
}

const GOOD: Network = Network { loses_one_of: 0, jitter_ms: 0 };
const BAD: Network = Network { loses_one_of: 20, jitter_ms: 30 };

/// A call from A, which speaks, to B, which listens.
struct Call {
    session: Session,
    from: Phone,
    to: Phone,
    start: Instant,
    random: u64,
    /// What has come to B.
    received: Vec<(RtpHeader, Vec<u8>)>,
}

impl Call {
    fn new(from: Phone, to: Phone) -> Self {
        let start = start();
        let mut session = Session::new(Leg::new(1, start, Duration::ZERO), Leg::new(2, start, Duration::ZERO));
        let [a, b] = [from.payload(TYPE_A), to.payload(TYPE_B)];
        for (side, own, other, phone) in [(Side::A, a, b, from), (Side::B, b, a, to)] {
            let voice = Voice { codec: phone.codec, payload_type: own.payload_type, packet_ms: phone.packet_ms };
            let setup = LegSetup {
                remote: Some(Remote { rtp: addr(side), rtcp: addr(side) }),
                direction: Direction::SendRecv,
                routes: Routes::between(&[own], &[other]),
                voice: Some(voice),
                answered: true,
                ..LegSetup::default()
            };
            session.set_up(side, &setup, start);
        }
        Self { session, from, to, start, random: 7, received: Vec::new() }
    }

    fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.random >> 33
    }

    /// A says all of `samples`, at its rate.
    fn say(&mut self, samples: &[i16], network: Network) {
        let mut encoder = Encoder::new(self.from.codec, self.from.rate_hz()).unwrap();
        let frame = usize::try_from(self.from.rate_hz() / 1000).unwrap() * usize::from(self.from.packet_ms);
        let ticks = self.from.codec.clock_rate_hz() / 1000 * u32::from(self.from.packet_ms);
        let mut packets = Vec::new();
        for (number, frame) in (0u16..).zip(samples.chunks_exact(frame)) {
            let mut packet = vec![0; OUTPUT_LEN];
            let timestamp = u32::from(number) * ticks;
            let fields = Fields { marker: number == 0, payload_type: TYPE_A, sequence: number, timestamp, ssrc: 5 };
            let length = encoder.encode(frame, fields.write(&mut packet).unwrap()).unwrap();
            packet.truncate(HEADER_LEN + length);
            let sent_ms = u64::from(number) * u64::from(self.from.packet_ms);
            let arrives_ms = sent_ms + if network.jitter_ms > 0 { self.next_random() % network.jitter_ms } else { 0 };
            let is_lost =
                network.loses_one_of > 0 && number > 5 && self.next_random().is_multiple_of(network.loses_one_of);
            if !is_lost {
                packets.push((arrives_ms, packet));
            }
        }
        packets.sort_by_key(|(arrives_ms, _)| *arrives_ms);
        for (arrives_ms, mut packet) in packets {
            self.deliver(&mut packet, self.start + Duration::from_millis(arrives_ms));
        }
    }

    fn deliver(&mut self, packet: &mut [u8], now: Instant) {
        match self.session.receive(Side::A, addr(Side::A), now, packet, packet.len()) {
            Verdict::Forward { side: Side::B, .. } => self.received.push(read(packet)),
            other @ Verdict::Forward { .. } => panic!("{other:?}"),
            // Dropped when it comes too late, or twice.
            Verdict::Taken | Verdict::Drop(_) => {}
        }
        let mut out = [0; OUTPUT_LEN];
        while self.session.has_output() {
            match self.session.poll(now, &mut out) {
                Output::Rtp { side: Side::B, len, .. } => self.received.push(read(&out[..len])),
                Output::Wait(_) => break,
                Output::Rtp { .. } | Output::Rtcp { .. } | Output::Event(_) => {}
            }
        }
    }

    /// What B hears: gaps in the numbers are concealed, gaps in time are silence.
    fn heard(&self) -> Vec<i16> {
        let rate_hz = self.to.rate_hz();
        let mut decoder = Decoder::new(self.to.codec, rate_hz).unwrap();
        let mut packets = self.received.clone();
        let first = packets.first().unwrap().0.sequence;
        packets.sort_by_key(|(header, _)| header.sequence.wrapping_sub(first));
        let (mut all, mut room, mut next) = (Vec::new(), vec![0; 5760], None);
        for (header, payload) in &packets {
            let missing = next.map_or(0, |next: u16| header.sequence.wrapping_sub(next));
            let frame = usize::try_from(rate_hz / 1000).unwrap() * usize::from(self.to.packet_ms);
            for _ in 0..missing {
                decoder.conceal(&mut room[..frame]);
                all.extend(&room[..frame]);
            }
            let length = decoder.decode(payload, &mut room).unwrap();
            all.extend(&room[..length]);
            next = Some(header.sequence.wrapping_add(1));
        }
        all
    }
}

fn read(packet: &[u8]) -> (RtpHeader, Vec<u8>) {
    let header = RtpHeader::parse(packet).unwrap();
    assert_eq!(header.payload_type, TYPE_B);
    (header, header.payload(packet).to_vec())
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}

/// The tones of the sweep, one after another, without a break in phase.
fn sweep(rate_hz: u32) -> Vec<i16> {
    let per_step = rate_hz / 1000 * STEP_MS;
    let mut phase = 0.0_f64;
    let mut samples = Vec::new();
    for hz in SWEEP_HZ {
        for _ in 0..per_step {
            phase += TAU * f64::from(hz) / f64::from(rate_hz);
            #[expect(clippy::cast_possible_truncation, reason = "the amplitude is small")]
            samples.push((AMPLITUDE * phase.sin()) as i16);
        }
    }
    samples
}

/// The amplitude of one frequency.
fn amplitude(samples: &[i16], hz: u16, rate_hz: u32) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, sample) in (0u32..).zip(samples) {
        let phase = TAU * f64::from(hz) * f64::from(n) / f64::from(rate_hz);
        re += f64::from(*sample) * phase.cos();
        im += f64::from(*sample) * phase.sin();
    }
    2.0 * re.hypot(im) / number(samples.len())
}

fn root_mean_square(samples: &[i16]) -> f64 {
    (samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / number(samples.len())).sqrt()
}

/// How often the curve bends more than a tone of `hz` with this amplitude can, twice over.
fn clicks(samples: &[i16], hz: u16, rate_hz: u32) -> usize {
    let own = 2.0 * AMPLITUDE * (1.0 - (TAU * f64::from(hz) / f64::from(rate_hz)).cos());
    let limit = 2.0 * own + AMPLITUDE / 2.0;
    let bends = samples.windows(3).map(|w| (f64::from(w[0]) - 2.0 * f64::from(w[1]) + f64::from(w[2])).abs());
    bends.filter(|bend| *bend > limit).count()
}

/// The middle of each step as it was heard, with its frequency. Codecs and packets take up to 100 ms.
fn steps(heard: &[i16], rate_hz: u32) -> Vec<(u16, &[i16])> {
    let per_ms = usize::try_from(rate_hz / 1000).unwrap();
    let step = usize::try_from(STEP_MS).unwrap() * per_ms;
    let middle = |at: usize| heard.get(at * step + 150 * per_ms..at * step + 450 * per_ms);
    SWEEP_HZ.iter().enumerate().filter_map(|(at, hz)| Some((*hz, middle(at)?))).collect()
}

fn pairs() -> impl Iterator<Item = (Codec, Codec)> {
    codecs().into_iter().flat_map(|from| codecs().into_iter().map(move |to| (from, to)))
}

#[test]
fn every_pair_of_codecs_carries_pitch_and_level() {
    for (from, to) in pairs() {
        let (from, to) = (Phone::with(from), Phone::with(to));
        let mut call = Call::new(from, to);
        call.say(&sweep(from.rate_hz()), GOOD);
        let heard = call.heard();
        let steps = steps(&heard, to.rate_hz());
        assert_eq!(steps.len(), SWEEP_HZ.len(), "{:?} to {:?}: {} samples", from.codec, to.codec, heard.len());
        // Ten bits a millisecond for a voice; a tone is none, least of all after another model of a voice.
        let (most_db, least_share) =
            if [from.codec, to.codec].contains(&Codec::G729) { (4.0, 0.8) } else { (2.0, 0.9) };
        for (hz, samples) in steps {
            let tone = amplitude(samples, hz, to.rate_hz());
            let level_db = 20.0 * (tone / AMPLITUDE).log10();
            let share = (tone / 2.0_f64.sqrt() / root_mean_square(samples)).powi(2);
            let place = format!("{:?} to {:?}, {hz} Hz: {level_db:.2} dB, {share:.3}", from.codec, to.codec);
            assert!(level_db.abs() < most_db && share > least_share, "{place}");
        }
    }
}

#[test]
fn a_lossy_network_makes_no_train_of_clicks() {
    for (from, to) in pairs() {
        let (from, to) = (Phone::with(from), Phone::with(to));
        let mut call = Call::new(from, to);
        call.say(&sweep(from.rate_hz()), BAD);
        let heard = call.heard();
        let mut found = 0;
        for (hz, samples) in steps(&heard, to.rate_hz()) {
            let tone = amplitude(samples, hz, to.rate_hz());
            let others = SWEEP_HZ.iter().filter(|other| **other != hz);
            let loudest = others.map(|other| amplitude(samples, *other, to.rate_hz())).fold(0.0, f64::max);
            assert!(tone > 3.0 * loudest, "{:?} to {:?}, {hz} Hz: {tone:.0} of {loudest:.0}", from.codec, to.codec);
            found += clicks(samples, hz, to.rate_hz());
        }
        // 3 s with one of 20 packets lost: seven or eight.
        assert!(found <= 4, "{:?} to {:?}: {found} clicks", from.codec, to.codec);
    }
}

#[test]
fn packets_come_in_the_length_that_the_listener_wants() {
    for (own_ms, wanted_ms) in [(20, 30), (30, 20), (20, 60), (60, 20), (10, 40), (40, 10)] {
        // One law becomes the other in place.
        let is_g711 = |codec| matches!(codec, Codec::G711(_));
        for (from, to) in pairs().filter(|(from, to)| from != to && !(is_g711(*from) && is_g711(*to))) {
            let from = Phone { codec: from, packet_ms: from.packet_ms(own_ms) };
            let to = Phone { codec: to, packet_ms: to.packet_ms(wanted_ms) };
            let mut call = Call::new(from, to);
            call.say(&sweep(from.rate_hz()), GOOD);
            let ticks = to.codec.clock_rate_hz() / 1000 * u32::from(to.packet_ms);
            for pair in call.received.windows(2) {
                let [(one, _), (next, _)] = pair else { continue };
                let step = (next.sequence.wrapping_sub(one.sequence), next.timestamp.wrapping_sub(one.timestamp));
                assert_eq!(step, (1, ticks), "{:?} {own_ms} to {:?} {wanted_ms}", from.codec, to.codec);
            }
            assert!(call.received.len() > 3000 / usize::from(to.packet_ms) - 10);
        }
    }
}
