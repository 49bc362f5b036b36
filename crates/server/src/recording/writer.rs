//! The thread that writes recordings.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tokio::sync::mpsc;
use tracing::warn;
use warden_call::call_event::CallId;
use warden_call::media::{MediaEvent, RecordedParty, RecordingNews};
use warden_media::recording::Block;
use warden_media::relay::Side;

use super::jobs::{About, Job, Queue};
use super::mend::mend_all;
use super::side_file::SideFile;
use super::wav::WavFile;
use crate::media::Told;

pub(super) struct Writer {
    directory: PathBuf,
    queue: Queue,
    told: mpsc::Sender<Told>,
    /// What is being recorded; one that has failed is not here.
    open: HashMap<CallId, Open>,
}

impl Writer {
    pub(super) fn new(directory: PathBuf, queue: Queue, told: mpsc::Sender<Told>) -> Self {
        Self { directory, queue, told, open: HashMap::new() }
    }

    pub(super) fn run(mut self) {
        mend_all(&self.directory);
        while let Some(job) = self.queue.next() {
            self.obey(job);
        }
    }

    fn obey(&mut self, job: Job) {
        match job {
            Job::Begin { about, rate_hz, at } => match Open::begin(&self.directory, &about, rate_hz, at) {
                Ok(open) => drop(self.open.insert(about.call, open)),
                Err(error) => self.tell_failure(about.call, &error),
            },
            Job::Sound { call, block } => self.with(call, |open| open.write(call, &block)),
            Job::Paused { call, place, at } => self.with(call, |open| open.note(|side| side.add_pause(place, at))),
            Job::Resumed { call, at } => self.with(call, |open| open.note(|side| side.end_pause(at))),
            Job::Party { call, place, side, party } => self.with(call, |open| open.introduce(place, side, &party)),
            Job::End { call, length, at, is_whole } => {
                if let Some(open) = self.open.remove(&call)
                    && let Err(error) = open.finish(length, at, is_whole)
                {
                    self.tell_failure(call, &error);
                }
            }
        }
    }

    /// Something about a recording; what cannot be written ends it.
    fn with(&mut self, call: CallId, write: impl FnOnce(&mut Open) -> io::Result<()>) {
        let Some(open) = self.open.get_mut(&call) else { return };
        let Err(error) = write(open) else { return };
        if let Some(open) = self.open.remove(&call) {
            open.give_up(&error);
        }
        self.tell_failure(call, &error);
    }

    /// Waits for the signalling thread, which never waits for this one, and tells whoever watches.
    fn tell_failure(&self, call: CallId, error: &io::Error) {
        let news = RecordingNews::Failed { reason: error.to_string() };
        // An error means that the signalling thread has ended.
        let _listens = self.told.blocking_send(Told::Event(MediaEvent::Recording { call, news }));
    }
}

/// A recording that is being written.
struct Open {
    sound: WavFile,
    side: SideFile,
    /// Of the side file.
    path: PathBuf,
    /// Whether a gap has been told.
    has_gap: bool,
}

impl Open {
    fn begin(directory: &Path, about: &About, rate_hz: u32, at: Timestamp) -> io::Result<Self> {
        let path = directory.join(&about.file);
        let sound = WavFile::create(&path, rate_hz)?;
        let (side, path) = (SideFile::new(about, rate_hz, at), path.with_extension("json"));
        side.write(&path, false)?;
        Ok(Self { sound, side, path, has_gap: false })
    }

    fn write(&mut self, call: CallId, block: &Block) -> io::Result<()> {
        self.mark_gap(call, block.at);
        self.side.note_not_decoded(block.unheard);
        self.sound.write(block.at, &block.samples)
    }

    /// What is missing up to this place was lost on its way here.
    fn mark_gap(&mut self, call: CallId, place: u64) {
        let end = self.sound.end();
        let Some(missing) = place.checked_sub(end).filter(|missing| *missing > 0) else { return };
        self.side.add_gap(end, missing);
        if !std::mem::replace(&mut self.has_gap, true) {
            warn!(%call, "a recording has a gap: the disk or this machine is too slow");
        }
    }

    fn introduce(&mut self, place: u64, side: Side, party: &RecordedParty) -> io::Result<()> {
        self.note(|file| file.add_party(place, side, party))
    }

    fn note(&mut self, change: impl FnOnce(&mut SideFile)) -> io::Result<()> {
        change(&mut self.side);
        self.side.seconds = self.side.seconds_of(self.sound.end());
        self.side.write(&self.path, false)
    }

    fn finish(mut self, length: u64, at: Timestamp, is_whole: bool) -> io::Result<()> {
        let end = self.sound.end();
        if length > end {
            self.side.add_gap(end, length - end);
        }
        self.side.seconds = self.side.seconds_of(length.max(end));
        self.sound.finish(length)?;
        (self.side.ended, self.side.complete) = (Some(at), is_whole);
        self.side.note = (!is_whole).then(|| "the thread of the call has broken down".to_owned());
        self.side.write(&self.path, true)
    }

