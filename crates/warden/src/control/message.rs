//! What is asked and answered.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// A question or order to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub(crate) enum Request {
    /// Which phones can be reached: answered by a list of [`Registration`].
    Registrations,
    /// Which calls there are: answered by a list of [`Call`].
    Calls,
}

/// What the server says.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer<T> {
    /// What was asked for.
    Ok(T),
    /// Why not, for people.
    Error(String),
}

/// A phone that can be reached.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Registration {
    pub(crate) extension: String,
    pub(crate) contact: String,
    pub(crate) source: SocketAddr,
    pub(crate) local: SocketAddr,
    pub(crate) transport: String,
    pub(crate) user_agent: String,
    pub(crate) expires_in_s: u64,
}

impl From<warden_server::Registration> for Registration {
    fn from(registration: warden_server::Registration) -> Self {
        Self {
            extension: registration.extension,
            contact: registration.contact,
            source: registration.source,
            local: registration.local,
            transport: registration.transport.to_owned(),
            user_agent: registration.user_agent,
            expires_in_s: registration.expires_in.as_secs(),
        }
    }
}

/// A call that is not over.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) caller: String,
    pub(crate) dialled: String,
    /// `null` while it rings.
    pub(crate) callee: Option<String>,
    pub(crate) state: State,
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
            duration_s: call.duration.as_secs(),
            talk_s: call.talk.map(|talk| talk.as_secs()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_and_answers_keep_their_form() {
        assert_eq!(serde_json::to_string(&Request::Registrations).unwrap(), r#"{"ask":"registrations"}"#);
        assert_eq!(serde_json::to_string(&Answer::Ok([1, 2])).unwrap(), r#"{"ok":[1,2]}"#);
        let refusal: Answer<()> = serde_json::from_str(r#"{"error":"no"}"#).unwrap();
        assert_eq!(refusal, Answer::Error("no".to_owned()));
        assert!(serde_json::from_str::<Request>(r#"{"ask":"secrets"}"#).is_err());
    }
}
