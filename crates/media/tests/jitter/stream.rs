//! A sender, a network, and who pulls.

use std::time::{Duration, Instant};

use warden_codec::g711::Law;
use warden_codec::{Codec, Encoder};
use warden_media::jitter::{Content, JitterBuffer, JitterStatistics, Packet, Played};

pub(crate) const PCMA: Codec = Codec::G711(Law::Pcma);

#[expect(clippy::disallowed_methods, reason = "a beginning for simulated time")]
pub(crate) fn start() -> Instant {
    Instant::now()
}

/// Pseudo-random numbers by seed.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n.max(1)
    }

    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        n > 0 && self.below(n) == 0
    }
}

/// A packet on its way.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) arrives_us: u64,
    pub(crate) epoch: u64,
    pub(crate) extended: u64,
    pub(crate) timestamp: u32,
    pub(crate) carries: Carries,
}

#[derive(Clone, Debug)]
pub(crate) enum Carries {
    Sound(Vec<u8>),
    Noise(Vec<u8>),
    Nothing,
}

/// `samples`, at the codec's own rate, in packets that take no time on their way.
pub(crate) fn packets(codec: Codec, packet_ms: u8, samples: &[i16]) -> Vec<Sent> {
    let rate_hz = codec.sample_rate_hz(None);
    let mut encoder = Encoder::new(codec, rate_hz).unwrap();
    let frame = usize::try_from(rate_hz / 1000).unwrap() * usize::from(packet_ms);
    let ticks = codec.clock_rate_hz() / 1000 * u32::from(packet_ms);
    let mut payload = [0; 1500];
    let sent = (0u32..).zip(samples.chunks_exact(frame)).map(|(number, frame)| {
        let length = encoder.encode(frame, &mut payload).unwrap();
        Sent {
            arrives_us: u64::from(number) * u64::from(packet_ms) * 1000,
            epoch: 1,
            extended: 70_000 + u64::from(number),
            timestamp: 4_294_900_000u32.wrapping_add(number * ticks),
            carries: Carries::Sound(payload[..length].to_vec()),
        }
    });
    sent.collect()
}

/// Each packet takes up to so much longer, evenly distributed.
pub(crate) fn jitter(sent: &mut [Sent], most_us: u64, random: &mut Random) {
    for packet in sent {
        packet.arrives_us += random.below(most_us);
    }
}

/// What came of a run.
#[derive(Default)]
pub(crate) struct Run {
    pub(crate) heard: Vec<i16>,
    pub(crate) played: Vec<Played>,
    /// After each frame.
    pub(crate) statistics: Vec<JitterStatistics>,
}

impl Run {
    pub(crate) fn last(&self) -> JitterStatistics {
        *self.statistics.last().unwrap()
    }

    pub(crate) fn at_s(&self, seconds: usize) -> JitterStatistics {
        self.statistics[seconds * 50 - 1]
    }

    /// Delays in this time, in milliseconds.
    pub(crate) fn delays_ms(&self, seconds: std::ops::Range<usize>) -> Vec<u128> {
        self.statistics[seconds.start * 50..seconds.end * 50].iter().map(|it| it.delay.as_millis()).collect()
    }
}

/// Packets come when they come, frames are pulled every 20 ms from `first_pull_us` on, for `seconds`.
pub(crate) fn run(buffer: &mut JitterBuffer, rate_hz: u32, sent: &[Sent], first_pull_us: u64, frames: u64) -> Run {
    let mut order: Vec<&Sent> = sent.iter().collect();
    order.sort_by_key(|packet| packet.arrives_us);
    let (start, mut order, mut run) = (start(), order.into_iter().peekable(), Run::default());
    let mut frame = vec![0; usize::try_from(rate_hz / 50).unwrap()];
    for number in 0..frames {
        let pull_us = first_pull_us + number * 20_000;
        while let Some(packet) = order.next_if(|packet| packet.arrives_us <= pull_us) {
            put(buffer, start + Duration::from_micros(packet.arrives_us), packet);
        }
        run.played.push(buffer.pull(start + Duration::from_micros(pull_us), &mut frame));
        run.heard.extend(&frame);
        run.statistics.push(buffer.statistics());
    }
    run
}

fn put(buffer: &mut JitterBuffer, now: Instant, packet: &Sent) {
    let content = match &packet.carries {
        Carries::Sound(payload) => Content::Sound(payload),
        Carries::Noise(payload) => Content::Noise(payload),
        Carries::Nothing => Content::Nothing,
    };
    let Sent { epoch, extended, timestamp, .. } = *packet;
    buffer.put(now, Packet { epoch, extended, timestamp, content });
}

/// The same at the codec's own rate, pulled between packets.
pub(crate) fn play(codec: Codec, sent: &[Sent]) -> Run {
    let rate_hz = codec.sample_rate_hz(None);
    let last_us = sent.iter().map(|packet| packet.arrives_us).max().unwrap();
    run(&mut JitterBuffer::new(codec, rate_hz).unwrap(), rate_hz, sent, 7000, last_us / 20_000 + 20)
}
