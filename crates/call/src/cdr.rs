//! Call records: each a fold over the events of its call.

mod parties;

use std::fmt;
use std::time::Duration;

use warden_media::relay::Side;

use crate::call_event::{
    Answered, CallEvent, CallId, Cause, Disposition, Ender, Ending, Measurement, RecordingEvent, Started,
};

pub use self::parties::{Party, TransferRecord};

/// How many recordings of a call its record names.
pub const MAX_RECORDINGS: usize = 16;

/// What is kept of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Cdr {
    /// Which call.
    pub call: CallId,
    /// Who called whom.
    pub started: Started,
    /// Who answered; `None` when nobody did.
    pub answered: Option<Answered>,
    /// When it began, since the Unix epoch.
    pub started_at: Duration,
    /// When the first phone rang.
    pub ringing_at: Option<Duration>,
    /// When it was answered.
    pub answered_at: Option<Duration>,
    /// When it ended.
    pub ended_at: Duration,
    /// How it came out.
    pub disposition: Disposition,
    /// Who ended it, and why.
    pub ending: Ending,
    /// How often somebody was put on hold.
    pub holds: u32,
    /// Who was in it, in the order in which they came; the first is the caller.
    pub parties: Vec<Party>,
    /// The transfers that were asked for, in their order.
    pub transfers: Vec<TransferRecord>,
    /// The files that it was recorded to, below the place for recordings; at most [`MAX_RECORDINGS`].
    pub recordings: Vec<String>,
    /// What came from the caller, and from all phones that were heard at the other end; `None` when there was no media.
    pub measured: Option<Box<[Measurement; 2]>>,
}

impl Cdr {
    /// The record of the events of one call in order, each with its time since the Unix epoch.
    ///
    /// `None` until the call has ended, and when its beginning is missing.
    #[must_use]
    pub fn fold(call: CallId, events: &[(Duration, CallEvent)]) -> Option<Self> {
        let mut events = events.iter();
        let Some((started_at, CallEvent::Started(started))) = events.next() else { return None };
        let mut ended = None;
        let mut cdr = Self {
            call,
            started: (**started).clone(),
            answered: None,
            started_at: *started_at,
            ringing_at: None,
            answered_at: None,
            ended_at: *started_at,
            disposition: Disposition::Failed,
            ending: RESTARTED,
            holds: 0,
            parties: vec![Party::caller(started, *started_at)],
            transfers: Vec::new(),
            recordings: Vec::new(),
            measured: None,
        };
        for (at, event) in events {
            cdr.note_transfer(event, *at);
            match event {
                CallEvent::Ringing { .. } => cdr.ringing_at = cdr.ringing_at.or(Some(*at)),
                CallEvent::Answered(answered) => {
                    (cdr.answered, cdr.answered_at) = (Some((**answered).clone()), Some(*at));
                }
                CallEvent::Held { .. } => cdr.holds += 1,
                CallEvent::Recording(RecordingEvent::Begun { file }) if cdr.recordings.len() < MAX_RECORDINGS => {
                    cdr.recordings.push(file.clone());
                }
                CallEvent::Ended(ending) => (cdr.ending, cdr.ended_at, ended) = (*ending, *at, Some(())),
                CallEvent::Measured(measured) => cdr.measured = Some(measured.clone()),
                CallEvent::Started(_)
                | CallEvent::Routed { .. }
                | CallEvent::Declined { .. }
                | CallEvent::Resumed { .. }
                | CallEvent::Silent { .. }
                | CallEvent::Transfer(_)
                | CallEvent::TransferOver { .. }
                | CallEvent::Left { .. }
                | CallEvent::CalledBack { .. }
                | CallEvent::Joined(_)
                | CallEvent::WrongKey { .. }
                | CallEvent::Recording(_)
                | CallEvent::AudioBack { .. } => {}
            }
        }
        ended?;
        cdr.disposition = disposition(cdr.answered.is_some(), cdr.ending.cause);
        Some(cdr)
    }

