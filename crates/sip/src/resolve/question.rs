//! What DNS is asked, and what it answers.

use std::net::IpAddr;
use std::time::Duration;

/// One question to DNS. Names are in lower case and without the dot at their end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Question {
    /// Which services a domain offers (RFC 3403).
    Naptr(Box<str>),
    /// Which servers offer a service (RFC 2782).
    Srv(Box<str>),
    /// The IPv4 addresses of a host.
    A(Box<str>),
    /// The IPv6 addresses of a host.
    Aaaa(Box<str>),
}

impl Question {
    /// The name that is asked about.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Naptr(name) | Self::Srv(name) | Self::A(name) | Self::Aaaa(name) => name,
        }
    }
}

/// One service of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naptr {
    /// The lowest counts, and then no other.
    pub order: u16,
    /// Among those of one order, the lowest first.
    pub preference: u16,
    /// `s` when the replacement is to be asked about by SRV; SIP has no other use.
    pub flags: Box<str>,
    /// Such as `SIP+D2U`.
    pub services: Box<str>,
    /// The name to ask about next.
    pub replacement: Box<str>,
}

/// One server of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Srv {
    /// The lowest first.
    pub priority: u16,
    /// Its share of the requests, among those of one priority.
    pub weight: u16,
    /// Where it listens.
    pub port: u16,
    /// Its name; empty when the service is decidedly not offered.
    pub target: Box<str>,
}

/// What DNS says to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// These services.
    Naptr(Vec<Naptr>, Duration),
    /// These servers.
    Srv(Vec<Srv>, Duration),
    /// These addresses. The time is for how long that holds, here and in the others.
    Addresses(Vec<IpAddr>, Duration),
    /// There is nothing of that kind.
    Nothing,
    /// No server has answered, or it could not.
    Failed,
}
