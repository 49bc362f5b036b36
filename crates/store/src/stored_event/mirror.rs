//! The mirrors of events. Texts are borrowed while writing.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use warden_call::call_event::{Answered, CallEvent, Destination, Measurement, Rule, Started};
use warden_call::directory::{Extension, NoExtension, Side};

use super::ending::StoredEnding;
use super::finding::StoredFinding;
use super::nanos;
use super::recording::StoredRecording;
use super::transfer::{StoredJoined, StoredTransfer};

/// Mirrors [`CallEvent`].
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StoredEvent<'a> {
    Started {
        #[serde(borrow)]
        caller: Cow<'a, str>,
        #[serde(borrow)]
        caller_name: Cow<'a, str>,
        #[serde(borrow)]
        dialled: Cow<'a, str>,
        #[serde(borrow)]
        sip_call_id: Cow<'a, str>,
        source: SocketAddr,
        #[serde(borrow)]
        user_agent: Cow<'a, str>,
        revision: u64,
    },
    Routed {
        #[serde(borrow)]
        rule: StoredRule<'a>,
        #[serde(borrow)]
        destination: StoredDestination<'a>,
    },
    Ringing {
        #[serde(borrow)]
        extension: Cow<'a, str>,
    },
    Declined {
        #[serde(borrow)]
        extension: Cow<'a, str>,
        status: u16,
    },
    Answered {
        #[serde(borrow)]
        extension: Cow<'a, str>,
        #[serde(borrow)]
        name: Cow<'a, str>,
        source: SocketAddr,
        #[serde(borrow)]
        user_agent: Cow<'a, str>,
    },
    Held {
        by: StoredSide,
    },
    Resumed {
        by: StoredSide,
    },
    Silent {
        side: StoredSide,
        lasting_ns: u64,
        #[serde(default)]
        finding: StoredFinding,
    },
    WrongKey {
        side: StoredSide,
    },
    AudioBack {
        side: StoredSide,
    },
    #[serde(borrow)]
    Recording(StoredRecording<'a>),
    #[serde(borrow)]
    Transfer(StoredTransfer<'a>),
    TransferOver {
        status: u16,
    },
    Left {
        side: StoredSide,
    },
    CalledBack {
        #[serde(borrow)]
        extension: Cow<'a, str>,
    },
    #[serde(borrow)]
    Joined(StoredJoined<'a>),
    Ended(StoredEnding),
    Measured {
        #[serde(borrow)]
        a: StoredMeasurement<'a>,
        #[serde(borrow)]
        b: StoredMeasurement<'a>,
    },
}

/// Mirrors [`Rule`].
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StoredRule<'a> {
    Emergency,
    Pattern {
        place: usize,
        #[serde(borrow)]
        pattern: Cow<'a, str>,
    },
    NoPattern,
}

/// Mirrors [`Destination`].
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StoredDestination<'a> {
    #[serde(borrow)]
    Extension(Cow<'a, str>),
    Rejected,
    NotBuilt,
    Unknown,
    EmergencyServices,
}

/// Mirrors [`Side`].
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StoredSide {
    A,
    B,
}

/// Mirrors [`Measurement`].
#[derive(Serialize, Deserialize)]
pub(super) struct StoredMeasurement<'a> {
    #[serde(borrow)]
    codec: Option<Cow<'a, str>>,
    packets: u64,
    lost: u64,
    worst_jitter_ns: u64,
    round_trip_ns: Option<u64>,
    mos: Option<f64>,
}

impl<'a> From<&'a CallEvent> for StoredEvent<'a> {
    fn from(event: &'a CallEvent) -> Self {
        match event {
            CallEvent::Started(started) => Self::started(started),
            CallEvent::Routed { rule, destination } => {
                Self::Routed { rule: rule.into(), destination: destination.into() }
            }
            CallEvent::Ringing { extension } => Self::Ringing { extension: extension.text().into() },
            CallEvent::Declined { extension, status } => {
                Self::Declined { extension: extension.text().into(), status: *status }
            }
            CallEvent::Answered(answered) => Self::Answered {
                extension: answered.extension.text().into(),
                name: answered.name.as_str().into(),
                source: answered.source,
                user_agent: answered.user_agent.as_str().into(),
            },
            CallEvent::Held { by } => Self::Held { by: (*by).into() },
            CallEvent::Resumed { by } => Self::Resumed { by: (*by).into() },
            CallEvent::Silent { side, lasting, finding } => {
                Self::Silent { side: (*side).into(), lasting_ns: nanos(*lasting), finding: (&**finding).into() }
            }
            CallEvent::WrongKey { side } => Self::WrongKey { side: (*side).into() },
            CallEvent::AudioBack { side } => Self::AudioBack { side: (*side).into() },
            CallEvent::Recording(event) => Self::Recording(event.into()),
            CallEvent::Transfer(transfer) => Self::Transfer((&**transfer).into()),
            CallEvent::TransferOver { status } => Self::TransferOver { status: *status },
            CallEvent::Left { side } => Self::Left { side: (*side).into() },
            CallEvent::CalledBack { extension } => Self::CalledBack { extension: extension.text().into() },
            CallEvent::Joined(joined) => Self::Joined((&**joined).into()),
            CallEvent::Ended(ending) => Self::Ended((*ending).into()),
            CallEvent::Measured(measured) => {
                let [a, b] = &**measured;
                Self::Measured { a: a.into(), b: b.into() }
            }
        }
    }
}

impl<'a> StoredEvent<'a> {
    fn started(started: &'a Started) -> Self {
        Self::Started {
            caller: started.caller.text().into(),
            caller_name: started.caller_name.as_str().into(),
            dialled: started.dialled.as_str().into(),
            sip_call_id: started.sip_call_id.as_str().into(),
            source: started.source,
            user_agent: started.user_agent.as_str().into(),
            revision: started.revision,
        }
    }
}

