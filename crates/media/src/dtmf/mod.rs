//! Digits (DTMF): heard as events of RFC 4733 or as tones in the sound, and said in either way.
//!
//! Digits may be somebody's PIN: nothing here shows which ones they are.

mod event;
mod goertzel;
mod hearing;
mod receiver;
mod sender;
mod tones;

use std::fmt;
use std::time::Duration;

pub use event::EventPayload;
pub use goertzel::Detector;
pub(crate) use hearing::Hearing;
pub use receiver::{EventPacket, EventReceiver};
pub(crate) use sender::{Dialler, Next};
pub use sender::{EventOut, EventSender, GAP, LONGEST, MAX_DIGITS, SHORTEST};
pub use tones::tone;

/// How many digits there are, a press of the hook switch among them.
const DIGITS: [char; 17] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D', '!'];
/// A digit that comes by another way within this time is the same one.
const SAME: Duration = Duration::from_millis(500);
/// Rows of the keypad, in Hz.
const LOW_HZ: [u16; 4] = [697, 770, 852, 941];
/// Its columns.
const HIGH_HZ: [u16; 4] = [1209, 1336, 1477, 1633];
/// The keypad as it is printed.
const KEYPAD: [[char; 4]; 4] = [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];

/// `0` to `9`, `*`, `#`, `A` to `D`, or a press of the hook switch. It does not print itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digit(u8);

impl Digit {
    /// A short press of the hook switch. It has no tone.
    pub const FLASH: Self = Self(16);

    /// The digit with this event code (RFC 4733 §3.2); `None` for other events.
    #[must_use]
    pub fn from_event(code: u8) -> Option<Self> {
        (usize::from(code) < DIGITS.len()).then_some(Self(code))
    }

    /// The digit that is written so; `!` is the hook switch, letters may be small.
    #[must_use]
    pub fn from_char(written: char) -> Option<Self> {
        let at = DIGITS.iter().position(|digit| *digit == written.to_ascii_uppercase())?;
        u8::try_from(at).ok().map(Self)
    }

    /// Its event code.
    #[must_use]
    pub fn event(self) -> u8 {
        self.0
    }

    /// As it is written.
    #[must_use]
    pub fn char(self) -> char {
        DIGITS.get(usize::from(self.0)).copied().unwrap_or('!')
    }

    /// Its row and column on the keypad; `None` for the hook switch.
    fn place(self) -> Option<(usize, usize)> {
        let rows = KEYPAD.iter().enumerate();
        rows.into_iter().find_map(|(row, keys)| Some((row, keys.iter().position(|key| *key == self.char())?)))
    }

    /// The two frequencies of its tone, in Hz; `None` for the hook switch.
    #[must_use]
    pub fn frequencies_hz(self) -> Option<[u16; 2]> {
        let (row, column) = self.place()?;
        Some([*LOW_HZ.get(row)?, *HIGH_HZ.get(column)?])
    }

    /// The one in this row and column.
    fn at(row: usize, column: usize) -> Option<Self> {
        Self::from_char(*KEYPAD.get(row)?.get(column)?)
    }
}

impl fmt::Debug for Digit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digit(..)")
    }
}

/// How a digit has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum By {
    /// As an event (RFC 4733).
    Event,
    /// As a tone in the sound.
    Tone,
}

/// A digit that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Which.
    pub digit: Digit,
    /// How long it lasted.
    pub duration: Duration,
    /// How it has come.
    pub by: By,
    /// It went on to the other leg as it came.
    pub passed: bool,
}

/// What the media of one leg has to do with digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DigitSetup {
    /// Tones in its sound are listened for; that costs each packet its decoding.
    pub listens: bool,
    /// A tone that is heard does not go on to the other leg, but for its beginning.
    pub mutes: bool,
    /// How it is told digits; `None` if it is not, or not by media.
    pub said: Option<Saying>,
    /// How loud: dB below 0 dBm0, for events and for the higher frequency of tones.
    pub level_below_dbm0: u8,
}

impl DigitSetup {
    /// The same for a leg whose tones go on as they are.
    #[must_use]
    pub fn without_listening(self) -> Self {
        Self { listens: false, mutes: false, ..self }
    }
}

/// How a leg is told digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saying {
    /// By events of this payload type and clock.
    Events {
        /// 0 to 127.
        payload_type: u8,
        /// Of their timestamps and durations.
        clock_rate_hz: u32,
    },
    /// By tones in the sound.
    Tones,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_has_its_code_and_but_for_the_hook_its_place_on_the_keypad() {
        for code in 0..=16 {
            let digit = Digit::from_event(code).unwrap();
            assert_eq!((digit.event(), Digit::from_char(digit.char())), (code, Some(digit)));
            let placed = digit.place().and_then(|(row, column)| Digit::at(row, column));
            assert_eq!(placed, Some(digit).filter(|digit| *digit != Digit::FLASH));
        }
        assert_eq!(Digit::from_event(17), None);
        assert_eq!(Digit::from_char('5').unwrap().frequencies_hz(), Some([770, 1336]));
        assert_eq!(Digit::from_char('d'), Digit::from_char('D'));
    }

    #[test]
    fn a_digit_does_not_show_itself() {
        let shown = |c| format!("{:?}", Digit::from_char(c).unwrap());
        assert_eq!(shown('1'), shown('2'));
    }
}
