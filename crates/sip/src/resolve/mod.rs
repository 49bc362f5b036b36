//! Where a request for a URI may be sent (RFC 3263): a URI in, questions to DNS out, answers in, an ordered list of places
//! out.
//!
//! Who asks DNS, and for how long an answer is kept, is the owner's.

mod attempts;
mod order;
mod question;
mod stage;

pub use attempts::{Attempts, FailedHops, LARGEST_DATAGRAM};
pub use question::{Answer, Naptr, Question, Srv};

use std::net::IpAddr;

use self::stage::{Addresses, Services, Stage};
use crate::endpoint::NextHop;
use crate::header::Transport;
use crate::random::Random;
use crate::uri::{Host, HostPort, SipUri};

/// The most places that one URI leads to; DNS may offer more, which are left out.
const MAX_HOPS: usize = 32;

/// What can be spoken here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speaks {
    /// IPv4 is listened on.
    pub ipv4: bool,
    /// IPv6 is listened on.
    pub ipv6: bool,
}

impl Default for Speaks {
    /// IPv4, as in an empty configuration file.
    fn default() -> Self {
        Self { ipv4: true, ipv6: false }
    }
}

impl Speaks {
    fn family(self, address: IpAddr) -> bool {
        if address.is_ipv4() { self.ipv4 } else { self.ipv6 }
    }
}

/// Why a URI leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// DNS knows nothing of it that is of use here.
    #[error("no server found in DNS")]
    Nowhere,
    /// DNS could not be asked.
    #[error("no answer from DNS")]
    NoAnswer,
    /// It asks for a transport, or has an address of a family, that is not spoken here.
    #[error("a transport or address family that is not in use here")]
    NotSpoken,
}

/// What is to be done next; ask until it is neither of the first two.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    /// Ask this; several may be asked at a time.
    Ask(Question),
    /// An answer must come.
    Wait,
    /// The places, the first to be tried first, at least one.
    Found(Vec<NextHop>),
    /// There is none.
    Failed(Unresolved),
}

/// One URI on its way to addresses.
#[derive(Debug)]
pub struct Resolution {
    domain: Box<str>,
    secure: bool,
    port: Option<u16>,
    speaks: Speaks,
    stage: Stage,
    /// Some question got no answer, so that what was found may not be all.
    has_failed: bool,
}

impl Resolution {
    /// Begins with `uri`, whose `maddr` is followed: it is one of ours, not a stranger's.
    #[must_use]
    pub fn new(uri: &SipUri<'_>, speaks: Speaks) -> Self {
        let maddr = uri.params.value("maddr").and_then(|maddr| HostPort::parse(maddr).ok());
        let host = maddr.map_or(uri.host.host, |maddr| maddr.host);
        let domain = name_of(host);
        let mut resolution = Self {
            domain,
            secure: uri.secure,
            port: uri.host.port,
            speaks,
            stage: Stage::Failed(Unresolved::NotSpoken),
            has_failed: false,
        };
        let transport = match uri.params.value("transport") {
            Some(name) => match Transport::from_name(name).and_then(|transport| resolution.secured(transport)) {
                Some(transport) => Some(transport),
                None => return resolution,
            },
            None => None,
        };
        resolution.stage = resolution.begin(host, transport);
        resolution
    }

    /// RFC 3263 §4.1, as far as it needs no DNS; `transport` is the one that the URI names.
    fn begin(&self, host: Host<'_>, transport: Option<Transport>) -> Stage {
        let usual = if self.secure { Transport::Tls } else { Transport::Udp };
        match (host, self.port, transport) {
            (Host::Address(address), port, transport) => {
                let transport = transport.unwrap_or(usual);
                self.numeric(address, transport, port.unwrap_or(default_port(transport)))
            }
            (Host::Name(_), Some(port), transport) => {
                Stage::Addresses(Addresses::of([(transport.unwrap_or(usual), self.domain.clone(), port)]))
            }
            (Host::Name(_), None, Some(transport)) => Stage::Services(self.service(transport)),
            (Host::Name(_), None, None) => Stage::naptr(self.domain.clone()),
        }
    }

    /// With `sips:`, TCP means TLS, and UDP is impossible. Browsers' transports lead to no server of ours.
    fn secured(&self, transport: Transport) -> Option<Transport> {
        match transport {
            Transport::Tls => Some(Transport::Tls),
            Transport::Tcp if self.secure => Some(Transport::Tls),
            Transport::Udp | Transport::Tcp => (!self.secure).then_some(transport),
            Transport::Ws | Transport::Wss => None,
        }
    }

    fn numeric(&self, address: IpAddr, transport: Transport, port: u16) -> Stage {
        if !self.speaks.family(address) {
            return Stage::Failed(Unresolved::NotSpoken);
        }
        let remote = (address, port).into();
        Stage::Found(vec![NextHop { transport, remote, domain: self.domain.clone() }])
    }

