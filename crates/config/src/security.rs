//! `security:`, who is heard, and how many wrong passwords are one too many.

use std::time::Duration;

use crate::networks::{self, Network};
use crate::reader::{Field, Reader};
use crate::srtp::{self, Srtp};
use crate::tls::{self, SecurityTls};

/// The section `security:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Security {
    /// From where anything is heard.
    pub networks: Networks,
    /// What the User-Agent of a scanner begins with; one byte of it is not answered.
    pub scanners: Vec<String>,
    /// What phones are asked for, unless an extension has its own.
    pub algorithm: DigestAlgorithm,
    /// When a source of wrong passwords is banned.
    pub rate_limiting: RateLimiting,
    /// What TLS is offered with.
    pub tls: SecurityTls,
    /// Whether sound is encrypted, unless an extension says otherwise. Default [`Srtp::Optional`].
    pub srtp: Srtp,
    /// Keys for sound are said and taken over signalling that is not encrypted, too. Default false.
    pub srtp_keys_over_plain_sip: bool,
}

impl Default for Security {
    fn default() -> Self {
        Self {
            networks: Networks::default(),
            scanners: SCANNERS.iter().map(|name| (*name).to_owned()).collect(),
            algorithm: DigestAlgorithm::Md5,
            rate_limiting: RateLimiting::default(),
            tls: SecurityTls::default(),
            srtp: Srtp::default(),
            srtp_keys_over_plain_sip: false,
        }
    }
}

/// What the scanners that are met most often call themselves.
const SCANNERS: &[&str] = &[
    "friendly-scanner",
    "friendly-request",
    "sipvicious",
    "sipcli",
    "sip-scan",
    "sundayddr",
    "VaxSIPUserAgent",
    "pplsip",
];

/// The section `security.networks:`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks {
    /// Who is here is never denied, banned or slowed down.
    pub allow: Vec<Network>,
    /// Who is here gets no answer.
    pub deny: Vec<Network>,
}

/// The hash of digest authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestAlgorithm {
    /// What every phone knows.
    Md5,
    /// RFC 8760.
    Sha256,
}

/// Reads `MD5` or `SHA-256`.
pub(crate) fn read_algorithm(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<DigestAlgorithm> {
    field.choice(&[("MD5", DigestAlgorithm::Md5), ("SHA-256", DigestAlgorithm::Sha256)], reader)
}

/// The section `security.rate_limiting:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimiting {
    /// Whether anybody is banned or slowed down at all. Default true.
    pub enabled: bool,
    /// This many failures within `window` lead to a ban. Default 5.
    pub max_attempts: u32,
    /// Default 300 s.
    pub window: Duration,
    /// How long a ban lasts. Default 3600 s.
    pub ban_duration: Duration,
    /// So many requests of one address are heard each second that do not show who sent them, ten times as many at once.
    /// Default 200.
    pub requests_per_second: u32,
}

impl Default for RateLimiting {
    fn default() -> Self {
        let (window, ban_duration) = (Duration::from_mins(5), Duration::from_hours(1));
        Self { enabled: true, max_attempts: 5, window, ban_duration, requests_per_second: 200 }
    }
}

const MOST_ATTEMPTS: u64 = 1_000_000;
const LONGEST_S: u64 = 366 * 24 * 3600;

const LATER: &[&str] = &[
    "password_hashing.algorithm",
    "password_hashing.iterations",
    "password_hashing.salt_length",
    "encryption.algorithm",
    "encryption.key_derivation",
    "api_tokens",
    "allowed_origins",
    "rate_limit.max_attempts",
    "rate_limit.window_seconds",
    "rate_limit.lockout_duration",
];

