//! What a recording is called: when it began, in the time of the place, and of which call it is. Nobody's number is in it.

use jiff::Zoned;
use warden_call::call_event::CallId;

/// The name of the `number`th recording of a call that begins now, below the place for recordings, with `/` between
/// directory and file.
pub(super) fn now(call: CallId, number: u32) -> String {
    name(&Zoned::now(), call, number)
}

fn name(at: &Zoned, call: CallId, number: u32) -> String {
    let time = at.strftime("%Y-%m-%d/%H%M%S");
    match number {
        ..=1 => format!("{time}-{call}.wav"),
        again => format!("{time}-{call}-{again}.wav"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn recordings_of_a_day_are_together_and_each_has_its_name() {
        let at = Timestamp::from_second(1_790_000_000).unwrap().to_zoned(TimeZone::UTC);
        assert_eq!(name(&at, CallId(0xC1), 1), "2026-09-21/141320-00000000000000c1.wav");
        assert_eq!(name(&at, CallId(0xC1), 2), "2026-09-21/141320-00000000000000c1-2.wav");
    }
}