    /// Says how far it has come, if that can be said.
    fn give_up(mut self, error: &io::Error) {
        self.side.seconds = self.side.seconds_of(self.sound.end());
        (self.side.ended, self.side.note) = (Some(Timestamp::now()), Some(error.to_string()));
        // Where the sound could not be written, this may not be either; it is finished at the next start then.
        let _written = self.side.write(&self.path, true);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use warden_call::directory::Extension;

    use super::*;
    use crate::counters::Counters;
    use crate::recording::jobs::{Jobs, queue};

    const CALL: CallId = CallId(1);
    const FILE: &str = "2026-09-21/call.wav";

    fn party(number: &str) -> RecordedParty {
        RecordedParty { extension: Extension::parse(number.as_bytes()).unwrap(), name: format!("Name of {number}") }
    }

    fn second(number: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + number).unwrap()
    }

    fn begin(jobs: &Jobs) {
        let parties = [party("1001"), party("1002")];
        let about = About { call: CALL, file: FILE.to_owned(), parties, dialled: "1002".to_owned() };
        assert!(jobs.give(Job::Begin { about: Box::new(about), rate_hz: 8000, at: second(0) }));
    }

    fn sound(at: u64, unheard: [bool; 2]) -> Job {
        Job::Sound { call: CALL, block: Block { at, samples: vec![5; 16_000], unheard } }
    }

    /// Does what `give` gives; what was told of it.
    fn run(directory: &Path, give: impl FnOnce(&Jobs)) -> Vec<Told> {
        let (jobs, jobs_queue) = queue(Arc::<Counters>::default());
        let (sender, mut told) = mpsc::channel(8);
        let writer = Writer::new(directory.to_owned(), jobs_queue, sender);
        give(&jobs);
        drop(jobs);
        writer.run();
        std::iter::from_fn(|| told.try_recv().ok()).collect()
    }

    #[test]
    fn the_side_file_says_who_was_heard_when_what_was_left_out_and_what_is_missing() {
        let place = tempfile::tempdir().unwrap();
        let told = run(place.path(), |jobs| {
            begin(jobs);
            for job in [
                sound(0, [false; 2]),
                // The block from 8000 on has found no room.
                sound(16_000, [false, true]),
                Job::Paused { call: CALL, place: 24_000, at: second(3) },
                Job::Resumed { call: CALL, at: second(9) },
                Job::Party { call: CALL, place: 24_000, side: Side::B, party: party("1003") },
                sound(24_000, [false, true]),
                Job::End { call: CALL, length: 36_000, at: second(12), is_whole: true },
            ] {
                assert!(jobs.give(job));
            }
        });
        assert!(told.is_empty());
        let side = SideFile::read(&place.path().join("2026-09-21/call.json")).unwrap();
        let heard = |parties: &[super::super::side_file::Party]| {
            parties.iter().map(|party| (party.from_s, party.extension.clone())).collect::<Vec<_>>()
        };
        assert_eq!(heard(&side.left), [(0.0, "1001".to_owned())]);
        assert_eq!(heard(&side.right), [(0.0, "1002".to_owned()), (3.0, "1003".to_owned())]);
        assert_eq!((side.complete, side.seconds, side.ended), (true, 4.5, Some(second(12))));
        let gaps: Vec<_> = side.gaps.iter().map(|gap| (gap.at_s, gap.seconds)).collect();
        assert_eq!(gaps, [(1.0, 1.0), (4.0, 0.5)]);
        let pauses: Vec<_> = side.pauses.iter().map(|pause| (pause.at_s, pause.from, pause.to)).collect();
        assert_eq!(pauses, [(3.0, second(3), Some(second(9)))]);
        assert_eq!(side.not_decoded, ["right"]);
        let bytes = fs::read(place.path().join(FILE)).unwrap();
        assert_eq!(bytes.len(), 44 + 36_000 * 4);
        let sample = |place: usize| bytes[44 + 4 * place];
        assert_eq!([7999, 8000, 15_999, 16_000, 31_999, 32_000, 35_999].map(sample), [5, 0, 0, 5, 5, 0, 0]);
    }

    #[test]
    fn a_recording_that_cannot_begin_is_told_once_and_the_next_goes_on() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("2026-09-21"), "a file where a directory should be").unwrap();
        let told = run(place.path(), |jobs| {
            begin(jobs);
            assert!(jobs.give(sound(0, [false; 2])));
            assert!(jobs.give(Job::End { call: CALL, length: 8000, at: second(1), is_whole: true }));
        });
        let [Told::Event(MediaEvent::Recording { call: CALL, news: RecordingNews::Failed { reason } })] = &told[..]
        else {
            panic!("{told:?}")
        };
        assert!(!reason.is_empty());
    }

    #[test]
    fn a_file_that_is_there_already_is_never_written_over() {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir(place.path().join("2026-09-21")).unwrap();
        fs::write(place.path().join(FILE), "precious").unwrap();
        assert_eq!(run(place.path(), begin).len(), 1);
        assert_eq!(fs::read(place.path().join(FILE)).unwrap(), b"precious");
    }
}