/// Reads the section; what is wrong keeps its default.
pub(crate) fn read(section: &Field<'_>, reader: &mut Reader<'_>) -> Security {
    let mut security = Security::default();
    let Some(mut fields) = section.fields(reader) else { return security };
    if let Some(limits) = fields.take("rate_limiting") {
        security.rate_limiting = read_rate_limiting(&limits, reader);
    }
    if let Some(section) = fields.take("networks") {
        security.networks = read_networks(&section, reader);
    }
    if let Some(scanners) = fields.take("scanners").and_then(|field| read_scanners(&field, reader)) {
        security.scanners = scanners;
    }
    if let Some(algorithm) = fields.take("algorithm").and_then(|field| read_algorithm(&field, reader)) {
        security.algorithm = algorithm;
    }
    if let Some(section) = fields.take("tls") {
        security.tls = tls::read(&section, reader);
    }
    if let Some(srtp) = fields.take("srtp").and_then(|field| srtp::read(&field, reader)) {
        security.srtp = srtp;
    }
    if let Some(plain) = fields.take("srtp_keys_over_plain_sip").and_then(|field| field.boolean(reader)) {
        security.srtp_keys_over_plain_sip = plain;
    }
    if let Some(field) = fields.take("sip_auth_required")
        && field.boolean(reader) == Some(false)
    {
        let message = "SIP requests are always authenticated: remove this key, and give a single extension \
                       `authentication: none` with the address of its phone instead";
        field.problem(reader, message);
    }
    if let Some(field) = fields.take("fips_mode")
        && field.boolean(reader) == Some(true)
    {
        field.problem(reader, "this build has no FIPS mode: what it would forbid stays allowed, so it does not start");
    }
    fields.later(LATER, reader);
    fields.finish(reader);
    security
}

fn read_rate_limiting(section: &Field<'_>, reader: &mut Reader<'_>) -> RateLimiting {
    let mut limits = RateLimiting::default();
    let Some(mut fields) = section.fields(reader) else { return limits };
    if let Some(enabled) = fields.take("enabled").and_then(|field| field.boolean(reader)) {
        limits.enabled = enabled;
    }
    let attempts = fields.take("max_attempts").and_then(|field| field.whole(1..=MOST_ATTEMPTS, reader));
    if let Some(attempts) = attempts.and_then(|attempts| u32::try_from(attempts).ok()) {
        limits.max_attempts = attempts;
    }
    if let Some(window_s) = fields.take("window").and_then(|field| field.whole(1..=LONGEST_S, reader)) {
        limits.window = Duration::from_secs(window_s);
    }
    let requests = fields.take("requests_per_second").and_then(|field| field.whole(1..=MOST_ATTEMPTS, reader));
    if let Some(requests) = requests.and_then(|requests| u32::try_from(requests).ok()) {
        limits.requests_per_second = requests;
    }
    if let Some(ban_s) = fields.take("ban_duration").and_then(|field| field.whole(1..=LONGEST_S, reader)) {
        limits.ban_duration = Duration::from_secs(ban_s);
    }
    fields.finish(reader);
    limits
}

fn read_networks(section: &Field<'_>, reader: &mut Reader<'_>) -> Networks {
    let Some(mut fields) = section.fields(reader) else { return Networks::default() };
    let allow = fields.take("allow").and_then(|field| networks::read(&field, reader)).unwrap_or_default();
    let denied = fields.take("deny");
    let deny = denied.as_ref().and_then(|field| networks::read(field, reader)).unwrap_or_default();
    if let Some(field) = denied {
        for (network, position) in &deny {
            if let Some((_, allowed)) = allow.iter().find(|(other, _)| other == network) {
                let message = format!("{network} is allowed on line {}", allowed.line);
                reader.problem(*position, &field.path, message);
            }
        }
    }
    fields.finish(reader);
    let plain = |networks: Vec<(Network, _)>| networks.into_iter().map(|(network, _)| network).collect();
    Networks { allow: plain(allow), deny: plain(deny) }
}

/// A name that is shorter would be that of phones too.
const SHORTEST_NAME: usize = 4;

fn read_scanners(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for entry in field.list(reader)? {
        let Some(text) = entry.line(reader) else { continue };
        if text.value.chars().count() < SHORTEST_NAME {
            let message = format!("{} is shorter than {SHORTEST_NAME} characters: phones could be meant", text.shown);
            entry.problem(reader, message);
        } else if names.iter().any(|name| name.eq_ignore_ascii_case(&text.value)) {
            entry.problem(reader, format!("{} is written twice", text.shown));
        } else {
            names.push(text.value);
        }
    }
    Some(names)
}