    fn service(&self, transport: Transport) -> Services {
        Services::of([(transport, format!("{}.{}", service_label(transport), self.domain).into_boxed_str())])
    }

    /// What is to be done next.
    pub fn poll(&mut self) -> Progress {
        match &mut self.stage {
            Stage::Naptr { question } => question.take().map_or(Progress::Wait, Progress::Ask),
            Stage::Services(services) => services.poll(),
            Stage::Addresses(addresses) => addresses.poll(self.speaks),
            Stage::Found(hops) => Progress::Found(std::mem::take(hops)),
            Stage::Failed(why) => Progress::Failed(*why),
        }
    }

    /// An answer came; what was not asked here is ignored.
    pub fn handle_answer(&mut self, question: &Question, answer: &Answer, random: &mut Random) {
        let is_ours = match (&mut self.stage, question) {
            (Stage::Naptr { question: unasked }, Question::Naptr(name)) => unasked.is_none() && *name == self.domain,
            (Stage::Services(services), Question::Srv(name)) => services.take(name, answer),
            (Stage::Addresses(addresses), Question::A(_) | Question::Aaaa(_)) => addresses.take(question, answer),
            (
                Stage::Naptr { .. } | Stage::Services(_) | Stage::Addresses(_) | Stage::Found(_) | Stage::Failed(_),
                Question::Naptr(_) | Question::Srv(_) | Question::A(_) | Question::Aaaa(_),
            ) => false,
        };
        if is_ours {
            self.has_failed |= *answer == Answer::Failed;
            self.go_on(answer, random);
        }
    }

    /// To the next stage, once this one has all that it needs.
    fn go_on(&mut self, answer: &Answer, random: &mut Random) {
        let next = match &mut self.stage {
            Stage::Naptr { .. } => Some(Stage::Services(self.offered(answer))),
            Stage::Services(services) if services.are_complete() => {
                let places = services.places(random);
                Some(self.places(places))
            }
            Stage::Addresses(addresses) if addresses.are_complete(self.speaks) => {
                let hops = addresses.hops(&self.domain, self.speaks, MAX_HOPS);
                Some(if hops.is_empty() { Stage::Failed(self.why()) } else { Stage::Found(hops) })
            }
            Stage::Services(_) | Stage::Addresses(_) | Stage::Found(_) | Stage::Failed(_) => None,
        };
        if let Some(next) = next {
            self.stage = next;
        }
    }

    /// The services to ask about, as NAPTR says, or all if it does not (RFC 3263 §4.1).
    fn offered(&self, answer: &Answer) -> Services {
        let speaks = |transport| !self.secure || transport == Transport::Tls;
        let offers = match answer {
            Answer::Naptr(offers, _) => order::services(offers.clone(), speaks),
            Answer::Srv(..) | Answer::Addresses(..) | Answer::Nothing | Answer::Failed => Vec::new(),
        };
        if !offers.is_empty() {
            return Services::of(offers);
        }
        if self.secure {
            return self.service(Transport::Tls);
        }
        let label = |transport| (transport, format!("{}.{}", service_label(transport), self.domain).into_boxed_str());
        Services::of([Transport::Udp, Transport::Tcp].map(label))
    }

    /// The servers that SRV names; without any, the domain itself (RFC 3263 §4.2).
    fn places(&self, places: stage::Places) -> Stage {
        match places {
            stage::Places::At(places) => Stage::Addresses(Addresses::of(places)),
            stage::Places::NotOffered => Stage::Failed(Unresolved::Nowhere),
            stage::Places::Unknown(transport) => {
                let place = (transport, self.domain.clone(), default_port(transport));
                Stage::Addresses(Addresses::of([place]))
            }
        }
    }

    fn why(&self) -> Unresolved {
        if self.has_failed { Unresolved::NoAnswer } else { Unresolved::Nowhere }
    }
}

fn name_of(host: Host<'_>) -> Box<str> {
    match host {
        // Names are ASCII, as the parser of URIs has seen to.
        Host::Name(name) => {
            let name = String::from_utf8_lossy(name).to_ascii_lowercase();
            name.strip_suffix('.').unwrap_or(&name).into()
        }
        Host::Address(address) => address.to_string().into(),
    }
}

fn default_port(transport: Transport) -> u16 {
    match transport {
        Transport::Udp | Transport::Tcp | Transport::Ws => 5060,
        Transport::Tls | Transport::Wss => 5061,
    }
}

fn service_label(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "_sip._udp",
        Transport::Tcp | Transport::Ws => "_sip._tcp",
        Transport::Tls | Transport::Wss => "_sips._tcp",
    }
}

#[cfg(test)]
mod tests;
