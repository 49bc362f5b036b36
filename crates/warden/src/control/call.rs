//! A call under way as the command line has it.

use serde::{Deserialize, Serialize};
use warden_call::Recorded;

/// A call that is not over.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) caller: String,
    pub(crate) dialled: String,
    /// `null` while it rings.
    pub(crate) callee: Option<String>,
    pub(crate) state: State,
    pub(crate) recording: Recording,
    pub(crate) duration_s: u64,
    pub(crate) talk_s: Option<u64>,
}

/// How far a call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Ringing,
    Answered,
    OnHold,
}

/// Whether what is said is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Recording {
    No,
    Yes,
    Paused,
}

impl Recording {
    /// For people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::No => "-",
            Self::Yes => "recorded",
            Self::Paused => "paused",
        }
    }
}

impl From<Recorded> for Recording {
    fn from(recorded: Recorded) -> Self {
        match recorded {
            Recorded::No => Self::No,
            Recorded::Yes => Self::Yes,
            Recorded::Paused => Self::Paused,
        }
    }
}

impl State {
    /// For people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Ringing => "ringing",
            Self::Answered => "answered",
            Self::OnHold => "on hold",
        }
    }
}

impl From<warden_server::CallInfo> for Call {
    fn from(call: warden_server::CallInfo) -> Self {
        let state = match (&call.callee, call.on_hold) {
            (None, _) => State::Ringing,
            (Some(_), false) => State::Answered,
            (Some(_), true) => State::OnHold,
        };
        Self {
            id: call.id,
            caller: call.caller,
            dialled: call.dialled,
            callee: call.callee,
            state,
            recording: call.recorded.into(),
            duration_s: call.duration.as_secs(),
            talk_s: call.talk.map(|talk| talk.as_secs()),
        }
    }
}
