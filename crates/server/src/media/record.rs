//! A call that is recorded, on its media thread.

use std::time::Instant;

use warden_call::call_event::CallId;
use warden_call::media::{MediaEvent, RecordedParty, RecordingNews};
use warden_media::relay::Side;

use super::call::Call;
use super::io::Io;
use super::told::Told;
use super::worker::Worker;
use crate::recording::Tape;

/// What is to be done with a recording.
#[derive(Debug)]
pub(crate) enum Record {
    Start(Tape),
    Pause,
    Resume,
    Party { side: Side, party: RecordedParty },
    Stop,
}

impl<I: Io> Worker<I> {
    pub(super) fn record(&mut self, id: CallId, what: Record) {
        let Some(&place) = self.places.get(&id) else { return };
        let Some(call) = self.calls.get_mut(place) else { return };
        if !call.record(what, Instant::now()) {
            let news = RecordingNews::Failed { reason: "too much waits for the disk".to_owned() };
            self.outbox.tell(Told::Event(MediaEvent::Recording { call: id, news }));
        }
        self.poll(place);
    }
}

impl Call {
    /// False when a recording cannot begin.
    fn record(&mut self, what: Record, now: Instant) -> bool {
        let Self { session, tape, .. } = self;
        match (what, tape) {
            (Record::Start(mut new), _) => {
                self.end_recording(now);
                let has_begun = new.begin(&mut self.session, now);
                self.tape = has_begun.then_some(new);
                return has_begun;
            }
            (Record::Pause, Some(tape)) => tape.pause(session, now),
            (Record::Resume, Some(tape)) => tape.resume(session, now),
            (Record::Party { side, party }, Some(tape)) => tape.introduce(session, side, party),
            (Record::Stop, Some(_)) => self.end_recording(now),
            (Record::Pause | Record::Resume | Record::Party { .. } | Record::Stop, None) => {}
        }
        true
    }

    /// Passes on what is complete.
    pub(super) fn pass_recorded(&mut self, now: Instant) {
        if let Some(tape) = &mut self.tape {
            tape.pass(&mut self.session, now);
        }
    }

    pub(super) fn end_recording(&mut self, now: Instant) {
        if let Some(tape) = self.tape.take() {
            tape.finish(&mut self.session, now);
        }
    }
}
