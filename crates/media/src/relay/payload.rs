//! Which payload types a leg may send, and what becomes of each on the other leg.

use warden_codec::Codec;
use warden_codec::g711::Law;

use crate::quality::Impairment;

/// How many payload types a leg can have; those beyond are not relayed.
pub const ROUTES: usize = 24;

/// What a payload type carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Sound that can be decoded and encoded.
    Sound(Codec),
    /// Digits as events (RFC 4733).
    TelephoneEvent,
    /// What silence sounds like (RFC 3389).
    ComfortNoise,
    /// Something that is passed through as it is. Whoever sets up the legs gives the same number to what is the same.
    Other(u16),
}

impl Format {
    pub(super) fn codec(self) -> Option<Codec> {
        match self {
            Self::Sound(codec) => Some(codec),
            Self::TelephoneEvent | Self::ComfortNoise | Self::Other(_) => None,
        }
    }

    fn is_interchangeable(self, other: Self) -> bool {
        self == other || self.codec().zip(other.codec()).is_some_and(|(one, other)| one.is_interchangeable(other))
    }
}

/// A payload type as one leg has negotiated it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Payload {
    /// 0 to 127.
    pub payload_type: u8,
    /// What it carries.
    pub format: Format,
    /// Of its timestamps.
    pub clock_rate_hz: u32,
    /// How it bears loss; without it there is no score for the call.
    pub impairment: Option<Impairment>,
}

impl Payload {
    /// PCMU with its static payload type 0.
    pub const PCMU: Self = Self::g711(0, Law::Pcmu);
    /// PCMA with its static payload type 8.
    pub const PCMA: Self = Self::g711(8, Law::Pcma);

    const fn g711(payload_type: u8, law: Law) -> Self {
        let impairment = Some(Impairment::G711);
        Self { payload_type, format: Format::Sound(Codec::G711(law)), clock_rate_hz: 8000, impairment }
    }

    /// Sound that can be decoded.
    #[must_use]
    pub fn sound(payload_type: u8, codec: Codec) -> Self {
        let (format, clock_rate_hz) = (Format::Sound(codec), codec.clock_rate_hz());
        Self { payload_type, format, clock_rate_hz, impairment: Impairment::of(codec) }
    }

    /// Whether it is what a call's sound is carried in.
    pub(super) fn is_sound(&self) -> bool {
        matches!(self.format, Format::Sound(_) | Format::Other(_))
    }

    /// Comfort noise.
    #[must_use]
    pub const fn comfort_noise(payload_type: u8, clock_rate_hz: u32) -> Self {
        Self { payload_type, format: Format::ComfortNoise, clock_rate_hz, impairment: None }
    }

    /// Telephone events.
    #[must_use]
    pub const fn telephone_event(payload_type: u8, clock_rate_hz: u32) -> Self {
        Self { payload_type, format: Format::TelephoneEvent, clock_rate_hz, impairment: None }
    }
}

/// What is done with a packet's payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Treatment {
    Relay,
    /// Digits that pass as they are.
    Event,
    /// Digits, for which the other leg has no payload type with this clock: they are heard, and said to it anew. Of a long
    /// one the segments last differently by another clock, so they cannot be passed on.
    Digit,
    /// Comfort noise that is not passed on: silence is time that is left out.
    Noise,
    /// From this law of G.711 to the other one, in place.
    Convert(Law),
    /// Decoded from this, and encoded again as the leg's voice.
    Transcode(Codec),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Route {
    pub(super) incoming: Payload,
    pub(super) outgoing: u8,
    pub(super) treatment: Treatment,
}

/// The way of each payload type from one leg to the other.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Routes {
    routes: [Option<Route>; ROUTES],
}

impl Routes {
    /// From what one leg may send to what the other understands. The same format is passed through; one law of G.711
    /// becomes the other one where it must; other sound is converted to what the other leg wants most; what has no
    /// counterpart is refused. Comfort noise is taken where it has none, or where sound is converted, and goes no further.
    #[must_use]
    pub fn between(from: &[Payload], to: &[Payload]) -> Self {
        let found = || from.iter().filter_map(|incoming| route(incoming, to));
        let converts = found().any(|route| matches!(route.treatment, Treatment::Transcode(_)));
        let mut found = found().map(|route| {
            let is_left_out = converts && route.incoming.format == Format::ComfortNoise;
            if is_left_out { Route { treatment: Treatment::Noise, ..route } } else { route }
        });
        Self { routes: std::array::from_fn(|_| found.next()) }
    }

