//! What one leg is told, in its codec and in packets of its length, made of samples that come as they like.

use warden_codec::resample::Resampler;
use warden_codec::{Codec, Encoder};

use super::Voice;
use super::ear::Listener;
use crate::ticks::low32;

/// How much can wait to be said: what an ear makes up at once, and two packets.
const ROOM_MS: usize = 480;

/// Whose sound it is; another source begins a new run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The other leg's stream, by the receiver's epoch.
    Peer(u64),
    /// A player, by its number.
    Player(u64),
}

/// A packet that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// Packets with the same one keep their distances.
    pub(crate) run: u64,
    /// Counts packets, without gaps.
    pub(crate) number: u64,
    /// In ticks of the codec's clock, from the beginning of the run.
    pub(crate) timestamp: u32,
    /// The first one after silence.
    pub(crate) marker: bool,
    /// Of its payload.
    pub(crate) len: usize,
}

#[derive(Debug)]
pub(crate) struct Mouth {
    voice: Voice,
    /// Of what it is given.
    given_hz: u32,
    /// Of what it encodes.
    sample_rate_hz: u32,
    resampler: Option<Resampler>,
    encoder: Encoder,
    source: Source,
    run: u64,
    /// Packets of all runs.
    number: u64,
    /// Samples of this run that have been said or left out.
    passed: u64,
    marker: bool,
    /// Samples of a packet.
    frame: usize,
    samples: Box<[i16]>,
    /// How many of them wait.
    waiting: usize,
    /// After the first so many of them comes a pause of so many samples.
    pause: Option<(usize, u64)>,
    /// When the last event began, by its sender's clock and by ours.
    event: Option<(u32, u32)>,
}

impl Mouth {
    /// Says what `source` gives at this rate, from run `run` on. `None` when there is no way from there to the codec.
    ///
    /// The listener's decoder goes on from what it has heard, so the encoder of the mouth `before` does, if it is of the
    /// same codec.
    pub(crate) fn new(
        voice: Voice,
        given_hz: u32,
        source: Source,
        run: u64,
        before: Option<Box<Self>>,
    ) -> Option<Self> {
        let sample_rate_hz = voice.codec.sample_rate_hz(Some(given_hz));
        let resampler = if given_hz == sample_rate_hz { None } else { Some(Resampler::new(given_hz, sample_rate_hz)?) };
        let per_ms = usize::try_from(sample_rate_hz / 1000).ok()?;
        Some(Self {
            voice,
            given_hz,
            sample_rate_hz,
            resampler,
            encoder: match before.filter(|it| (it.voice.codec, it.sample_rate_hz) == (voice.codec, sample_rate_hz)) {
                Some(before) => before.encoder,
                None => Encoder::new(voice.codec, sample_rate_hz)?,
            },
            source,
            run,
            number: 0,
            passed: 0,
            marker: true,
            frame: per_ms * usize::from(voice.codec.packet_ms(voice.packet_ms)),
            samples: vec![0; per_ms * ROOM_MS].into_boxed_slice(),
            waiting: 0,
            pause: None,
            event: None,
        })
    }

    /// Whether it can say what comes at this rate, so.
    pub(crate) fn is_for(&self, voice: Voice, given_hz: u32) -> bool {
        (self.voice, self.given_hz) == (voice, given_hz)
    }

    pub(crate) fn voice(&self) -> Voice {
        self.voice
    }

    /// Whether what it says next depends on what it has said.
    pub(crate) fn has_memory(&self) -> bool {
        !matches!(self.voice.codec, Codec::G711(_))
    }

    pub(crate) fn source(&self) -> Source {
        self.source
    }

    pub(crate) fn run(&self) -> u64 {
        self.run
    }

    /// Of the timestamps of what it says.
    pub(crate) fn clock_rate_hz(&self) -> u32 {
        self.voice.codec.clock_rate_hz()
    }

