//! The mirrors of transfers.

use std::borrow::Cow;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use warden_call::call_event::{Answered, CallEvent, CallId, Joined, Transfer, TransferKind};
use warden_call::directory::{Extension, NoExtension};

use super::mirror::StoredSide;

/// Mirrors [`Transfer`].
#[derive(Serialize, Deserialize)]
pub(super) struct StoredTransfer<'a> {
    by: StoredSide,
    #[serde(borrow)]
    referrer: Cow<'a, str>,
    #[serde(borrow)]
    to: Cow<'a, str>,
    kind: StoredKind,
}

/// Mirrors [`TransferKind`].
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredKind {
    Blind,
    Attended(Option<u64>),
}

/// Mirrors [`Joined`].
#[derive(Serialize, Deserialize)]
pub(super) struct StoredJoined<'a> {
    side: StoredSide,
    #[serde(borrow)]
    extension: Cow<'a, str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
    source: SocketAddr,
    #[serde(borrow)]
    user_agent: Cow<'a, str>,
    from: Option<u64>,
}

impl<'a> From<&'a Transfer> for StoredTransfer<'a> {
    fn from(transfer: &'a Transfer) -> Self {
        let kind = match transfer.kind {
            TransferKind::Blind => StoredKind::Blind,
            TransferKind::Attended(call) => StoredKind::Attended(call.map(|CallId(call)| call)),
        };
        let Transfer { by, referrer, to, .. } = transfer;
        Self { by: (*by).into(), referrer: referrer.text().into(), to: to.as_str().into(), kind }
    }
}

impl TryFrom<StoredTransfer<'_>> for CallEvent {
    type Error = NoExtension;

    fn try_from(stored: StoredTransfer<'_>) -> Result<Self, NoExtension> {
        let kind = match stored.kind {
            StoredKind::Blind => TransferKind::Blind,
            StoredKind::Attended(call) => TransferKind::Attended(call.map(CallId)),
        };
        let referrer = Extension::parse(stored.referrer.as_bytes())?;
        let (by, to) = (stored.by.into(), stored.to.into_owned());
        Ok(Self::Transfer(Box::new(Transfer { by, referrer, to, kind })))
    }
}

impl<'a> From<&'a Joined> for StoredJoined<'a> {
    fn from(joined: &'a Joined) -> Self {
        let Joined { side, party: Answered { extension, name, source, user_agent }, from } = joined;
        Self {
            side: (*side).into(),
            extension: extension.text().into(),
            name: name.as_str().into(),
            source: *source,
            user_agent: user_agent.as_str().into(),
            from: from.map(|CallId(call)| call),
        }
    }
}

impl TryFrom<StoredJoined<'_>> for CallEvent {
    type Error = NoExtension;

    fn try_from(stored: StoredJoined<'_>) -> Result<Self, NoExtension> {
        let party = Answered {
            extension: Extension::parse(stored.extension.as_bytes())?,
            name: stored.name.into_owned(),
            source: stored.source,
            user_agent: stored.user_agent.into_owned(),
        };
        let (side, from) = (stored.side.into(), stored.from.map(CallId));
        Ok(Self::Joined(Box::new(Joined { side, party, from })))
    }
}
