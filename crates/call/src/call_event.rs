//! What happens to a call, in order: the log that its record is folded from.

mod recording;
mod transfer;

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use warden_media::relay::Side;
pub use warden_media::relay::{Clue, Finding};

use crate::directory::Extension;

pub use self::recording::RecordingEvent;
pub use self::transfer::{Joined, Transfer, TransferKind};

/// A call, from dialling to the last statistics. Never used again.
///
/// The upper 16 bits are the node's number, the others random.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One thing that happened to a call.
#[derive(Clone, Debug, PartialEq)]
pub enum CallEvent {
    /// Somebody dialled. Always the first.
    Started(Box<Started>),
    /// Where the call goes, and by which rule; again for each number that a phone redirects it to.
    Routed {
        /// What decided.
        rule: Rule,
        /// Where to.
        destination: Destination,
    },
    /// A phone of this extension rings.
    Ringing {
        /// Whose.
        extension: Extension,
    },
    /// A phone of this extension will not take the call.
    Declined {
        /// Whose.
        extension: Extension,
        /// Its SIP status; 408 when it has not answered at all.
        status: u16,
    },
    /// Two people can talk.
    Answered(Box<Answered>),
    /// A side has put the other on hold.
    Held {
        /// Who did.
        by: Side,
    },
    /// A side has taken the other back.
    Resumed {
        /// Who did.
        by: Side,
    },
    /// No audio has come from a side for this long, though it says that it sends.
    Silent {
        /// Who is silent.
        side: Side,
        /// For how long.
        lasting: Duration,
        /// What has come instead.
        finding: Box<Finding>,
    },
    /// What comes from a side cannot be decrypted: its phone has another key than it has said, or sends plain sound.
    WrongKey {
        /// Who is not understood.
        side: Side,
    },
    /// Audio comes again from a silent side.
    AudioBack {
        /// Who is heard again.
        side: Side,
    },
    /// A phone wants the other party to go on with somebody else.
    Transfer(Box<Transfer>),
    /// What came of that: what the phone was told.
    TransferOver {
        /// The SIP status; 200 when it is done.
        status: u16,
    },
    /// Who asked for a transfer has hung up, or is gone, while it is not made; the call goes on.
    Left {
        /// Which side.
        side: Side,
    },
    /// A transfer has failed after who asked for it had hung up: this extension is called back.
    CalledBack {
        /// Who had asked.
        extension: Extension,
    },
    /// Another phone has taken the place of a side.
    Joined(Box<Joined>),
    /// Something has become of the recording of the call.
    Recording(RecordingEvent),
    /// The call is over. Once; only [`CallEvent::Measured`] may follow, and before it [`CallEvent::Recording`].
    Ended(Ending),
    /// How it sounded, A first. The last, when there was any media.
    Measured(Box<[Measurement; 2]>),
}

/// Who calls whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// Who calls.
    pub caller: Extension,
    /// The caller's name.
    pub caller_name: String,
    /// What was dialled, as it was written; at most 64 bytes, control characters escaped.
    pub dialled: String,
    /// The Call-ID of the caller's leg, for a search in traces.
    pub sip_call_id: String,
    /// Where the caller's phone is.
    pub source: SocketAddr,
    /// What the caller's phone calls itself; empty when it does not say.
    pub user_agent: String,
    /// Of the configuration that decided.
    pub revision: u64,
}

/// What decided where a call goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The number is an emergency number.
    Emergency,
    /// This entry of `dialplan.patterns`, counted from 1.
    Pattern {
        /// Its place.
        place: usize,
        /// Its regular expression.
        pattern: String,
    },
    /// No pattern has this number.
    NoPattern,
}

/// Where a call goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// To this extension.
    Extension(Extension),
    /// Nowhere: the number is refused by the dialplan.
    Rejected,
    /// Nowhere: the number is for something that is not built yet.
    NotBuilt,
    /// Nowhere: nobody has the number.
    Unknown,
    /// To the emergency services; there is no way there yet.
    EmergencyServices,
}

/// The call is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// By whom.
    pub extension: Extension,
    /// The person's name.
    pub name: String,
    /// Where the phone is.
    pub source: SocketAddr,
    /// What the phone calls itself; empty when it does not say.
    pub user_agent: String,
}

/// Who ended a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ender {
    /// Who called.
    Caller,
    /// Who was called.
    Callee,
    /// Warden did.
    System,
}

/// How a call came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// People talked.
    Answered,
    /// It rang, and nobody took it.
    NoAnswer,
    /// The number was busy, or would not take the call.
    Busy,
    /// The caller gave up first.
    Cancelled,
    /// It could not be made.
    Failed,
}

/// Why a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Somebody hung up.
    HungUp,
    /// The caller gave up before an answer.
    GaveUp,
    /// Every phone was busy.
    Busy,
    /// The call was declined.
    Declined,
    /// Nobody answered in time.
    NoAnswer,
    /// Nobody has the number.
    UnknownNumber,
    /// The dialplan refuses the number.
    Rejected,
    /// The number is for something that is not built yet.
    NotBuilt,
    /// No phone of the extension is registered.
    NotRegistered,
    /// There is no way to the emergency services.
    NoEmergencyTrunk,
    /// No RTP port was free.
    NoPorts,
    /// The phones have no codec in common, or a description cannot be understood.
    NoCommonCodec,
    /// A phone's answer could not be used.
    BadAnswer,
    /// A phone did not acknowledge what was agreed.
    NotAcknowledged,
    /// A phone no longer answers requests.
    Unreachable,
    /// Nothing came from a phone for a minute, though it should have been sending.
    Dead,
    /// The session was not refreshed in time (RFC 4028).
    NotRefreshed,
    /// A phone refused with this status.
    Refused(u16),
    /// Who was left goes on in this call.
    JoinedTo(CallId),
    /// Warden is being stopped.
    Stopped,
    /// Warden was restarted while the call was up.
    Restarted,
}

/// The end of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// By whom.
    pub by: Ender,
    /// Why.
    pub cause: Cause,
    /// The SIP status that the caller got, if the call was not answered.
    pub status: Option<u16>,
}

/// How one leg sounded: what came from that phone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measurement {
    /// The codec's name in SDP; `None` when nothing came.
    pub codec: Option<String>,
    /// Packets that came.
    pub packets: u64,
    /// Packets that should have come and did not.
    pub lost: u64,
    /// The largest interarrival jitter.
    pub worst_jitter: Duration,
    /// To the phone and back, by its last report.
    pub round_trip: Option<Duration>,
    /// Mean opinion score by the E-model, 1 to 4.41; `None` until a second was heard, and for codecs without a rating.
    pub mos: Option<f64>,
}
