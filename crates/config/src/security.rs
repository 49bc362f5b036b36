//! `security:`, how many wrong passwords are one too many.

use std::time::Duration;

use crate::reader::{Field, Reader};
use crate::tls::{self, SecurityTls};

/// The section `security:`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Security {
    /// When a source of wrong passwords is banned.
    pub rate_limiting: RateLimiting,
    /// What TLS is offered with.
    pub tls: SecurityTls,
}

/// The section `security.rate_limiting:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimiting {
    /// Whether anybody is banned at all. Default true.
    pub enabled: bool,
    /// This many failures within `window` lead to a ban. Default 5.
    pub max_attempts: u32,
    /// Default 300 s.
    pub window: Duration,
    /// How long a ban lasts. Default 3600 s.
    pub ban_duration: Duration,
}

impl Default for RateLimiting {
    fn default() -> Self {
        Self { enabled: true, max_attempts: 5, window: Duration::from_mins(5), ban_duration: Duration::from_hours(1) }
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
    if let Some(section) = fields.take("tls") {
        security.tls = tls::read(&section, reader);
    }
    if let Some(field) = fields.take("sip_auth_required")
        && field.boolean(reader) == Some(false)
    {
        let message = "SIP requests are always authenticated: remove this key, and exempt a single device that is \
                       pinned to its address instead";
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
    if let Some(ban_s) = fields.take("ban_duration").and_then(|field| field.whole(1..=LONGEST_S, reader)) {
        limits.ban_duration = Duration::from_secs(ban_s);
    }
    fields.finish(reader);
    limits
}
