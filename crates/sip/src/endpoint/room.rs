//! Who gets a transaction while many are under way: no source takes all the room, and some is kept for what must get through.
//!
//! A source may have as many as there are free ones, so a flood leaves half of the room to others, two floods a third. An
//! eighth of all is kept from requests outside dialogs, since to end a call makes room, and a half of that from everything
//! but INVITEs to numbers that the owner names. The same holds within the part of one source: a phone beside one that
//! floods gets through to those numbers.

use std::collections::HashMap;
use std::net::IpAddr;

use super::flow::network;
use super::urgent::Urgent;
use crate::message::Message;

/// The places for requests that are received, until they are answered for good.
pub(super) struct Room {
    places: usize,
    taken: usize,
    /// How many each source has; none without any.
    by_source: HashMap<IpAddr, usize>,
}

impl Room {
    pub(super) fn new(places: usize) -> Self {
        Self { places, taken: 0, by_source: HashMap::new() }
    }

    /// Takes a place for a request; urgent calls get every one. False when there is none for it.
    pub(super) fn take(&mut self, request: &Message, source: IpAddr, urgent: &Urgent) -> bool {
        let source = network(source);
        let own = self.by_source.get(&source).copied().unwrap_or_default();
        let fits = |kept: usize| own < self.places.saturating_sub(kept).saturating_sub(self.taken);
        let (kept, kept_for_urgent) = (self.places / 8, self.places / 16);
        let is_admitted = fits(kept)
            || (request.to_tag().is_some() && fits(kept_for_urgent))
            || (fits(0) && urgent.is_dialled_by(request));
        if is_admitted {
            self.by_source.insert(source, own + 1);
            self.taken += 1;
        }
        is_admitted
    }

    /// A request from this source needs its place no more.
    pub(super) fn give_back(&mut self, source: IpAddr) {
        self.taken = self.taken.saturating_sub(1);
        let source = network(source);
        if let Some(own) = self.by_source.get_mut(&source) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                self.by_source.remove(&source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    struct Bench {
        room: Room,
        urgent: Urgent,
    }

    impl Bench {
        /// With 160 places, of which 20 are kept, 10 of them for calls to 911.
        fn new() -> Self {
            Self { room: Room::new(160), urgent: Urgent::new(["911".into()].into()) }
        }

        fn take(&mut self, source: &str, request: &Message) -> bool {
            self.room.take(request, source.parse().unwrap(), &self.urgent)
        }

        /// How many of these get a place.
        fn flood(&mut self, source: &str, request: &Message) -> usize {
            (0..1000).filter(|_| self.take(source, request)).count()
        }

        /// One request each from sources of all kinds, until there is no place.
        fn fill(&mut self, request: &Message) -> usize {
            (0..1000).filter(|host| self.take(&std::net::Ipv4Addr::from(*host).to_string(), request)).count()
        }
    }

    fn request(method: &str, number: &str, to_tag: &str) -> Message {
        let text = format!(
            "{method} sip:{number}@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n\
             To: <sip:c@d>{to_tag}\r\nCall-ID: c\r\nCSeq: 1 {method}\r\n\r\n"
        );
        Message::parse(Bytes::from(text)).unwrap()
    }

    #[test]
    fn a_flood_leaves_half_of_the_room_to_others_and_two_a_third() {
        let (mut bench, invite) = (Bench::new(), request("INVITE", "1001", ""));
        assert_eq!(bench.flood("192.0.2.1", &invite), 70);
        assert_eq!(bench.flood("192.0.2.2", &invite), 35);
        assert_eq!(bench.flood("192.0.2.1", &invite), 0);
        assert!(bench.take("192.0.2.3", &invite));
    }

    #[test]
    fn an_ipv6_network_is_one_source() {
        let (mut bench, invite) = (Bench::new(), request("INVITE", "1001", ""));
        assert_eq!(bench.flood("2001:db8::1", &invite), 70);
        assert!(!bench.take("2001:db8::2", &invite) && bench.take("2001:db8:0:1::2", &invite));
    }

    #[test]
    fn a_place_that_is_given_back_can_be_taken_and_nothing_is_kept_of_its_source() {
        let (mut bench, invite) = (Bench::new(), request("INVITE", "1001", ""));
        bench.flood("192.0.2.1", &invite);
        for _ in 0..70 {
            bench.room.give_back("192.0.2.1".parse().unwrap());
        }
        assert!(bench.room.by_source.is_empty());
        assert_eq!(bench.flood("192.0.2.1", &invite), 70);
    }

    #[test]
    fn when_all_is_taken_calls_can_be_ended_and_help_called() {
        let mut bench = Bench::new();
        assert_eq!(bench.fill(&request("INVITE", "1001", "")), 140);
        assert!(!bench.take("192.0.2.1", &request("REGISTER", "911", "")));
        assert_eq!(bench.fill(&request("BYE", "1001", ";tag=2")), 10);
        assert_eq!(bench.fill(&request("INVITE", "911", "")), 10);
        assert!(!bench.take("192.0.2.1", &request("INVITE", "911", "")), "memory has an end");
    }

    #[test]
    fn beside_a_phone_that_floods_another_calls_for_help() {
        let mut bench = Bench::new();
        bench.flood("192.0.2.1", &request("INVITE", "1001", ""));
        assert!(!bench.take("192.0.2.1", &request("REGISTER", "1001", "")));
        assert!(bench.take("192.0.2.1", &request("BYE", "1001", ";tag=2")));
        assert!(bench.take("192.0.2.1", &request("INVITE", "911", "")));
    }
}