    /// From now on it says what `source` has.
    pub(crate) fn turn_to(&mut self, source: Source) {
        if self.source != source {
            self.source = source;
            self.restart();
        }
    }

    /// Whether a packet is complete.
    pub(crate) fn is_ready(&self) -> bool {
        self.waiting >= self.frame
    }

    /// Writes the next packet's payload; `None` when none is complete.
    pub(crate) fn say(&mut self, payload: &mut [u8]) -> Option<Said> {
        loop {
            let samples = self.samples.get(..self.frame).filter(|_| self.is_ready())?;
            let len = self.encoder.encode(samples, payload);
            let (timestamp, marker) = (self.ticks(self.passed), self.marker);
            self.consume();
            // Silence that need not be sent, or what cannot be encoded: time goes on.
            let Some(len) = len.filter(|len| *len > 0) else {
                self.marker = true;
                continue;
            };
            let said = Said { run: self.run, number: self.number, timestamp, marker, len };
            self.number += 1;
            return Some(said);
        }
    }

    /// The number and the time of a packet of an event, which goes between ours: so many ticks of a clock of
    /// `clock_rate_hz` later than the next one. All that began at `began` have one time (RFC 4733 §2.2.1).
    pub(crate) fn number(&mut self, began: u32, ticks_ahead: i32, clock_rate_hz: u32) -> (u64, u32) {
        let number = self.number;
        self.number += 1;
        if let Some((_, timestamp)) = self.event.filter(|(before, _)| *before == began) {
            return (number, timestamp);
        }
        let ahead = i64::from(ticks_ahead) * i64::from(self.voice.codec.clock_rate_hz());
        let ahead = ahead / i64::from(clock_rate_hz.max(1));
        let waiting = self.ticks(self.passed + self.waiting as u64);
        let timestamp = waiting.wrapping_add(low32(ahead.cast_unsigned()));
        self.event = Some((began, timestamp));
        (number, timestamp)
    }

    /// Completes a packet that was begun with silence. Whether there was one.
    pub(crate) fn finish(&mut self) -> bool {
        let over = self.waiting % self.frame.max(1);
        let end = self.waiting - over + self.frame;
        match self.samples.get_mut(self.waiting..end).filter(|_| over > 0) {
            Some(room) => {
                room.fill(0);
                self.waiting = end;
                true
            }
            None => false,
        }
    }

    fn consume(&mut self) {
        self.samples.copy_within(self.frame..self.waiting, 0);
        self.waiting -= self.frame;
        self.passed += self.frame as u64;
        self.marker = false;
        self.pause = self.pause.map(|(after, samples)| (after.saturating_sub(self.frame), samples));
        self.pass_pause();
    }

    /// A pause whose time has come passes.
    fn pass_pause(&mut self) {
        if let Some((0, samples)) = self.pause {
            self.pause = None;
            self.passed += samples;
            self.marker = true;
        }
    }

    fn ticks(&self, samples: u64) -> u32 {
        let ticks =
            u128::from(samples) * u128::from(self.voice.codec.clock_rate_hz()) / u128::from(self.sample_rate_hz);
        low32(u64::try_from(ticks & u128::from(u64::MAX)).unwrap_or_default())
    }
}

impl Listener for Mouth {
    /// What there is no room for is not said; nobody comes so far behind.
    fn hear(&mut self, samples: &[i16]) {
        let Some(room) = self.samples.get_mut(self.waiting..) else { return };
        match &mut self.resampler {
            Some(resampler) => self.waiting += resampler.resample(samples, room).unwrap_or(0),
            None => {
                if let Some(room) = room.get_mut(..samples.len()) {
                    room.copy_from_slice(samples);
                    self.waiting += samples.len();
                }
            }
        }
    }

