//! What the call core and the media threads tell each other.

use std::net::IpAddr;
use std::time::Duration;

use warden_media::dtmf::{Digit, Heard};
use warden_media::relay::{Finding, LegSetup, LegStatistics, Program, Side};

use crate::call_event::CallId;
use crate::directory::Extension;

/// A bound RTP port, with the next one for RTCP. Whoever decides on calls takes it, and never opens or closes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PortPair {
    /// As it is bound; `0.0.0.0` and `::` stand for every address of their family.
    pub address: IpAddr,
    /// The port for RTP.
    pub rtp: u16,
}

impl PortPair {
    /// The port for RTCP: the next one.
    #[must_use]
    pub fn rtcp(self) -> u16 {
        self.rtp.saturating_add(1)
    }
}

/// One leg that a media session begins with.
#[derive(Clone, Debug, PartialEq)]
pub struct LegOpening {
    /// Its sockets.
    pub ports: PortPair,
    /// What signalling knows about it.
    pub setup: LegSetup,
}

/// Somebody whose voice is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedParty {
    /// Which extension.
    pub extension: Extension,
    /// The person's name.
    pub name: String,
}

/// What is to be done with the recording of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordingOrder {
    /// Begin one. [`RecordingNews::Begun`] answers at once, and [`RecordingNews::Failed`] later where it cannot be kept.
    Start {
        /// A and B, who are in the left and the right channel.
        parties: Box<[RecordedParty; 2]>,
        /// What was dialled.
        dialled: String,
    },
    /// Keep nothing for a while.
    Pause,
    /// Go on after a pause.
    Resume,
    /// Somebody else is on this side from now on.
    Party {
        /// Which.
        side: Side,
        /// Who.
        party: RecordedParty,
    },
    /// End it; it also ends with the session.
    Stop,
}

/// What becomes of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordingNews {
    /// It is written to this file from now on.
    Begun {
        /// Below the place for recordings.
        file: String,
    },
    /// It has ended, as it cannot be written; what was written before may be there.
    Failed {
        /// Why, in words for people.
        reason: String,
    },
}

/// What the media threads are to do. Nothing waits for it.
#[derive(Clone, Debug, PartialEq)]
pub enum MediaCommand {
    /// Bind this many port pairs more, and tell of them by [`MediaEvent::Ports`].
    Bind {
        /// Where: one of those that pairs have come of before.
        address: IpAddr,
        /// How many.
        count: usize,
    },
    /// Begin to relay between two legs.
    Open {
        /// The call, which has one session.
        call: CallId,
        /// A, who called, and B.
        legs: Box<[LegOpening; 2]>,
    },
    /// Signalling says something new about a leg.
    SetUp {
        /// The call.
        call: CallId,
        /// Which leg.
        side: Side,
        /// All that is known now.
        setup: Box<LegSetup>,
    },
    /// Another phone takes the place of a leg; its ports come back.
    Replace {
        /// The call.
        call: CallId,
        /// Which leg.
        side: Side,
        /// The new one.
        leg: Box<LegOpening>,
    },
    /// Play something to one leg, in place of what the other one sends and of what was played before.
    ///
    /// It ends by [`MediaCommand::Stop`], by itself if it does not repeat, and with its leg when that is replaced; a
    /// [`MediaCommand::SetUp`] of either leg, or another phone in the place of the other one, leaves it. It sounds as long
    /// as the leg receives and has agreed to a codec that can be encoded, else nothing is sent. The other leg need not
    /// exist: one that is set up with [`LegSetup::default`] is nobody, and nobody waits for its audio.
    Play {
        /// The call.
        call: CallId,
        /// Who hears it.
        side: Side,
        /// What.
        program: Program,
    },
    /// End what is played, if anything is: the leg hears the other one again.
    Stop {
        /// The call.
        call: CallId,
        /// Who hears it.
        side: Side,
    },
    /// Say a digit to a leg, in the way that its setup has, after those that it is still told.
    Digit {
        /// The call.
        call: CallId,
        /// Who is told.
        side: Side,
        /// Which.
        digit: Digit,
        /// How long it is to last.
        duration: Duration,
    },
    /// Something about the recording of a session.
    Record {
        /// The call.
        call: CallId,
        /// What.
        order: RecordingOrder,
    },
    /// End the session. [`MediaEvent::Closed`] answers, and the ports come back.
    Close {
        /// The call.
        call: CallId,
    },
}

/// What the media threads tell.
#[derive(Clone, Debug, PartialEq)]
pub enum MediaEvent {
    /// These can be taken: newly bound, or free again.
    Ports(Vec<PortPair>),
    /// No port could be bound where one was wanted: all of the range are in use.
    NoMorePorts {
        /// Where; others are not concerned.
        address: IpAddr,
    },
    /// No audio has come for this long, though the SDP says it is sent.
    Silent {
        /// The call.
        call: CallId,
        /// Who is silent.
        side: Side,
        /// For how long.
        lasting: Duration,
        /// What has come instead.
        finding: Box<Finding>,
    },
    /// After [`MediaEvent::Silent`], audio comes again.
    AudioBack {
        /// The call.
        call: CallId,
        /// Who is heard again.
        side: Side,
    },
    /// What a leg sends cannot be decrypted: its phone has another key than it has said, or sends plain sound.
    WrongKey {
        /// The call.
        call: CallId,
        /// Who is not understood.
        side: Side,
    },
    /// A leg has said a digit, which is over. The same one may come by more than one way.
    Digit {
        /// The call.
        call: CallId,
        /// Whose.
        side: Side,
        /// Which, and how.
        heard: Heard,
    },
    /// Something has become of a recording.
    Recording {
        /// The call.
        call: CallId,
        /// What.
        news: RecordingNews,
    },
    /// A leg has died: neither RTP nor RTCP for a minute, though the SDP says it is sent.
    Dead {
        /// The call.
        call: CallId,
        /// Which leg.
        side: Side,
    },
    /// The session has ended.
    Closed {
        /// The call.
        call: CallId,
        /// Of A and B.
        statistics: Box<[LegStatistics; 2]>,
    },
}
