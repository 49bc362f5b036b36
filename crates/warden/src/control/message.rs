//! What is asked and answered.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use warden_server::AccountInfo;

use crate::cli::Wish;
use crate::extensions::Change;

/// A question or order to the server.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub(crate) enum Request {
    /// Which phones can be reached: answered by a list of [`Registration`].
    Registrations,
    /// How the trunks fare: answered by a list of [`Trunk`].
    Trunks,
    /// Which calls there are: answered by a list of [`Call`](super::Call).
    Calls,
    /// Something about the recording of a call: answered by `null`.
    Record {
        /// Its number.
        call: u64,
        /// What.
        wish: Wish,
    },
    /// Which calls there were, the newest first: answered by a list of [`Record`](super::Record).
    Records {
        /// Only those of this extension.
        extension: Option<String>,
        /// At most so many.
        limit: u64,
    },
    /// Who is banned, the next to be heard again first: answered by a list of [`Ban`](super::Ban).
    Bans,
    /// Ban an address: answered by `null`.
    Ban {
        /// Which.
        address: IpAddr,
        /// For how long.
        seconds: u64,
    },
    /// Lift all bans of an address: answered by how many there were.
    LiftBans {
        /// Which.
        address: IpAddr,
    },
    /// What a call is made of: answered by a [`Trace`](warden_trace::Trace), or `null` when the server does not know.
    Trace {
        /// Its number.
        call: u64,
    },
    /// Which calls failed in the last seconds, the newest first: answered by a list of [`Trace`](warden_trace::Trace).
    JustFailed,
    /// Which extensions there are: answered by a list of [`Listed`](crate::extensions::Listed).
    Extensions,
    /// The phones of an extension are to look at their configuration: answered by how many were told.
    CheckSync {
        /// Whose.
        extension: String,
        /// They are to start anew.
        reboot: bool,
    },
    /// Another extension, another password, or one extension less: answered by `null`.
    Change {
        /// What is changed.
        change: Change,
    },
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
    /// From a question to the phone's answer; `null` when it is not asked, or does not answer.
    pub(crate) round_trip_ms: Option<u64>,
    /// How long it has not answered.
    pub(crate) silent_for_s: Option<u64>,
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
            round_trip_ms: registration.round_trip.map(whole_ms),
            silent_for_s: registration.silent_for.map(|silence| silence.as_secs()),
        }
    }
}

/// How a trunk fares.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Trunk {
    pub(crate) name: String,
    pub(crate) username: String,
    /// The registrar's URI.
    pub(crate) registrar: String,
    pub(crate) transport: Option<String>,
    pub(crate) server: Option<SocketAddr>,
    pub(crate) registered: bool,
    pub(crate) expires_in_s: Option<u64>,
    /// Until it is refreshed or tried again; `None` while that is under way.
    pub(crate) next_in_s: Option<u64>,
    /// What went wrong last.
    pub(crate) error: Option<String>,
}

impl From<AccountInfo> for Trunk {
    fn from(account: AccountInfo) -> Self {
        Self {
            name: account.name,
            username: account.username,
            registrar: account.registrar,
            transport: account.server.map(|(transport, _)| transport.to_owned()),
            server: account.server.map(|(_, address)| address),
            registered: account.expires_in.is_some(),
            expires_in_s: account.expires_in.map(|time| time.as_secs()),
            next_in_s: account.next_in.map(|time| time.as_secs()),
            error: account.error,
        }
    }
}

fn whole_ms(span: Duration) -> u64 {
    span.as_millis().try_into().unwrap_or(u64::MAX)
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