    /// The record of a call that was cut off by a restart: it ended with its last event.
    #[must_use]
    pub fn fold_unfinished(call: CallId, mut events: Vec<(Duration, CallEvent)>) -> Option<Self> {
        if let Some(finished) = Self::fold(call, &events) {
            return Some(finished);
        }
        let last = events.last()?.0;
        events.push((last, CallEvent::Ended(RESTARTED)));
        Self::fold(call, &events)
    }

    /// From the first ring to the answer, or to the end.
    #[must_use]
    pub fn ring(&self) -> Duration {
        let until = self.answered_at.unwrap_or(self.ended_at);
        self.ringing_at.map_or(Duration::ZERO, |at| until.saturating_sub(at))
    }

    /// From the answer to the end.
    #[must_use]
    pub fn talk(&self) -> Duration {
        self.answered_at.map_or(Duration::ZERO, |at| self.ended_at.saturating_sub(at))
    }

    /// From the beginning to the end.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.ended_at.saturating_sub(self.started_at)
    }

    /// The codec that was heard from a side.
    #[must_use]
    pub fn measurement(&self, side: Side) -> Option<&Measurement> {
        let [a, b] = self.measured.as_deref()?;
        Some(match side {
            Side::A => a,
            Side::B => b,
        })
    }
}

const RESTARTED: Ending = Ending { by: Ender::System, cause: Cause::Restarted, status: None };

fn disposition(answered: bool, cause: Cause) -> Disposition {
    if answered {
        return Disposition::Answered;
    }
    match cause {
        Cause::Busy | Cause::Declined => Disposition::Busy,
        Cause::GaveUp => Disposition::Cancelled,
        Cause::NoAnswer => Disposition::NoAnswer,
        Cause::HungUp
        | Cause::UnknownNumber
        | Cause::Rejected
        | Cause::NotBuilt
        | Cause::NotRegistered
        | Cause::NoEmergencyTrunk
        | Cause::NoPorts
        | Cause::NoCommonCodec
        | Cause::BadAnswer
        | Cause::NotAcknowledged
        | Cause::Unreachable
        | Cause::Dead
        | Cause::NotRefreshed
        | Cause::Refused(_)
        | Cause::JoinedTo(_)
        | Cause::Stopped
        | Cause::Restarted => Disposition::Failed,
    }
}

impl Disposition {
    /// The word in lists and in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::NoAnswer => "no_answer",
            Self::Busy => "busy",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
}

/// Who ended it and why, as a sentence without full stop: `hung up by the caller`.
impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = match self.by {
            Ender::Caller => "the caller",
            Ender::Callee => "the called phone",
            Ender::System => "the system",
        };
        self.write(who, f)
    }
}

impl Ending {
    /// The same with a name in place of the role.
    fn told(self, who: &str) -> String {
        fmt::from_fn(|f| self.write(who, f)).to_string()
    }

