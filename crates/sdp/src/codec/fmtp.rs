//! Parameters of codecs (`a=fmtp`), as far as both sides must agree on them.

use super::{Codec, Encoding};

/// The value of the parameter `name` in `text`, such as `mode=20;x=1`. Spaces and case of names do not count.
#[must_use]
pub fn fmtp_value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.split(';')
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(found, _)| found.trim().eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

/// Milliseconds in a frame of iLBC: 20 or, as is usual, 30 (RFC 3952 §5).
pub(crate) fn ilbc_mode(codec: &Codec) -> u8 {
    if has(codec, "mode", "20") { 20 } else { 30 }
}

fn has(codec: &Codec, name: &str, value: &str) -> bool {
    codec.fmtp.as_deref().and_then(|text| fmtp_value(text, name)).is_some_and(|it| it.eq_ignore_ascii_case(value))
}

/// The parameters with which we answer `theirs`, when ours would be those of `ours`.
pub(crate) fn answered_fmtp(ours: &Codec, theirs: &Codec) -> Option<Box<str>> {
    let either = |name, value| has(ours, name, value) || has(theirs, name, value);
    match Settled::of(&ours.encoding) {
        // Silence frames come only where both sides take them (RFC 7261 §3.3).
        Settled::SilenceOff { name, parameter } => either(name, "no").then(|| parameter.into()),
        Settled::Mode if ours.fmtp.is_none() && theirs.fmtp.is_none() => None,
        Settled::Mode if ilbc_mode(ours).max(ilbc_mode(theirs)) == 20 => Some("mode=20".into()),
        Settled::Mode => Some("mode=30".into()),
        Settled::Events => Some(answered_events(ours, theirs)),
        Settled::Repeated => theirs.fmtp.clone(),
        Settled::Own => ours.fmtp.clone(),
    }
}

/// How the parameters of a codec come about in an answer.
enum Settled {
    /// The parameter of this name is `no` when either side says so.
    SilenceOff { name: &'static str, parameter: &'static str },
    /// The longer frame.
    Mode,
    /// Those that both take.
    Events,
    /// The form of the packets, which must be said again.
    Repeated,
    /// Each side says what it likes to receive.
    Own,
}

impl Settled {
    fn of(encoding: &Encoding) -> Self {
        if *encoding == Encoding::TelephoneEvent {
            Self::Events
        } else if *encoding == Encoding::G729 {
            Self::SilenceOff { name: "annexb", parameter: "annexb=no" }
        } else if *encoding == Encoding::G723 {
            Self::SilenceOff { name: "annexa", parameter: "annexa=no" }
        } else if *encoding == Encoding::Ilbc {
            Self::Mode
        } else if matches!(encoding, Encoding::Amr | Encoding::AmrWb | Encoding::Redundancy) {
            Self::Repeated
        } else {
            Self::Own
        }
    }
}

/// Events 0 to 15 are digits, 16 is flash; no one needs the others, and some phones fail on a range not offered.
fn answered_events(ours: &Codec, theirs: &Codec) -> Box<str> {
    let takes_flash = |codec: &Codec| codec.fmtp.as_deref().map(str::trim) == Some("0-16");
    if takes_flash(ours) && takes_flash(theirs) { "0-16".into() } else { "0-15".into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_found_among_others() {
        assert_eq!(fmtp_value("a=1; Mode = 20 ;b", "mode"), Some("20"));
        assert_eq!(fmtp_value("annexb=no", "annexa"), None);
        assert_eq!(fmtp_value("0-15", "mode"), None);
    }

    #[test]
    fn annex_b_is_off_when_either_side_says_so() {
        let (with, without) = (Codec::narrow(Encoding::G729), Codec::narrow(Encoding::G729).with_fmtp("annexb=no"));
        assert_eq!(answered_fmtp(&with, &without).as_deref(), Some("annexb=no"));
        assert_eq!(answered_fmtp(&without, &with).as_deref(), Some("annexb=no"));
        assert_eq!(answered_fmtp(&with, &with), None);
    }

    #[test]
    fn the_longer_frame_of_ilbc_wins() {
        let (long, short) = (Codec::narrow(Encoding::Ilbc), Codec::narrow(Encoding::Ilbc).with_fmtp("mode=20"));
        assert_eq!(answered_fmtp(&long, &short).as_deref(), Some("mode=30"));
        assert_eq!(answered_fmtp(&short, &short).as_deref(), Some("mode=20"));
        assert_eq!(answered_fmtp(&long, &long), None);
    }

    #[test]
    fn flash_is_answered_only_where_it_was_offered() {
        let ours = Codec::telephone_event(8000);
        assert_eq!(answered_fmtp(&ours, &ours).as_deref(), Some("0-16"));
        assert_eq!(answered_fmtp(&ours, &ours.clone().with_fmtp("0-15")).as_deref(), Some("0-15"));
        assert_eq!(answered_fmtp(&ours, &ours.clone().with_fmtp("0-11,16")).as_deref(), Some("0-15"));
    }
}
