//! What one leg says, as samples: packets put in order, and something heard where one is missing.
//!
//! Nothing waits for a clock. A packet that comes too early waits for the one that is missing, until that or another one
//! comes; then what is missing is made up. Time that the sender has left out (silence) is told to the listener.

use warden_codec::{Codec, Decoder};

/// The longest packet that is decoded.
const LONGEST_MS: u32 = 120;
/// More than this is not made up: after it there is silence.
const CONCEALED_MS: u32 = 100;
/// A step of the timestamps beyond this is no silence.
const LONGEST_PAUSE_S: u32 = 60;
/// The longest payload that can wait for one that is missing.
const MAX_WAITING: usize = 1500;

/// Who takes the samples.
pub(crate) trait Listener {
    /// These come next.
    fn hear(&mut self, samples: &[i16]);
    /// As many samples of silence come next.
    fn pause(&mut self, samples: u64);
    /// What comes next has nothing to do with what came before.
    fn restart(&mut self);
}

/// A packet, as far as it matters here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece<'p> {
    /// The sequence number without wrapping.
    pub(crate) extended: u64,
    pub(crate) timestamp: u32,
    pub(crate) payload: &'p [u8],
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    extended: u64,
    timestamp: u32,
}

/// Where the stream has got to.
#[derive(Clone, Copy, Debug)]
struct Position {
    extended: u64,
    timestamp: u32,
    /// Samples of the packet before.
    frame: usize,
}

#[derive(Debug)]
pub(crate) struct Ear {
    codec: Codec,
    sample_rate_hz: u32,
    epoch: u64,
    decoder: Decoder,
    /// What comes next; `None` before the first packet.
    next: Option<Position>,
    waiting: Option<Waiting>,
    /// The payload that waits.
    kept: Vec<u8>,
    samples: Box<[i16]>,
}

impl Ear {
    /// For packets of the stream `epoch`. `None` when the codec cannot be decoded at this rate.
    pub(crate) fn new(codec: Codec, sample_rate_hz: u32, epoch: u64) -> Option<Self> {
        let room = usize::try_from(sample_rate_hz * LONGEST_MS / 1000).ok()?;
        Some(Self {
            codec,
            sample_rate_hz,
            epoch,
            decoder: Decoder::new(codec, sample_rate_hz)?,
            next: None,
            waiting: None,
            kept: Vec::with_capacity(MAX_WAITING),
            samples: vec![0; room].into_boxed_slice(),
        })
    }

    /// Whether it can go on with packets of this codec, rate and stream.
    pub(crate) fn is_for(&self, codec: Codec, sample_rate_hz: u32, epoch: u64) -> bool {
        (self.codec, self.sample_rate_hz, self.epoch) == (codec, sample_rate_hz, epoch)
    }

    /// Takes a packet. `listener` may hear nothing, or more than one frame.
    pub(crate) fn take(&mut self, piece: Piece<'_>, listener: &mut impl Listener) {
        if piece.payload.is_empty() {
            return self.skip_number(piece.extended, listener);
        }
        let Some(next) = self.next else {
            listener.restart();
            return self.decode(piece, listener);
        };
        if piece.extended < next.extended {
            return; // made up long ago
        }
        if piece.extended == next.extended {
            self.decode(piece, listener);
            return self.release(listener);
        }
        match self.waiting.take() {
            None => self.keep(piece),
            // What is missing will not come any more.
            Some(other) if other.extended < piece.extended => {
                self.skip_to(other, listener);
                self.take(piece, listener);
            }
            Some(other) => {
                self.waiting = Some(other);
                self.bridge(piece, listener);
                self.decode(piece, listener);
                self.release(listener);
            }
        }
    }

    /// Of its timestamps.
    pub(crate) fn clock_rate_hz(&self) -> u32 {
        self.codec.clock_rate_hz()
    }

    /// By how much the time of an event differs from that of the next sound, in ticks.
    pub(crate) fn ticks_ahead(&self, timestamp: u32) -> i32 {
        self.next.map_or(0, |next| timestamp.wrapping_sub(next.timestamp).cast_signed())
    }

    /// A number that carries no sound has come in its turn: it is not missing.
    pub(crate) fn skip_number(&mut self, extended: u64, listener: &mut impl Listener) {
        if let Some(waiting) = self.waiting.take_if(|waiting| waiting.extended < extended) {
            self.skip_to(waiting, listener);
        }
        let Some(next) = self.next.as_mut().filter(|next| next.extended <= extended) else { return };
        next.extended = extended + 1; // what was lost before it was a digit, most likely
        self.release(listener);
    }

