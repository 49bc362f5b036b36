//! What a phone hears, from the WAV file that it is still writing.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::poll;
use super::tone::Sound;

/// How long something has to be heard, as parts of a second: 0.4 s.
const HEARD: (usize, usize) = (2, 5);
/// Bytes before the samples of most WAV files.
const HEADER: usize = 44;
const QUIET_FOR: Duration = Duration::from_millis(500);

/// The recordings of one phone: the newest file of a folder whose name ends like this, by name.
pub(crate) struct Ear {
    pub(crate) folder: PathBuf,
    pub(crate) ending: &'static str,
}

/// How far a file had come.
#[derive(Default)]
struct Mark {
    path: PathBuf,
    samples: usize,
}

impl Ear {
    /// Whether from now on there comes a time in which the tone `hz` is heard and nothing else.
    pub(crate) fn hears_only(&self, hz: u32) -> bool {
        self.hears_only_within(5, hz)
    }

    fn hears_only_within(&self, seconds: u64, hz: u32) -> bool {
        let mut from = Mark::default();
        self.since(&mut from);
        poll(seconds, || {
            let mut new = self.since(&mut Mark { path: from.path.clone(), ..from })?;
            let wanted = new.rate_hz as usize * HEARD.0 / HEARD.1;
            let late = new.samples.split_off(new.samples.len().checked_sub(wanted)?);
            Sound { samples: late, ..new }.is_only(hz).then_some(())
        })
        .is_some()
    }

    /// Whether from now on there comes a time in which nothing is heard; no packets are silence too.
    pub(crate) fn hears_silence(&self) -> bool {
        let mut seen = Mark::default();
        self.since(&mut seen);
        let mut quiet_since = Instant::now();
        poll(5, || {
            if self.since(&mut seen).is_some_and(|new| !new.is_silent()) {
                quiet_since = Instant::now();
            }
            (quiet_since.elapsed() > QUIET_FOR).then_some(())
        })
        .is_some()
    }

    /// What was heard after `mark`, which moves on; `None` without a recording.
    fn since(&self, mark: &mut Mark) -> Option<Sound> {
        let path = self.newest()?;
        let mut sound = read(&fs::read(&path).ok()?)?;
        let is_same = path == mark.path && mark.samples <= sound.samples.len(); // not begun again
        let known = if is_same { mark.samples } else { 0 };
        *mark = Mark { path, samples: sound.samples.len() };
        sound.samples.drain(..known);
        Some(sound)
    }

    fn newest(&self) -> Option<PathBuf> {
        let files = fs::read_dir(&self.folder).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.to_string_lossy().ends_with(self.ending)).max()
    }
}

/// The first channel of a WAV file with 16 bits a sample. The sizes of an unfinished file are not right yet, so its
/// sound lasts to its end. linphone writes the whole header last; that of a G.711 call would be 44 bytes long.
fn read(file: &[u8]) -> Option<Sound> {
    if file.get(..HEADER)?.iter().all(|&byte| byte == 0) {
        return Some(samples(8000, 1, &file[HEADER..]));
    }
    let format = file.windows(4).position(|four| four == b"fmt ")? + 8;
    let data = file.windows(4).position(|four| four == b"data")? + 8;
    let channels = usize::from(u16::from_le_bytes(file.get(format + 2..format + 4)?.try_into().ok()?));
    let rate_hz = u32::from_le_bytes(file.get(format + 4..format + 8)?.try_into().ok()?);
    Some(samples(rate_hz, channels, file.get(data..)?))
}

fn samples(rate_hz: u32, channels: usize, data: &[u8]) -> Sound {
    let frames = data.chunks_exact(2 * channels.max(1));
    Sound { rate_hz, samples: frames.map(|frame| i16::from_le_bytes([frame[0], frame[1]])).collect() }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Ear, Sound, read};

    #[test]
    fn an_unfinished_file_is_read_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one-dec.wav");
        Sound::tone(440, 1).write(&path);
        let mut file = fs::read(&path).unwrap();
        file[40..44].fill(0); // no size yet
        file.push(1); // half a sample
        let sound = read(&file).unwrap();
        assert_eq!((sound.rate_hz, sound.samples), (8000, Sound::tone(440, 1).samples));
        assert!(read(&file[..30]).is_none());
        file[..44].fill(0); // no header yet
        assert!(read(&file).is_some_and(|sound| sound.is_only(440)));
    }

    #[test]
    fn what_was_heard_before_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        Sound::tone(440, 1).write(&folder.path().join("one-dec.wav"));
        let ear = Ear { folder: folder.path().to_owned(), ending: "-dec.wav" };
        assert!(ear.hears_silence());
        assert!(!ear.hears_only_within(1, 440));
    }
}
