//! Digits that people press in calls: by which ways they come and go, and how INFO writes them.

use std::time::Duration;

pub use warden_media::dtmf::Digit;

/// How digits come and go, and in what form they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DigitSettings {
    /// For extensions without one of their own.
    pub method: DigitMethod,
    /// Tones are listened for where a phone has agreed to no events.
    pub inband_detection: bool,
    /// How loud events and tones are: dB below 0 dBm0.
    pub level_below_dbm0: u8,
}

impl Default for DigitSettings {
    /// By events, with tones as the last resort, at -6 dBm0.
    fn default() -> Self {
        Self { method: DigitMethod::Rfc2833, inband_detection: true, level_below_dbm0: 6 }
    }
}

/// The way that a phone's digits take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DigitMethod {
    /// Events (RFC 4733, once RFC 2833), where they are agreed on; else INFO where the phone has sent a digit by it in
    /// this call, else tones.
    #[default]
    Rfc2833,
    /// INFO; events are not agreed on.
    SipInfo,
    /// Tones in the sound; events are not agreed on.
    Inband,
    /// As [`DigitMethod::Rfc2833`], and whatever comes besides is understood too.
    Auto,
}

impl DigitMethod {
    /// Whether events are offered and agreed on.
    #[must_use]
    pub fn takes_events(self) -> bool {
        match self {
            Self::Rfc2833 | Self::Auto => true,
            Self::SipInfo | Self::Inband => false,
        }
    }
}

/// How a digit has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigitBy {
    /// As an event (RFC 4733).
    Event,
    /// As a tone in the sound.
    Tone,
    /// By INFO.
    Info,
}

/// A digit, and how long it was.
pub(crate) type Pressed = (Digit, Duration);

/// What INFO says of a digit when it does not say how long it was.
const USUAL: Duration = Duration::from_millis(160);
/// No body that says a digit is longer.
const MAX_BODY: usize = 256;

/// Reads the digit in the body of an INFO, `Signal=5` and perhaps `Duration=160` (`application/dtmf-relay`), or the digit
/// alone (`application/dtmf`). Event codes are taken as well: 10 to 16 are `*`, `#`, `A` to `D` and the hook switch.
pub(crate) fn read(body: &[u8]) -> Option<Pressed> {
    let text = std::str::from_utf8(body).ok().filter(|text| text.len() <= MAX_BODY)?;
    let lines = || text.lines().filter_map(|line| line.split_once('='));
    let value =
        |name: &str| lines().find(|(key, _)| key.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
    let digit = signal(value("Signal").unwrap_or(text.trim()))?;
    let duration = value("Duration").and_then(|ms| ms.parse::<u16>().ok()).filter(|ms| *ms > 0);
    Some((digit, duration.map_or(USUAL, |ms| Duration::from_millis(ms.into()))))
}

fn signal(text: &str) -> Option<Digit> {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(digit), None) => Digit::from_char(digit),
        _ => text.parse().ok().filter(|code| *code >= 10).and_then(Digit::from_event),
    }
}

/// The body that says a digit.
pub(crate) fn write(digit: Digit, duration: Duration) -> Vec<u8> {
    let signal = if digit == Digit::FLASH { digit.event().to_string() } else { digit.char().to_string() };
    format!("Signal={signal}\r\nDuration={}\r\n", duration.as_millis()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_as(body: &str) -> Option<(char, u128)> {
        read(body.as_bytes()).map(|(digit, duration)| (digit.char(), duration.as_millis()))
    }

    #[test]
    fn both_bodies_are_read_as_phones_write_them() {
        assert_eq!(read_as("Signal=5\r\nDuration=160\r\n"), Some(('5', 160)));
        assert_eq!(read_as("Signal= *\nDuration= 250"), Some(('*', 250)));
        assert_eq!(read_as("signal = 11\r\n"), Some(('#', 160)));
        assert_eq!(read_as("Signal=d\r\nDuration=0"), Some(('D', 160)));
        assert_eq!(read_as("Signal=16\r\nDuration=400"), Some(('!', 400)));
        assert_eq!(["7", " #\r\n", "10"].map(read_as), [Some(('7', 160)), Some(('#', 160)), Some(('*', 160))]);
    }

    #[test]
    fn what_is_no_digit_is_not_taken_for_one() {
        for body in ["", "Signal=", "Signal=X", "Signal=17", "Signal=256", "Signal=5 5", "12345", "05", "Duration=160"]
        {
            assert_eq!(read_as(body), None, "{body}");
        }
        assert_eq!(read(&[0xFF, 0xFE]), None);
        assert_eq!(read_as(&"5".repeat(1000)), None);
    }

    #[test]
    fn what_is_written_is_read_back() {
        for code in 0..=16 {
            let (digit, duration) = (Digit::from_event(code).unwrap(), Duration::from_millis(123));
            assert_eq!(read(&write(digit, duration)), Some((digit, duration)));
        }
    }
}
