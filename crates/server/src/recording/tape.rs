//! A recording on its media thread: what the session has heard goes to the thread that writes.

use std::time::Instant;

use jiff::Timestamp;
use warden_call::media::RecordedParty;
use warden_media::recording::Recording;
use warden_media::relay::{Session, Side};

use super::jobs::{About, Job, Jobs};

/// The way of one recording to its file. However it comes to its end, the file is told.
#[derive(Debug)]
pub(crate) struct Tape {
    jobs: Jobs,
    about: Box<About>,
    /// Whether the file has been told to begin, and not yet to end.
    is_open: bool,
    is_whole: bool,
    /// The samples of each channel so far, as far as is known here.
    length: u64,
}

impl Tape {
    pub(super) fn new(jobs: Jobs, about: About) -> Self {
        Self { jobs, about: Box::new(about), is_open: false, is_whole: false, length: 0 }
    }

    /// Its name below the place for recordings.
    pub(crate) fn file(&self) -> &str {
        &self.about.file
    }

    /// Begins to record a session; false when too much waits to be written.
    pub(crate) fn begin(&mut self, session: &mut Session, now: Instant) -> bool {
        let fineness = session.fineness();
        let (about, rate_hz, at) = (self.about.clone(), fineness.rate_hz(), Timestamp::now());
        self.is_open = self.jobs.give(Job::Begin { about, rate_hz, at });
        if self.is_open {
            session.record(Some(Box::new(Recording::new(fineness, now))));
        }
        self.is_open
    }

    /// Passes on what is complete.
    pub(crate) fn pass(&mut self, session: &mut Session, now: Instant) {
        while let Some(block) = session.poll_recorded(now) {
            self.length = block.at + block.samples.len() as u64 / 2;
            self.jobs.give(Job::Sound { call: self.about.call, block });
        }
    }

    pub(crate) fn pause(&mut self, session: &mut Session, now: Instant) {
        let Some(recording) = session.recording_mut().filter(|recording| !recording.is_paused()) else { return };
        recording.pause(now);
        let place = recording.length();
        self.pass(session, now);
        self.jobs.give(Job::Paused { call: self.about.call, place, at: Timestamp::now() });
    }

    pub(crate) fn resume(&mut self, session: &mut Session, now: Instant) {
        let Some(recording) = session.recording_mut().filter(|recording| recording.is_paused()) else { return };
        recording.resume(now);
        self.jobs.give(Job::Resumed { call: self.about.call, at: Timestamp::now() });
    }

    /// Somebody else is on this side.
    pub(crate) fn introduce(&mut self, session: &mut Session, side: Side, party: RecordedParty) {
        let Some(recording) = session.recording_mut() else { return };
        let place = recording.length();
        self.jobs.give(Job::Party { call: self.about.call, place, side, party });
    }

    /// Passes on the rest.
    pub(crate) fn finish(mut self, session: &mut Session, now: Instant) {
        if let Some(recording) = session.recording_mut() {
            recording.finish(now);
            self.length = recording.length();
            let length = self.length;
            self.pass(session, now);
            self.length = length;
        }
        session.record(None);
        self.is_whole = true;
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        if self.is_open {
            let Self { about, length, is_whole, .. } = self;
            let (call, length, is_whole) = (about.call, *length, *is_whole);
            self.jobs.give(Job::End { call, length, at: Timestamp::now(), is_whole });
        }
    }
}
