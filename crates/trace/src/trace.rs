//! A call that can be stored and shown: no secrets, times on the wall, decisions in words.

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::explain::explain;
use crate::parties::extensions;
use crate::recording::{Clock, Item, Recording, Tapped, Way};
use crate::redact::redact;
use crate::text;

/// Everything that is known about one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// The call's name in logs and records: 16 hexadecimal digits.
    pub call: String,
    /// The extensions that it has to do with, the caller first.
    #[serde(default)]
    pub extensions: Vec<String>,
    /// What happened, in order.
    pub lines: Vec<Line>,
    /// How many there was no room for; they are missing from the middle.
    pub left_out: u32,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// A message passed.
    Message(Message),
    /// Something was decided or noticed.
    Decision(Decision),
}

/// A message without its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// When, in microseconds since the Unix epoch.
    pub at_us: u64,
    /// Whether we sent it.
    pub sent: bool,
    /// Who sent it.
    pub from: SocketAddr,
    /// Whom it was sent to.
    pub to: SocketAddr,
    /// `UDP` or another transport's name.
    pub transport: String,
    /// All of it but the secrets.
    #[serde(with = "text")]
    pub bytes: Vec<u8>,
}

/// Why something was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// When, in microseconds since the Unix epoch.
    pub at_us: u64,
    /// A sentence without full stop.
    pub why: String,
}

impl Trace {
    /// Takes out the secrets and says when and why in words that last.
    #[must_use]
    pub fn of(recording: &Recording, clock: Clock) -> Self {
        let Recording { call, items, left_out } = recording;
        let lines = items.iter().map(|item| match item {
            Item::Message(tapped) => Line::Message(Message::of(tapped, clock)),
            Item::Decision { at, event } => {
                Line::Decision(Decision { at_us: micros(clock.time(*at)), why: explain(event) })
            }
        });
        let extensions = extensions(items);
        Self { call: call.to_string(), extensions, lines: lines.collect(), left_out: *left_out }
    }

    /// Reads what [`Trace::to_json`] has written.
    ///
    /// # Errors
    /// It is something else.
    pub fn from_json(json: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(json)
    }

    /// As it is stored.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // Text, numbers and lists cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The messages, in order.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.lines.iter().filter_map(|line| match line {
            Line::Message(message) => Some(message),
            Line::Decision(_) => None,
        })
    }
}

impl Message {
    /// Takes out the secrets of one message.
    #[must_use]
    pub fn of(tapped: &Tapped, clock: Clock) -> Self {
        let Tapped { at, way, flow, bytes } = tapped;
        let (from, to) = match way {
            Way::Received => (flow.remote, flow.local),
            Way::Sent => (flow.local, flow.remote),
        };
        Self {
            at_us: micros(clock.time(*at)),
            sent: *way == Way::Sent,
            from,
            to,
            transport: flow.transport.name().to_owned(),
            bytes: redact(bytes).into_owned(),
        }
    }
}

impl Line {
    /// When, in microseconds since the Unix epoch.
    #[must_use]
    pub fn at_us(&self) -> u64 {
        match self {
            Self::Message(message) => message.at_us,
            Self::Decision(decision) => decision.at_us,
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