    #[inline]
    pub(super) fn find(&self, payload_type: u8) -> Option<Route> {
        self.routes.iter().map_while(|route| *route).find(|route| route.incoming.payload_type == payload_type)
    }
}

fn route(incoming: &Payload, to: &[Payload]) -> Option<Route> {
    let same =
        |it: &&Payload| it.clock_rate_hz == incoming.clock_rate_hz && it.format.is_interchangeable(incoming.format);
    let made =
        |outgoing: &Payload, treatment| Route { incoming: *incoming, outgoing: outgoing.payload_type, treatment };
    let passed = to.iter().find(same);
    match incoming.format {
        Format::TelephoneEvent => {
            Some(passed.map_or_else(|| made(incoming, Treatment::Digit), |to| made(to, Treatment::Event)))
        }
        Format::ComfortNoise => {
            Some(passed.map_or_else(|| made(incoming, Treatment::Noise), |to| made(to, Treatment::Relay)))
        }
        Format::Other(_) => passed.map(|to| made(to, Treatment::Relay)),
        Format::Sound(codec) => passed.map(|to| made(to, Treatment::Relay)).or_else(|| {
            let mut sounds = to.iter().filter_map(|it| Some((it, it.format.codec()?)));
            let wanted = sounds.clone().next()?;
            let Codec::G711(law) = codec else { return Some(made(wanted.0, Treatment::Transcode(codec))) };
            let g711 = sounds.find(|(_, other)| matches!(other, Codec::G711(_)));
            Some(match g711 {
                Some((to, _)) => made(to, Treatment::Convert(law)),
                None => made(wanted.0, Treatment::Transcode(codec)),
            })
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_find_their_counterparts_and_laws_are_converted_only_where_they_must() {
        let other = Payload { payload_type: 96, format: Format::Other(1), clock_rate_hz: 48_000, impairment: None };
        let from = [Payload::PCMU, Payload::PCMA, other, Payload::telephone_event(101, 8000)];
        let to = [Payload::PCMA, Payload { payload_type: 111, ..other }, Payload::telephone_event(97, 8000)];
        let routes = Routes::between(&from, &to);
        let way = |payload_type| routes.find(payload_type).map(|route| (route.outgoing, route.treatment));
        assert_eq!(way(0), Some((8, Treatment::Convert(Law::Pcmu))));
        assert_eq!(way(8), Some((8, Treatment::Relay)));
        assert_eq!(way(96), Some((111, Treatment::Relay)));
        assert_eq!(way(101), Some((97, Treatment::Event)));
        assert_eq!(way(18), None);
    }

    #[test]
    fn events_pass_where_their_clock_is_the_same() {
        let [slow, fast] = [8000, 48_000].map(|rate| Payload::telephone_event(101, rate));
        let both = [fast, Payload { payload_type: 96, ..slow }];
        let way =
            |to: &[Payload]| Routes::between(&[slow], to).find(101).map(|route| (route.outgoing, route.treatment));
        assert_eq!(way(&both), Some((96, Treatment::Event)));
        assert_eq!(way(&[fast]), Some((101, Treatment::Digit)));
        assert_eq!(way(&[Payload::PCMU]), Some((101, Treatment::Digit)), "to be told in another way");
    }

    #[test]
    fn comfort_noise_passes_where_it_is_understood_and_sound_is_not_converted() {
        let (noise, wide) = (Payload::comfort_noise(13, 8000), Payload::sound(9, Codec::G722));
        let way = |from: &[Payload], to: &[Payload]| {
            Routes::between(from, to).find(13).map(|route| (route.outgoing, route.treatment))
        };
        let renumbered = Payload { payload_type: 98, ..noise };
        assert_eq!(way(&[Payload::PCMU, noise], &[Payload::PCMA, renumbered]), Some((98, Treatment::Relay)));
        assert_eq!(way(&[Payload::PCMU, noise], &[Payload::PCMU]), Some((13, Treatment::Noise)));
        let converted = way(&[Payload::PCMU, noise], &[wide, noise]);
        assert_eq!(converted.map(|(_, treatment)| treatment), Some(Treatment::Noise), "silence is left out");
    }

    #[test]
    fn sound_without_a_counterpart_is_converted_to_what_the_leg_wants_most() {
        let relayed = Payload { payload_type: 18, format: Format::Other(1), ..Payload::PCMU };
        let routes = Routes::between(&[relayed, Payload::PCMU], &[relayed]);
        assert_eq!(routes.find(0).map(|route| route.treatment), None, "nothing there can be encoded");
        assert_eq!(routes.find(18).map(|route| route.treatment), Some(Treatment::Relay));
    }
}
