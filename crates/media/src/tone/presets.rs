//! The usual tones of some countries (ITU-T E.180 and its list of national tones).

use std::borrow::Cow;

use super::{Component, Segment, Tone};

/// Whose tones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plan {
    /// As ITU-T E.180 recommends.
    #[default]
    Itu,
    /// North America.
    Us,
    /// Most of continental Europe (ETSI).
    Eu,
    /// United Kingdom.
    Uk,
}

const fn component(frequency_hz: u16, level_dbm0: f64) -> Component {
    Component { frequency_hz, level_dbm0 }
}

const fn on(duration_ms: u32, components: &'static [Component]) -> Segment {
    Segment { duration_ms, components: Cow::Borrowed(components) }
}

const fn off(duration_ms: u32) -> Segment {
    on(duration_ms, &[])
}

const fn tone(segments: &'static [Segment], repeats: bool) -> Tone {
    Tone { segments: Cow::Borrowed(segments), repeats }
}

const E425: &[Component] = &[component(425, -10.0)];
const US_RINGING: &[Component] = &[component(440, -19.0), component(480, -19.0)];
const US_BUSY: &[Component] = &[component(480, -24.0), component(620, -24.0)];
const UK_RINGING: &[Component] = &[component(400, -16.0), component(450, -16.0)];
const BEEP: &[Component] = &[component(1000, -10.0)];
const LOW: &[Component] = &[component(523, -16.0)];
const HIGH: &[Component] = &[component(784, -16.0)];
const UK_BUSY: &[Component] = &[component(400, -13.0)];

impl Tone {
    /// Somebody has come into the room: it rises.
    #[must_use]
    pub const fn entry() -> Self {
        tone(const { &[on(120, LOW), on(180, HIGH)] }, false)
    }

    /// Somebody has left the room: it falls.
    #[must_use]
    pub const fn exit() -> Self {
        tone(const { &[on(120, HIGH), on(180, LOW)] }, false)
    }

    /// The called phone rings.
    #[must_use]
    pub const fn ring_back(plan: Plan) -> Self {
        match plan {
            Plan::Itu | Plan::Eu => tone(const { &[on(1000, E425), off(4000)] }, true),
            Plan::Us => tone(const { &[on(2000, US_RINGING), off(4000)] }, true),
            Plan::Uk => tone(const { &[on(400, UK_RINGING), off(200), on(400, UK_RINGING), off(2000)] }, true),
        }
    }

    /// The called phone is busy.
    #[must_use]
    pub const fn busy(plan: Plan) -> Self {
        match plan {
            Plan::Itu | Plan::Eu => tone(const { &[on(500, E425), off(500)] }, true),
            Plan::Us => tone(const { &[on(500, US_BUSY), off(500)] }, true),
            Plan::Uk => tone(const { &[on(375, UK_BUSY), off(375)] }, true),
        }
    }

    /// The call cannot be connected.
    #[must_use]
    pub const fn congestion(plan: Plan) -> Self {
        match plan {
            Plan::Itu | Plan::Eu => tone(const { &[on(250, E425), off(250)] }, true),
            Plan::Us => tone(const { &[on(250, US_BUSY), off(250)] }, true),
            Plan::Uk => tone(const { &[on(400, UK_BUSY), off(350), on(225, UK_BUSY), off(525)] }, true),
        }
    }

    /// Speak now: once, 300 ms of 1,000 Hz.
    #[must_use]
    pub const fn beep() -> Self {
        tone(const { &[on(300, BEEP)] }, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_of_each_tone_lasts_as_its_country_has_it() {
        let period = |tone: Tone| tone.segments.iter().map(|segment| segment.duration_ms).sum::<u32>();
        let all = [Plan::Itu, Plan::Us, Plan::Eu, Plan::Uk]
            .map(|plan| [Tone::ring_back(plan), Tone::busy(plan), Tone::congestion(plan)].map(period));
        assert_eq!(all, [[5000, 1000, 500], [6000, 1000, 500], [5000, 1000, 500], [3000, 750, 1500]]);
        assert!(!Tone::beep().repeats);
    }
}
