//! What was recorded of a call, as the media threads would have written it.

use std::time::Instant;

use warden_call::call_event::CallId;
use warden_call::directory::Extension;
use warden_call::media::{MediaCommand, MediaEvent, RecordingNews, RecordingOrder};
use warden_media::recording::Recording;
use warden_media::relay::{Session, Side};

use super::MediaNode;

/// One recording.
#[derive(Clone, Debug)]
pub struct Tape {
    /// Of which call.
    pub call: CallId,
    /// Its file.
    pub file: String,
    /// Who was said to be at which side, from which **second** on.
    pub parties: Vec<(u64, Side, Extension)>,
    /// Whether it has ended.
    pub is_over: bool,
    rate_hz: u32,
    channels: [Vec<i16>; 2],
}

impl Tape {
    /// How long it is, in **seconds**.
    #[must_use]
    pub fn seconds(&self) -> u64 {
        let [left, _] = &self.channels;
        left.len() as u64 / u64::from(self.rate_hz)
    }

    /// The level in a channel in the middle of this **second**: what most of its samples are.
    #[must_use]
    pub fn level(&self, side: Side, second: usize) -> Option<i16> {
        let [left, right] = &self.channels;
        let channel = match side {
            Side::A => left,
            Side::B => right,
        };
        let rate = usize::try_from(self.rate_hz).ok()?;
        let mut samples = channel.get(second * rate..(second + 1) * rate)?.to_vec();
        samples.sort_unstable();
        samples.get(rate / 2).copied()
    }

    fn take(&mut self, session: &mut Session, now: Instant) {
        while let Some(block) = session.poll_recorded(now) {
            let at = usize::try_from(block.at).unwrap_or_default();
            for (place, channel) in self.channels.iter_mut().enumerate() {
                channel.resize(at, 0);
                channel.extend(block.samples.iter().skip(place).step_by(2));
            }
        }
    }

    fn finish(&mut self, session: &mut Session, now: Instant) {
        if let Some(recording) = session.recording_mut() {
            recording.finish(now);
        }
        self.take(session, now);
        session.record(None);
        self.is_over = true;
    }
}

impl MediaNode {
    pub(super) fn record(&mut self, call: CallId, order: RecordingOrder, now: Instant) {
        let Some(joined) = self.sessions.get_mut(&call) else {
            return self.faults.push(format!("Record of {call}, which is not open"));
        };
        let session = &mut joined.session;
        let number = self.tapes.iter().filter(|tape| tape.call == call).count();
        let tape = self.tapes.iter_mut().rfind(|tape| tape.call == call && !tape.is_over);
        match (order, tape) {
            (RecordingOrder::Start { parties, .. }, None) => {
                let fineness = session.fineness();
                session.record(Some(Box::new(Recording::new(fineness, now))));
                let [a, b] = parties.map(|party| party.extension);
                let file = format!("{call}-{}.wav", number + 1);
                self.tapes.push(Tape {
                    call,
                    file: file.clone(),
                    parties: vec![(0, Side::A, a), (0, Side::B, b)],
                    is_over: false,
                    rate_hz: fineness.rate_hz(),
                    channels: [Vec::new(), Vec::new()],
                });
                self.events.push_back(MediaEvent::Recording { call, news: RecordingNews::Begun { file } });
            }
            (RecordingOrder::Pause, Some(tape)) => {
                if let Some(recording) = session.recording_mut() {
                    recording.pause(now);
                }
                tape.take(session, now);
            }
            (RecordingOrder::Resume, Some(_)) => {
                if let Some(recording) = session.recording_mut() {
                    recording.resume(now);
                }
            }
            (RecordingOrder::Party { side, party }, Some(tape)) => {
                let length = session.recording_mut().map_or(0, |recording| recording.length());
                tape.parties.push((length / u64::from(tape.rate_hz), side, party.extension));
            }
            (RecordingOrder::Stop, Some(tape)) => tape.finish(session, now),
            (order, _) => self.faults.push(format!("{order:?} of {call} makes no sense")),
        }
    }

    /// Takes what sessions have heard by `now`.
    pub(super) fn take_recorded(&mut self, now: Instant) {
        for tape in self.tapes.iter_mut().filter(|tape| !tape.is_over) {
            if let Some(joined) = self.sessions.get_mut(&tape.call) {
                tape.take(&mut joined.session, now);
            }
        }
    }

    /// A session ends.
    pub(super) fn end_recording(&mut self, command: &MediaCommand, now: Instant) {
        let MediaCommand::Close { call } = command else { return };
        let tape = self.tapes.iter_mut().find(|tape| tape.call == *call && !tape.is_over);
        if let Some((tape, joined)) = tape.zip(self.sessions.get_mut(call)) {
            tape.finish(&mut joined.session, now);
        }
    }
}
