//! Recording a call: it begins when people can talk, by itself or when somebody wants it, and goes on through hold and
//! transfer until the call ends.

use warden_media::relay::Side;

use super::call::{Call, Media, Stage};
use super::leg::Leg;
use super::turn::Turn;
use crate::call_event::{CallEvent, RecordingEvent};
use crate::directory::{Directory, Extension};
use crate::media::{MediaCommand, RecordedParty, RecordingNews, RecordingOrder};

/// Whether a call is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Recorded {
    /// It is not.
    #[default]
    No,
    /// It is.
    Yes,
    /// It was and will be; what is said now is not kept.
    Paused,
}

/// What somebody wants of the recording of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingWish {
    /// To begin.
    Start,
    /// Not to keep what is said now.
    Pause,
    /// To go on after that.
    Resume,
    /// To end.
    Stop,
}

/// Why a wish cannot be fulfilled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordingRefused {
    /// There is none of this number, or it is over.
    #[error("there is no such call")]
    NoCall,
    /// Only what people say is recorded.
    #[error("the call is not answered yet")]
    NotAnswered,
    /// One recording at a time.
    #[error("the call is recorded already")]
    Already,
    /// There is nothing to pause, resume or stop.
    #[error("the call is not recorded")]
    Not,
    /// There is nothing to pause.
    #[error("the recording is paused already")]
    Paused,
    /// There is nothing to resume.
    #[error("the recording is not paused")]
    NotPaused,
}

/// The recording of one call.
#[derive(Debug, Default)]
pub(super) struct Recording {
    pub(super) state: Recorded,
    /// It was stopped, or has failed: it does not begin by itself again.
    is_declined: bool,
    /// Whom the media threads know at A and B.
    parties: Option<[Extension; 2]>,
}

impl Call {
    /// Begins a recording that nobody has to ask for, and tells who has come into the call. To be called after each input.
    pub(super) fn keep_recording(&mut self, turn: &mut Turn<'_>) {
        let Some(owners) = self.talkers() else { return };
        match self.recording.state {
            Recorded::No if !self.recording.is_declined => {
                let policy = &turn.directory.recording;
                if owners.iter().any(|owner| policy.records(owner)) {
                    self.start_recording(owners, turn);
                }
            }
            Recorded::No => {}
            Recorded::Yes | Recorded::Paused => self.introduce_to_recording(owners, turn),
        }
    }

    /// Who talks, once there is sound between two phones that have answered.
    fn talkers(&self) -> Option<[Extension; 2]> {
        let b = self.b.as_ref().filter(|_| matches!(self.stage, Stage::Up(_)))?;
        matches!(self.media, Media::Open(_)).then(|| [&self.a, b].map(|leg: &Leg| leg.owner.clone()))
    }

    /// Somebody wants something of the recording.
    pub(super) fn wish_recording(&mut self, wish: RecordingWish, turn: &mut Turn<'_>) -> Result<(), RecordingRefused> {
        if matches!(self.stage, Stage::Over) {
            return Err(RecordingRefused::NoCall);
        }
        let owners = self.talkers().ok_or(RecordingRefused::NotAnswered)?;
        match (wish, self.recording.state) {
            (RecordingWish::Start, Recorded::No) => self.start_recording(owners, turn),
            (RecordingWish::Start, Recorded::Yes | Recorded::Paused) => return Err(RecordingRefused::Already),
            (RecordingWish::Pause | RecordingWish::Resume | RecordingWish::Stop, Recorded::No) => {
                return Err(RecordingRefused::Not);
            }
            (RecordingWish::Pause, Recorded::Paused) => return Err(RecordingRefused::Paused),
            (RecordingWish::Resume, Recorded::Yes) => return Err(RecordingRefused::NotPaused),
            (RecordingWish::Pause, Recorded::Yes) => {
                self.order_recording(Recorded::Paused, RecordingOrder::Pause, RecordingEvent::Paused, turn);
            }
            (RecordingWish::Resume, Recorded::Paused) => {
                self.order_recording(Recorded::Yes, RecordingOrder::Resume, RecordingEvent::Resumed, turn);
            }
            (RecordingWish::Stop, Recorded::Yes | Recorded::Paused) => {
                self.recording.is_declined = true;
                self.order_recording(Recorded::No, RecordingOrder::Stop, RecordingEvent::Stopped, turn);
            }
        }
        Ok(())
    }

    /// The media threads tell what has become of it.
    pub(super) fn handle_recording(&mut self, news: RecordingNews, turn: &mut Turn<'_>) {
        turn.tell(CallEvent::Recording(match news {
            RecordingNews::Begun { file } => RecordingEvent::Begun { file },
            RecordingNews::Failed { reason } => {
                (self.recording.state, self.recording.is_declined) = (Recorded::No, true);
                RecordingEvent::Failed { reason }
            }
        }));
    }

    fn start_recording(&mut self, owners: [Extension; 2], turn: &mut Turn<'_>) {
        let parties = Box::new(owners.each_ref().map(|owner| recorded_party(owner, turn.directory)));
        let order = RecordingOrder::Start { parties, dialled: self.view.dialled.clone() };
        self.recording = Recording { state: Recorded::Yes, is_declined: false, parties: Some(owners) };
        turn.media(MediaCommand::Record { call: turn.call, order });
    }

    fn order_recording(&mut self, state: Recorded, order: RecordingOrder, event: RecordingEvent, turn: &mut Turn<'_>) {
        self.recording.state = state;
        turn.media(MediaCommand::Record { call: turn.call, order });
        turn.tell(CallEvent::Recording(event));
    }

    fn introduce_to_recording(&mut self, owners: [Extension; 2], turn: &mut Turn<'_>) {
        let Some(known) = self.recording.parties.replace(owners.clone()) else { return };
        for ((known, owner), side) in known.into_iter().zip(owners).zip([Side::A, Side::B]) {
            if known != owner {
                let party = recorded_party(&owner, turn.directory);
                turn.media(MediaCommand::Record { call: turn.call, order: RecordingOrder::Party { side, party } });
            }
        }
    }
}

fn recorded_party(extension: &Extension, directory: &Directory) -> RecordedParty {
    let person = directory.people.get(extension);
    RecordedParty { extension: extension.clone(), name: person.map(|person| person.name.clone()).unwrap_or_default() }
}
