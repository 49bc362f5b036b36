//! Transfers in the log of a call: who asked, for whom, and who came into the call.

use super::{Answered, CallId};
use crate::directory::{Extension, Side};

/// How the other party is to get to somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferKind {
    /// A number is called for it.
    Blind,
    /// It goes together with who is at the far end of this other call; `None` when there is no such call.
    Attended(Option<CallId>),
}

/// A phone asks for a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Which side asks, and leaves when it is done.
    pub by: Side,
    /// Whose phone asks: with whose rights the number is called, and who caused what it costs.
    pub referrer: Extension,
    /// The number; of an attended transfer, who is at the far end of the other call, or what was dialled there. At most 64
    /// bytes.
    pub to: String,
    /// How.
    pub kind: TransferKind,
}

/// A phone takes the place of another in the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// Whose place.
    pub side: Side,
    /// Who it is.
    pub party: Answered,
    /// The call that it was in before.
    pub from: Option<CallId>,
}
