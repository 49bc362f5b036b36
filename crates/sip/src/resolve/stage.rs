//! How far a resolution has come, and what it has gathered for its next step.

use std::net::IpAddr;

use super::question::{Answer, Question, Srv};
use super::{Progress, Speaks, Unresolved, order};
use crate::endpoint::NextHop;
use crate::header::Transport;
use crate::random::Random;

/// The most services that are asked about.
const MAX_SERVICES: usize = 6;
/// The most servers whose addresses are asked for.
const MAX_PLACES: usize = 16;
/// The most addresses of one server.
const MAX_ADDRESSES: usize = 8;

#[derive(Debug)]
pub(super) enum Stage {
    /// Which services does the domain offer? The question is there until it is asked.
    Naptr {
        question: Option<Question>,
    },
    /// Which servers offer them?
    Services(Services),
    /// Which addresses have these?
    Addresses(Addresses),
    Found(Vec<NextHop>),
    Failed(Unresolved),
}

impl Stage {
    pub(super) fn naptr(domain: Box<str>) -> Self {
        Self::Naptr { question: Some(Question::Naptr(domain)) }
    }
}

/// What is known of one name.
#[derive(Debug)]
enum Known<T> {
    Unasked,
    Asked,
    Answered(T),
}

impl<T> Known<T> {
    /// True the first time.
    fn ask(&mut self) -> bool {
        let is_unasked = matches!(self, Self::Unasked);
        if is_unasked {
            *self = Self::Asked;
        }
        is_unasked
    }

    fn is_answered(&self) -> bool {
        matches!(self, Self::Answered(_))
    }
}

#[derive(Debug)]
struct Service {
    transport: Transport,
    name: Box<str>,
    servers: Known<Vec<Srv>>,
}

/// Services, the most wanted first.
#[derive(Debug)]
pub(super) struct Services(Vec<Service>);

/// Where the services are.
pub(super) enum Places {
    At(Vec<(Transport, Box<str>, u16)>),
    /// The domain says that it has none of them.
    NotOffered,
    /// It does not say; this one would be tried.
    Unknown(Transport),
}

impl Services {
    pub(super) fn of(services: impl IntoIterator<Item = (Transport, Box<str>)>) -> Self {
        let service = |(transport, name)| Service { transport, name, servers: Known::Unasked };
        Self(services.into_iter().take(MAX_SERVICES).map(service).collect())
    }

    pub(super) fn poll(&mut self) -> Progress {
        let unasked = self.0.iter_mut().find_map(|service| service.servers.ask().then(|| service.name.clone()));
        unasked.map_or(Progress::Wait, |name| Progress::Ask(Question::Srv(name)))
    }

    /// True when it was waited for.
    pub(super) fn take(&mut self, name: &str, answer: &Answer) -> bool {
        let waiting = |service: &&mut Service| *service.name == *name && matches!(service.servers, Known::Asked);
        let Some(service) = self.0.iter_mut().find(waiting) else { return false };
        service.servers = Known::Answered(match answer {
            Answer::Srv(servers, _) => servers.clone(),
            Answer::Naptr(..) | Answer::Addresses(..) | Answer::Nothing | Answer::Failed => Vec::new(),
        });
        true
    }

    pub(super) fn are_complete(&self) -> bool {
        self.0.iter().all(|service| service.servers.is_answered())
    }

    pub(super) fn places(&mut self, random: &mut Random) -> Places {
        let (mut places, mut is_denied) = (Vec::new(), false);
        let first = self.0.first().map_or(Transport::Udp, |service| service.transport);
        for Service { transport, servers, .. } in self.0.drain(..) {
            let Known::Answered(servers) = servers else { continue };
            for server in order::servers(servers, random) {
                is_denied |= server.target.is_empty();
                if !server.target.is_empty() && server.port != 0 {
                    places.push((transport, server.target, server.port));
                }
            }
        }
        places.truncate(MAX_PLACES);
        if !places.is_empty() {
            Places::At(places)
        } else if is_denied {
            Places::NotOffered
        } else {
            Places::Unknown(first)
        }
    }
}

#[derive(Debug)]
struct Place {
    transport: Transport,
    name: Box<str>,
    port: u16,
    v4: Known<Vec<IpAddr>>,
    v6: Known<Vec<IpAddr>>,
}

/// Servers, the first to be tried first.
#[derive(Debug)]
pub(super) struct Addresses(Vec<Place>);

impl Addresses {
    pub(super) fn of(places: impl IntoIterator<Item = (Transport, Box<str>, u16)>) -> Self {
        let place = |(transport, name, port)| {
            let (v4, v6) = (Known::Unasked, Known::Unasked);
            Place { transport, name, port, v4, v6 }
        };
        Self(places.into_iter().map(place).collect())
    }

    /// The questions that are left; a name that several share is asked about once.
    pub(super) fn poll(&mut self, speaks: Speaks) -> Progress {
        for index in 0..self.0.len() {
            let Some(place) = self.0.get_mut(index) else { break };
            let name = place.name.clone();
            if speaks.ipv6 && place.v6.ask() {
                for twin in self.0.iter_mut().filter(|twin| twin.name == name) {
                    twin.v6.ask();
                }
                return Progress::Ask(Question::Aaaa(name));
            }
            if speaks.ipv4 && place.v4.ask() {
                for twin in self.0.iter_mut().filter(|twin| twin.name == name) {
                    twin.v4.ask();
                }
                return Progress::Ask(Question::A(name));
            }
        }
        Progress::Wait
    }

    /// True when it was waited for.
    pub(super) fn take(&mut self, question: &Question, answer: &Answer) -> bool {
        let addresses: Vec<IpAddr> = match answer {
            Answer::Addresses(addresses, _) => addresses.iter().copied().take(MAX_ADDRESSES).collect(),
            Answer::Naptr(..) | Answer::Srv(..) | Answer::Nothing | Answer::Failed => Vec::new(),
        };
        let mut is_ours = false;
        for place in self.0.iter_mut().filter(|place| *place.name == *question.name()) {
            let known = match question {
                Question::A(_) => &mut place.v4,
                Question::Aaaa(_) => &mut place.v6,
                Question::Naptr(_) | Question::Srv(_) => continue,
            };
            if matches!(known, Known::Asked) {
                *known = Known::Answered(addresses.clone());
                is_ours = true;
            }
        }
        is_ours
    }

    pub(super) fn are_complete(&self, speaks: Speaks) -> bool {
        let is_complete =
            |place: &Place| (place.v4.is_answered() || !speaks.ipv4) && (place.v6.is_answered() || !speaks.ipv6);
        self.0.iter().all(is_complete)
    }

    /// IPv6 first (RFC 6724): whoever listens on it wants it, and without a route it costs no time.
    pub(super) fn hops(&mut self, domain: &str, speaks: Speaks, most: usize) -> Vec<NextHop> {
        let mut hops = Vec::new();
        for Place { transport, port, v4, v6, .. } in self.0.drain(..) {
            for known in [v6, v4] {
                let Known::Answered(addresses) = known else { continue };
                let usable = addresses.into_iter().filter(|address| speaks.family(*address));
                let hop =
                    |address: IpAddr| NextHop { transport, remote: (address, port).into(), domain: domain.into() };
                hops.extend(usable.map(hop));
            }
        }
        hops.truncate(most);
        hops
    }
}
