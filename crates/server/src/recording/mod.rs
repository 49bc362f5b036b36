//! Calls as sound files: a thread of its own writes what the media threads hear, a second at a time.
//!
//! A media thread gives what it has to a queue and goes on. What finds the queue full is dropped, and silence stands in its
//! place, since every block knows where it belongs. Whatever becomes of the process, a file can be played as far as it goes.

mod jobs;
mod mend;
mod name;
mod side_file;
mod tape;
mod wav;
mod writer;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::sync::mpsc;
use warden_call::call_event::CallId;
use warden_call::media::RecordedParty;

use crate::counters::Counters;
use crate::media::Told;
use jobs::Jobs;
pub(crate) use tape::Tape;
use writer::Writer;

/// Where recordings are kept, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingSettings {
    /// The directory; it is made when it is needed.
    pub directory: PathBuf,
}

/// The way to the thread that writes, and the thread.
#[derive(Debug)]
pub(crate) struct Recorder {
    jobs: Jobs,
    thread: JoinHandle<()>,
}

impl Recorder {
    /// Starts the thread. What an earlier run has left unfinished is finished first.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub(crate) fn start(
        settings: RecordingSettings,
        told: mpsc::Sender<Told>,
        counters: &Arc<Counters>,
    ) -> io::Result<Self> {
        let (jobs, queue) = jobs::queue(Arc::clone(counters));
        let writer = Writer::new(settings.directory, queue, told);
        let thread = thread::Builder::new().name("recordings".to_owned()).spawn(|| writer.run())?;
        Ok(Self { jobs, thread })
    }

    /// A tape for the recording of a call, the `number`th one. It is begun on the media thread.
    pub(crate) fn tape(&self, call: CallId, number: u32, parties: [RecordedParty; 2], dialled: String) -> Tape {
        let file = name::now(call, number);
        Tape::new(self.jobs.clone(), jobs::About { call, file, parties, dialled })
    }

    /// Returns when everything is written; no media thread has a tape any more.
    pub(crate) fn end(self) {
        drop(self.jobs);
        // A panic has been reported where it happened.
        let _panicked = self.thread.join();
    }
}