    /// A packet that was begun is completed with silence; then time passes without packets.
    fn pause(&mut self, samples: u64) {
        if samples == 0 {
            return;
        }
        let before = self.waiting;
        self.finish();
        let filled = (self.waiting - before) as u64;
        let samples = samples * u64::from(self.sample_rate_hz) / u64::from(self.given_hz);
        let earlier = self.pause.map_or(0, |(_, samples)| samples);
        self.pause = Some((self.waiting, earlier + samples.saturating_sub(filled)));
        self.pass_pause();
    }

    fn restart(&mut self) {
        self.run += 1;
        (self.passed, self.waiting, self.marker) = (0, 0, true);
        (self.pause, self.event) = (None, None);
    }
}

#[cfg(test)]
mod tests {
    use warden_codec::Codec;
    use warden_codec::g711::Law;

    use super::*;

    const PEER: Source = Source::Peer(1);

    fn mouth(packet_ms: u8) -> Mouth {
        let voice = Voice { packet_ms, ..Voice::new(Codec::G711(Law::Pcma), 8) };
        Mouth::new(voice, 8000, PEER, 0, None).unwrap()
    }

    fn said(mouth: &mut Mouth) -> Vec<(u64, u64, u32, bool, usize)> {
        let mut payload = [0; 500];
        std::iter::from_fn(|| mouth.say(&mut payload))
            .map(|said| (said.run, said.number, said.timestamp, said.marker, said.len))
            .collect()
    }

    #[test]
    fn frames_of_any_length_become_packets_of_one() {
        let mut mouth = mouth(30);
        for _ in 0..3 {
            mouth.hear(&[5; 160]);
        }
        assert_eq!(said(&mut mouth), [(0, 0, 0, true, 240), (0, 1, 240, false, 240)]);
        assert!(!mouth.is_ready());
    }

    #[test]
    fn a_pause_completes_the_packet_that_was_begun_and_takes_no_packets() {
        let mut mouth = mouth(20);
        mouth.hear(&[5; 240]);
        mouth.pause(800);
        mouth.hear(&[5; 160]);
        let times: Vec<_> = said(&mut mouth).iter().map(|said| (said.2, said.3)).collect();
        assert_eq!(times, [(0, true), (160, false), (240 + 800, true)]);
    }

    #[test]
    fn a_pause_with_nothing_before_it_only_passes() {
        let mut mouth = mouth(20);
        mouth.hear(&[5; 160]);
        assert_eq!(said(&mut mouth).len(), 1);
        mouth.pause(320);
        mouth.pause(160);
        mouth.hear(&[5; 160]);
        assert_eq!(said(&mut mouth), [(0, 1, 160 + 480, true, 160)]);
    }

    #[test]
    fn another_source_begins_another_run_and_numbers_go_on() {
        let mut mouth = mouth(20);
        mouth.hear(&[5; 200]);
        assert_eq!(said(&mut mouth).len(), 1);
        mouth.turn_to(PEER);
        mouth.turn_to(Source::Player(1));
        mouth.hear(&[5; 160]);
        assert_eq!(said(&mut mouth), [(1, 1, 0, true, 160)]);
    }

    #[test]
    fn packets_of_others_are_numbered_between_ours_and_keep_their_time() {
        let mut mouth = mouth(20);
        mouth.hear(&[5; 160]);
        assert_eq!(said(&mut mouth).len(), 1);
        assert_eq!(mouth.number(1, -160, 8000), (1, 0));
        assert_eq!(mouth.number(2, 480, 48_000), (2, 160 + 80));
        assert_eq!(mouth.number(2, 0, 48_000), (3, 160 + 80), "the same event");
        mouth.hear(&[5; 160]);
        assert_eq!(said(&mut mouth)[0].1, 4);
    }

    #[test]
    fn what_there_is_no_room_for_is_not_said() {
        let mut mouth = mouth(20);
        (0..100).for_each(|_| mouth.hear(&[5; 160]));
        assert_eq!(said(&mut mouth).len(), 24);
    }
}
