//! In which order what DNS offers is tried.

use super::question::{Naptr, Srv};
use crate::header::Transport;
use crate::random::Random;

/// The services of a domain that are spoken here, as transport and the name to ask about by SRV, the most wanted first.
///
/// Those of the lowest order that has any count, and no others (RFC 3403 §4.1).
pub(super) fn services(mut offers: Vec<Naptr>, speaks: impl Fn(Transport) -> bool) -> Vec<(Transport, Box<str>)> {
    offers.sort_by_key(|offer| (offer.order, offer.preference));
    let usable = offers.into_iter().filter(|offer| offer.flags.eq_ignore_ascii_case("s"));
    let mut usable = usable.filter_map(|offer| {
        let transport = transport_of(&offer.services).filter(|transport| speaks(*transport))?;
        (!offer.replacement.is_empty()).then_some((offer.order, transport, offer.replacement))
    });
    let Some((order, transport, name)) = usable.next() else { return Vec::new() };
    let others = usable.filter(|(other, ..)| *other == order).map(|(_, transport, name)| (transport, name));
    [(transport, name)].into_iter().chain(others).collect()
}

/// RFC 3263 §4.1 and RFC 7118 §6: what a service name stands for; the ones of WebSocket are for browsers.
fn transport_of(service: &str) -> Option<Transport> {
    [("SIP+D2U", Transport::Udp), ("SIP+D2T", Transport::Tcp), ("SIPS+D2T", Transport::Tls)]
        .into_iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(service))
        .map(|(_, transport)| transport)
}

/// The servers by priority, and within one in an order drawn by weight (RFC 2782).
pub(super) fn servers(mut servers: Vec<Srv>, random: &mut Random) -> Vec<Srv> {
    // Without weight they come first, which gives them their small chance.
    servers.sort_by_key(|server| (server.priority, server.weight));
    let mut drawn = Vec::with_capacity(servers.len());
    while let Some(priority) = servers.first().map(|server| server.priority) {
        let rivals = servers.iter().take_while(|server| server.priority == priority);
        let total: u32 = rivals.clone().map(|server| u32::from(server.weight)).sum();
        let mut draw = random.below(total + 1);
        let place = rivals.clone().position(|server| {
            let is_drawn = draw <= u32::from(server.weight);
            draw = draw.saturating_sub(u32::from(server.weight));
            is_drawn
        });
        drawn.push(servers.remove(place.unwrap_or(0)));
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naptr(order: u16, preference: u16, services: &str, replacement: &str) -> Naptr {
        let (flags, services, replacement) = ("s".into(), services.into(), replacement.into());
        Naptr { order, preference, flags, services, replacement }
    }

    fn names(offers: &[Naptr], speaks: impl Fn(Transport) -> bool) -> Vec<String> {
        services(offers.to_vec(), speaks).into_iter().map(|(_, name)| name.into()).collect()
    }

    #[test]
    fn of_the_services_in_rfc_3263_section_4_1_the_first_that_is_spoken_is_taken() {
        let offers = [
            naptr(90, 50, "SIP+D2T", "_sip._tcp.example.com"),
            naptr(50, 50, "SIPS+D2T", "_sips._tcp.example.com"),
            naptr(100, 50, "SIP+D2U", "_sip._udp.example.com"),
        ];
        assert_eq!(names(&offers, |_| true), ["_sips._tcp.example.com"]);
        assert_eq!(names(&offers, |it| it != Transport::Tls), ["_sip._tcp.example.com"]);
        assert_eq!(names(&offers, |it| it == Transport::Udp), ["_sip._udp.example.com"]);
        assert!(names(&offers, |it| it == Transport::Ws).is_empty());
    }

    #[test]
    fn services_of_one_order_come_by_preference_and_strange_ones_do_not_count() {
        let mut odd = naptr(5, 1, "SIP+D2U", "regexp.example");
        odd.flags = "u".into();
        let offers = [
            odd,
            naptr(1, 1, "E2U+sip", "enum.example"),
            naptr(9, 2, "sip+d2u", "second.example"),
            naptr(9, 1, "SIP+D2T", "first.example"),
            naptr(7, 1, "SIP+D2T", ""),
        ];
        assert_eq!(names(&offers, |_| true), ["first.example", "second.example"]);
    }

    fn srv(priority: u16, weight: u16, target: &str) -> Srv {
        Srv { priority, weight, port: 5060, target: target.into() }
    }

    #[test]
    fn a_lower_priority_comes_first_and_the_rest_by_weight() {
        let all = [srv(2, 9, "last"), srv(1, 0, "never"), srv(1, 30, "some"), srv(1, 70, "most")];
        let mut random = Random::from_seed([1; 32]);
        let mut first = std::collections::BTreeMap::new();
        for _ in 0..10_000 {
            let drawn = servers(all.to_vec(), &mut random);
            assert_eq!((drawn.len(), &*drawn[3].target), (4, "last"));
            *first.entry(drawn[0].target.to_string()).or_insert(0) += 1;
        }
        assert!((6700..7200).contains(&first["most"]), "{first:?}");
        assert!((2700..3200).contains(&first["some"]), "{first:?}");
        assert!((20..300).contains(&first["never"]), "a server without weight has a small chance: {first:?}");
    }
}