    fn keep(&mut self, piece: Piece<'_>) {
        if piece.payload.len() <= MAX_WAITING {
            self.kept.clear();
            self.kept.extend_from_slice(piece.payload);
            self.waiting = Some(Waiting { extended: piece.extended, timestamp: piece.timestamp });
        }
    }

    /// Decodes what waits, after what is missing before it.
    fn skip_to(&mut self, waiting: Waiting, listener: &mut impl Listener) {
        let kept = std::mem::take(&mut self.kept);
        let Waiting { extended, timestamp } = waiting;
        let piece = Piece { extended, timestamp, payload: &kept };
        self.bridge(piece, listener);
        self.decode(piece, listener);
        self.kept = kept;
    }

    /// Decodes what waits, if its turn has come.
    fn release(&mut self, listener: &mut impl Listener) {
        let Some(waiting) = self.waiting else { return };
        if self.next.is_some_and(|next| next.extended >= waiting.extended) {
            self.waiting = None;
            self.skip_to(waiting, listener);
        }
    }

    /// Makes up what is missing before `piece`.
    fn bridge(&mut self, piece: Piece<'_>, listener: &mut impl Listener) {
        // Before anything was understood nobody knows how long it would be.
        let Some(next) = self.next.filter(|next| next.frame > 0) else { return };
        let missing = piece.extended.saturating_sub(next.extended);
        let Some(missing) = u32::try_from(missing).ok().filter(|missing| *missing > 0) else { return };
        let frame = next.frame;
        let most = self.sample_rate_hz * CONCEALED_MS / 1000 / u32::try_from(frame).unwrap_or(u32::MAX);
        let frames = missing.min(most.max(1));
        for number in 1..=frames {
            let Some(room) = self.samples.get_mut(..frame) else { break };
            if number == missing {
                self.decoder.recover(piece.payload, room);
            } else {
                self.decoder.conceal(room);
            }
            listener.hear(room);
        }
        let made = frame * usize::try_from(frames).unwrap_or(0);
        self.next = Some(Position {
            extended: piece.extended,
            timestamp: next.timestamp.wrapping_add(self.ticks(made)),
            frame,
        });
    }

    fn decode(&mut self, piece: Piece<'_>, listener: &mut impl Listener) {
        if let Some(next) = self.next {
            self.note_time(next, piece.timestamp, listener);
        }
        let length = self.decoder.decode(piece.payload, &mut self.samples).filter(|length| *length > 0);
        let frame = length.or(self.next.map(|next| next.frame)).unwrap_or(0);
        if let Some(samples) = self.samples.get_mut(..frame).filter(|samples| !samples.is_empty()) {
            if length.is_none() {
                self.decoder.conceal(samples);
            }
            listener.hear(samples);
        }
        let timestamp = piece.timestamp.wrapping_add(self.ticks(frame));
        self.next = Some(Position { extended: piece.extended + 1, timestamp, frame });
    }

    /// Silence that was left out, or another beginning. Small steps are mistakes of the sender's clock.
    fn note_time(&self, next: Position, timestamp: u32, listener: &mut impl Listener) {
        let step = timestamp.wrapping_sub(next.timestamp).cast_signed();
        let frame = self.ticks(next.frame).cast_signed();
        if frame == 0 {
            return; // nothing was understood yet
        }
        if step < -2 * frame || step.unsigned_abs() > LONGEST_PAUSE_S * self.codec.clock_rate_hz() {
            listener.restart();
        } else if step >= 2 * frame {
            let samples = u64::from(step.unsigned_abs()) * u64::from(self.sample_rate_hz);
            listener.pause(samples / u64::from(self.codec.clock_rate_hz()));
        }
    }