    fn write(self, who: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause {
            Cause::HungUp => write!(f, "hung up by {who}"),
            Cause::GaveUp => f.write_str("the caller gave up"),
            Cause::Busy => f.write_str("busy"),
            Cause::Declined => f.write_str("declined"),
            Cause::NoAnswer => f.write_str("nobody answered"),
            Cause::UnknownNumber => f.write_str("nobody has this number"),
            Cause::Rejected => f.write_str("the dialplan refuses this number"),
            Cause::NotBuilt => f.write_str("this number is for something that is not built yet"),
            Cause::NotRegistered => f.write_str("no phone of this extension is registered"),
            Cause::NoEmergencyTrunk => {
                f.write_str("emergency call failed: there is no trunk to the emergency services")
            }
            Cause::NoPorts => f.write_str("all RTP ports are in use"),
            Cause::NoCommonCodec => f.write_str("the phones have no codec in common"),
            Cause::BadAnswer => f.write_str("a phone sent an answer that cannot be used"),
            Cause::NotAcknowledged => write!(f, "{who} did not acknowledge the answer"),
            Cause::Unreachable => write!(f, "{who} no longer answers"),
            Cause::Dead => write!(f, "nothing was heard from {who} for a minute"),
            Cause::NotRefreshed => write!(f, "{who} did not refresh the session in time"),
            Cause::Refused(status) => write!(f, "refused by {who} with {status}"),
            Cause::JoinedTo(call) => write!(f, "joined to call {call}"),
            Cause::Stopped => f.write_str("ended by shutdown"),
            Cause::Restarted => f.write_str("ended by restart"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call_event::{Clue, Finding};
    use crate::directory::Extension;

    fn extension(number: &str) -> Extension {
        Extension::parse(number.as_bytes()).expect("an extension")
    }

    fn started() -> CallEvent {
        CallEvent::Started(Box::new(Started {
            caller: extension("1001"),
            caller_name: "Ann".into(),
            dialled: "1002".into(),
            sip_call_id: "x".into(),
            source: ([192, 0, 2, 1], 5060).into(),
            user_agent: "phone".into(),
            revision: 1,
        }))
    }

    fn answered() -> CallEvent {
        let (extension, source) = (extension("1002"), ([192, 0, 2, 2], 5060).into());
        CallEvent::Answered(Box::new(Answered { extension, name: "Bob".into(), source, user_agent: String::new() }))
    }

    fn ended(by: Ender, cause: Cause) -> CallEvent {
        CallEvent::Ended(Ending { by, cause, status: None })
    }

    /// One event a second, from second 100.
    fn timed(events: impl IntoIterator<Item = CallEvent>) -> Vec<(Duration, CallEvent)> {
        (100..).map(Duration::from_secs).zip(events).collect()
    }

    #[test]
    fn an_answered_call_has_its_ring_and_talk_and_who_hung_up() {
        let ringing = || CallEvent::Ringing { extension: extension("1002") };
        let held = CallEvent::Held { by: Side::A };
        let events = [started(), ringing(), ringing(), answered(), held, ended(Ender::Callee, Cause::HungUp)];
        let cdr = Cdr::fold(CallId(1), &timed(events)).expect("a record");
        assert_eq!((cdr.ring().as_secs(), cdr.talk().as_secs(), cdr.duration().as_secs()), (2, 2, 5));
        assert_eq!((cdr.disposition, cdr.holds), (Disposition::Answered, 1));
        assert_eq!(cdr.ending.to_string(), "hung up by the called phone");
        assert_eq!(cdr.answered.map(|answered| answered.name), Some("Bob".into()));
    }

    #[test]
    fn an_unanswered_call_says_why() {
        let disposition = |cause| {
            let events = [started(), ended(Ender::System, cause)];
            Cdr::fold(CallId(1), &timed(events)).expect("a record").disposition
        };
        assert_eq!(disposition(Cause::Busy), Disposition::Busy);
        assert_eq!(disposition(Cause::GaveUp), Disposition::Cancelled);
        assert_eq!(disposition(Cause::NoAnswer), Disposition::NoAnswer);
        assert_eq!(disposition(Cause::UnknownNumber), Disposition::Failed);
    }

    #[test]
    fn a_call_that_goes_on_has_no_record_until_a_restart_ends_it() {
        let finding = Box::new(Finding { promised: None, clue: Clue::Nothing });
        let silent = CallEvent::Silent { side: Side::A, lasting: Duration::from_secs(3), finding };
        let events = timed([started(), answered(), silent]);
        assert_eq!(Cdr::fold(CallId(1), &events), None);
        let cdr = Cdr::fold_unfinished(CallId(1), events).expect("a record");
        assert_eq!(cdr.ending.to_string(), "ended by restart");
        assert_eq!((cdr.disposition, cdr.talk().as_secs()), (Disposition::Answered, 1));
    }

    #[test]
    fn events_without_a_beginning_make_no_record() {
        assert_eq!(Cdr::fold(CallId(1), &timed([answered(), ended(Ender::Caller, Cause::HungUp)])), None);
        assert_eq!(Cdr::fold_unfinished(CallId(1), Vec::new()), None);
    }
}