impl TryFrom<StoredEvent<'_>> for CallEvent {
    type Error = NoExtension;

    fn try_from(event: StoredEvent<'_>) -> Result<Self, NoExtension> {
        let parse = |extension: &str| Extension::parse(extension.as_bytes());
        Ok(match event {
            StoredEvent::Started { caller, caller_name, dialled, sip_call_id, source, user_agent, revision } => {
                Self::Started(Box::new(Started {
                    caller: parse(&caller)?,
                    caller_name: caller_name.into_owned(),
                    dialled: dialled.into_owned(),
                    sip_call_id: sip_call_id.into_owned(),
                    source,
                    user_agent: user_agent.into_owned(),
                    revision,
                }))
            }
            StoredEvent::Routed { rule, destination } => {
                Self::Routed { rule: rule.into(), destination: destination.try_into()? }
            }
            StoredEvent::Ringing { extension } => Self::Ringing { extension: parse(&extension)? },
            StoredEvent::Declined { extension, status } => Self::Declined { extension: parse(&extension)?, status },
            StoredEvent::Answered { extension, name, source, user_agent } => Self::Answered(Box::new(Answered {
                extension: parse(&extension)?,
                name: name.into_owned(),
                source,
                user_agent: user_agent.into_owned(),
            })),
            StoredEvent::Held { by } => Self::Held { by: by.into() },
            StoredEvent::Resumed { by } => Self::Resumed { by: by.into() },
            StoredEvent::Silent { side, lasting_ns, finding } => {
                let finding = Box::new(finding.into());
                Self::Silent { side: side.into(), lasting: Duration::from_nanos(lasting_ns), finding }
            }
            StoredEvent::WrongKey { side } => Self::WrongKey { side: side.into() },
            StoredEvent::AudioBack { side } => Self::AudioBack { side: side.into() },
            StoredEvent::Recording(event) => Self::Recording(event.into()),
            StoredEvent::Transfer(transfer) => transfer.try_into()?,
            StoredEvent::TransferOver { status } => Self::TransferOver { status },
            StoredEvent::Left { side } => Self::Left { side: side.into() },
            StoredEvent::CalledBack { extension } => Self::CalledBack { extension: parse(&extension)? },
            StoredEvent::Joined(joined) => joined.try_into()?,
            StoredEvent::Ended(ending) => Self::Ended(ending.into()),
            StoredEvent::Measured { a, b } => Self::Measured(Box::new([a.into(), b.into()])),
        })
    }
}

impl<'a> From<&'a Rule> for StoredRule<'a> {
    fn from(rule: &'a Rule) -> Self {
        match rule {
            Rule::Emergency => Self::Emergency,
            Rule::Pattern { place, pattern } => Self::Pattern { place: *place, pattern: pattern.as_str().into() },
            Rule::NoPattern => Self::NoPattern,
        }
    }
}

impl From<StoredRule<'_>> for Rule {
    fn from(rule: StoredRule<'_>) -> Self {
        match rule {
            StoredRule::Emergency => Self::Emergency,
            StoredRule::Pattern { place, pattern } => Self::Pattern { place, pattern: pattern.into_owned() },
            StoredRule::NoPattern => Self::NoPattern,
        }
    }
}

impl<'a> From<&'a Destination> for StoredDestination<'a> {
    fn from(destination: &'a Destination) -> Self {
        match destination {
            Destination::Extension(extension) => Self::Extension(extension.text().into()),
            Destination::Rejected => Self::Rejected,
            Destination::NotBuilt => Self::NotBuilt,
            Destination::Unknown => Self::Unknown,
            Destination::EmergencyServices => Self::EmergencyServices,
        }
    }
}

impl TryFrom<StoredDestination<'_>> for Destination {
    type Error = NoExtension;

    fn try_from(destination: StoredDestination<'_>) -> Result<Self, NoExtension> {
        Ok(match destination {
            StoredDestination::Extension(extension) => Self::Extension(Extension::parse(extension.as_bytes())?),
            StoredDestination::Rejected => Self::Rejected,
            StoredDestination::NotBuilt => Self::NotBuilt,
            StoredDestination::Unknown => Self::Unknown,
            StoredDestination::EmergencyServices => Self::EmergencyServices,
        })
    }
}

impl From<Side> for StoredSide {
    fn from(side: Side) -> Self {
        match side {
            Side::A => Self::A,
            Side::B => Self::B,
        }
    }
}

impl From<StoredSide> for Side {
    fn from(side: StoredSide) -> Self {
        match side {
            StoredSide::A => Self::A,
            StoredSide::B => Self::B,
        }
    }
}

impl<'a> From<&'a Measurement> for StoredMeasurement<'a> {
    fn from(measurement: &'a Measurement) -> Self {
        Self {
            codec: measurement.codec.as_deref().map(Cow::Borrowed),
            packets: measurement.packets,
            lost: measurement.lost,
            worst_jitter_ns: nanos(measurement.worst_jitter),
            round_trip_ns: measurement.round_trip.map(nanos),
            mos: measurement.mos,
        }
    }
}

impl From<StoredMeasurement<'_>> for Measurement {
    fn from(stored: StoredMeasurement<'_>) -> Self {
        Self {
            codec: stored.codec.map(Cow::into_owned),
            packets: stored.packets,
            lost: stored.lost,
            worst_jitter: Duration::from_nanos(stored.worst_jitter_ns),
            round_trip: stored.round_trip_ns.map(Duration::from_nanos),
            mos: stored.mos,
        }
    }
}