    /// How many ticks of the timestamps so many samples are.
    fn ticks(&self, samples: usize) -> u32 {
        let ticks = samples as u64 * u64::from(self.codec.clock_rate_hz()) / u64::from(self.sample_rate_hz);
        u32::try_from(ticks).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use warden_codec::g711::Law;

    use super::*;

    /// What was heard: the last sample of each frame with its length, pauses and restarts.
    #[derive(Debug, PartialEq)]
    enum Heard {
        Frame(i16, usize),
        Pause(u64),
        Restart,
    }

    #[derive(Default)]
    struct Notes(Vec<Heard>);

    impl Listener for Notes {
        fn hear(&mut self, samples: &[i16]) {
            self.0.push(Heard::Frame(samples[samples.len() - 1], samples.len()));
        }

        fn pause(&mut self, samples: u64) {
            self.0.push(Heard::Pause(samples));
        }

        fn restart(&mut self) {
            self.0.push(Heard::Restart);
        }
    }

    const LAW: Law = Law::Pcma;

    fn ear() -> Ear {
        Ear::new(Codec::G711(LAW), 8000, 1).unwrap()
    }

    /// Packet `number` says its number.
    fn say(ear: &mut Ear, notes: &mut Notes, number: u16, timestamp: u32) {
        let payload = [LAW.encode(sound(number)); 160];
        ear.take(Piece { extended: 70_000 + u64::from(number), timestamp, payload: &payload }, notes);
    }

    fn sound(number: u16) -> i16 {
        LAW.decode(LAW.encode(1000 + 512 * i16::try_from(number).unwrap()))
    }

    fn said(numbers: &[u16]) -> Vec<Heard> {
        let mut notes = Notes::default();
        let mut ear = ear();
        for &number in numbers {
            say(&mut ear, &mut notes, number, u32::from(number) * 160);
        }
        notes.0
    }

    fn frames(numbers: &[u16]) -> Vec<Heard> {
        let frames = numbers.iter().map(|&number| Heard::Frame(sound(number), 160));
        std::iter::once(Heard::Restart).chain(frames).collect()
    }

    #[test]
    fn packets_are_heard_in_order_whatever_order_they_come_in() {
        assert_eq!(said(&[1, 2, 3]), frames(&[1, 2, 3]));
        assert_eq!(said(&[1, 3, 2, 4]), frames(&[1, 2, 3, 4]));
        assert_eq!(said(&[1, 3]), frames(&[1]), "it may still come");
    }

    #[test]
    fn what_is_lost_is_made_up_once_and_heard_no_more_when_it_comes() {
        let heard = said(&[1, 3, 4, 2, 5]);
        let length = |heard: &Heard| if let Heard::Frame(_, length) = heard { *length } else { 0 };
        assert_eq!(heard.iter().map(length).collect::<Vec<_>>(), [0, 160, 160, 160, 160, 160]);
        assert_eq!([&heard[3], &heard[5]], [&Heard::Frame(sound(3), 160), &Heard::Frame(sound(5), 160)]);
    }

    #[test]
    fn two_lost_ones_with_a_packet_between_them_are_both_made_up() {
        assert_eq!(said(&[1, 3, 5, 6]).len(), 7);
    }

    #[test]
    fn after_a_long_loss_only_its_beginning_is_made_up_and_the_rest_is_silence() {
        let heard = said(&[1, 50, 51]);
        let made_up = heard.iter().filter(|heard| matches!(heard, Heard::Frame(..))).count() - 3;
        assert_eq!(made_up, 5);
        assert!(heard.contains(&Heard::Pause((48 - 5) * 160)), "{heard:?}");
    }

    #[test]
    fn silence_that_was_not_sent_is_told_and_a_clock_that_is_wrong_is_not_believed() {
        let (mut ear, mut notes) = (ear(), Notes::default());
        say(&mut ear, &mut notes, 1, 0);
        say(&mut ear, &mut notes, 2, 160 + 800);
        assert_eq!(notes.0[2], Heard::Pause(800));
        notes.0.clear();
        say(&mut ear, &mut notes, 3, 160 + 800 + 320); // as if the clock ran at 16 kHz
        assert_eq!(notes.0.len(), 1, "{:?}", notes.0);
        say(&mut ear, &mut notes, 4, 5);
        assert_eq!(notes.0[1], Heard::Restart, "back in time");
    }

    #[test]
    fn before_anything_was_understood_nothing_is_made_up() {
        let (mut ear, mut notes) = (ear(), Notes::default());
        ear.take(Piece { extended: 70_001, timestamp: 0, payload: &[0; 1400] }, &mut notes);
        for number in [5, 6, 7] {
            say(&mut ear, &mut notes, number, u32::from(number) * 160);
        }
        assert_eq!(notes.0[1..], [5, 6, 7].map(|number| Heard::Frame(sound(number), 160)), "{:?}", notes.0);
    }

    #[test]
    fn what_is_no_payload_sounds_as_if_it_were_lost() {
        let (mut ear, mut notes) = (ear(), Notes::default());
        say(&mut ear, &mut notes, 1, 0);
        ear.take(Piece { extended: 70_002, timestamp: 160, payload: &[0; 1400] }, &mut notes);
        assert_eq!(notes.0.len(), 3);
        assert!(matches!(notes.0[2], Heard::Frame(_, 160)));
    }
}
