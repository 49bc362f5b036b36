//! Which payload types a leg may send, and what becomes of each on the other leg.

use crate::g711::Law;
use crate::quality::Impairment;

/// How many payload types a leg can have; those beyond are not relayed.
pub const ROUTES: usize = 16;

/// What a payload type carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// G.711, either law.
    G711(Law),
    /// Digits as events (RFC 4733).
    TelephoneEvent,
    /// Something that is passed through as it is. Whoever sets up the legs gives the same number to what is the same.
    Other(u16),
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

    /// G.711.
    #[must_use]
    pub const fn g711(payload_type: u8, law: Law) -> Self {
        let impairment = Some(Impairment::G711);
        Self { payload_type, format: Format::G711(law), clock_rate_hz: 8000, impairment }
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
    Event,
    /// From this law to the other one.
    Convert(Law),
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
    /// becomes the other one where it must; what has no counterpart is refused.
    #[must_use]
    pub fn between(from: &[Payload], to: &[Payload]) -> Self {
        let mut found = from.iter().filter_map(|incoming| route(incoming, to));
        Self { routes: std::array::from_fn(|_| found.next()) }
    }

    #[inline]
    pub(super) fn find(&self, payload_type: u8) -> Option<Route> {
        self.routes.iter().map_while(|route| *route).find(|route| route.incoming.payload_type == payload_type)
    }
}

fn route(incoming: &Payload, to: &[Payload]) -> Option<Route> {
    let with = |format| to.iter().find(|it| it.format == format && it.clock_rate_hz == incoming.clock_rate_hz);
    let made =
        |outgoing: &Payload, treatment| Route { incoming: *incoming, outgoing: outgoing.payload_type, treatment };
    match incoming.format {
        Format::TelephoneEvent => with(incoming.format).map(|to| made(to, Treatment::Event)),
        Format::Other(_) => with(incoming.format).map(|to| made(to, Treatment::Relay)),
        Format::G711(law) => with(incoming.format).map(|to| made(to, Treatment::Relay)).or_else(|| {
            let other = if law == Law::Pcmu { Law::Pcma } else { Law::Pcmu };
            with(Format::G711(other)).map(|to| made(to, Treatment::Convert(law)))
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
    fn events_of_another_clock_are_refused() {
        let (from, to) = ([Payload::telephone_event(101, 8000)], [Payload::telephone_event(101, 48_000)]);
        assert_eq!(Routes::between(&from, &to).find(101), None);
    }
}
