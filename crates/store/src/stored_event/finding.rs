//! The mirror of why a side was not heard.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use warden_call::call_event::{Clue, Finding};

/// Mirrors [`Finding`]. A spool of before has none.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct StoredFinding {
    promised: Option<SocketAddr>,
    clue: StoredClue,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredClue {
    #[default]
    Nothing,
    Reports,
    Elsewhere {
        from: SocketAddr,
        packets: u64,
    },
    PayloadType,
    WrongKey,
    NotRtp,
}

impl From<&Finding> for StoredFinding {
    fn from(finding: &Finding) -> Self {
        let clue = match finding.clue {
            Clue::Nothing => StoredClue::Nothing,
            Clue::Reports => StoredClue::Reports,
            Clue::Elsewhere { from, packets } => StoredClue::Elsewhere { from, packets },
            Clue::PayloadType => StoredClue::PayloadType,
            Clue::WrongKey => StoredClue::WrongKey,
            Clue::NotRtp => StoredClue::NotRtp,
        };
        Self { promised: finding.promised, clue }
    }
}

impl From<StoredFinding> for Finding {
    fn from(StoredFinding { promised, clue }: StoredFinding) -> Self {
        let clue = match clue {
            StoredClue::Nothing => Clue::Nothing,
            StoredClue::Reports => Clue::Reports,
            StoredClue::Elsewhere { from, packets } => Clue::Elsewhere { from, packets },
            StoredClue::PayloadType => Clue::PayloadType,
            StoredClue::WrongKey => Clue::WrongKey,
            StoredClue::NotRtp => Clue::NotRtp,
        };
        Self { promised, clue }
    }
}
