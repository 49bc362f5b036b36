//! After a crash: recordings that were not finished are made to say what there is of them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tracing::{info, warn};

use super::side_file::SideFile;
use super::wav;

/// Finishes every recording below a directory that says that it is being written. To be called while none is.
pub(super) fn mend_all(directory: &Path) {
    let mut mended = 0;
    for day in entries(directory) {
        for path in entries(&day).filter(|path| path.extension().is_some_and(|it| it == "json")) {
            match mend(&path) {
                Ok(was_open) => mended += usize::from(was_open),
                Err(error) => {
                    warn!(file = %path.display(), error = &error as &dyn std::error::Error, "cannot finish a recording");
                }
            }
        }
    }
    if mended > 0 {
        info!(recordings = mended, "recordings that were cut off are finished as far as they go");
    }
}

/// Whether it was open.
fn mend(path: &Path) -> io::Result<bool> {
    let mut side = SideFile::read(path)?;
    if side.complete || side.ended.is_some() {
        return Ok(false);
    }
    let sound = path.with_extension("wav");
    let written_at = fs::metadata(&sound)?.modified()?;
    let samples = wav::mend(&sound, side.rate_hz)?;
    side.seconds = side.seconds_of(samples);
    side.ended = Some(Timestamp::try_from(written_at).unwrap_or_else(|_| Timestamp::now()));
    side.note = Some("the server ended before the call".to_owned());
    side.write(path, true)?;
    Ok(true)
}

/// What a directory has in it; nothing when it is none.
fn entries(directory: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(directory).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()))
}

#[cfg(test)]
mod tests {
    use warden_call::call_event::CallId;
    use warden_call::directory::Extension;
    use warden_call::media::RecordedParty;

    use super::*;
    use crate::recording::jobs::About;
    use crate::recording::wav::WavFile;

    #[test]
    fn what_a_crash_has_left_is_finished_once_and_the_rest_is_left_alone() {
        let place = tempfile::tempdir().unwrap();
        let party = RecordedParty { extension: Extension::parse(b"1001").unwrap(), name: String::new() };
        let began = Timestamp::from_second(1_790_000_000).unwrap();
        let files = ["2026-09-21/a.wav", "2026-09-21/b.wav"].map(|file| {
            let parties = [party.clone(), party.clone()];
            let about = About { call: CallId(1), file: file.to_owned(), parties, dialled: String::new() };
            let path = place.path().join(file);
            let mut sound = WavFile::create(&path, 8000).unwrap();
            sound.write(0, &[1; 8000]).unwrap();
            let side = path.with_extension("json");
            SideFile::new(&about, 8000, began).write(&side, false).unwrap();
            side
        });
        let [broken, finished] = &files;
        let whole = SideFile { complete: true, ended: Some(began), ..SideFile::read(finished).unwrap() };
        whole.write(finished, true).unwrap();
        fs::write(place.path().join("2026-09-21/c.json"), "{").unwrap();
        fs::write(place.path().join("notes.txt"), "mine").unwrap();
        mend_all(place.path());
        let side = SideFile::read(broken).unwrap();
        assert_eq!((side.complete, side.seconds), (false, 0.5));
        assert!(side.ended.is_some() && side.note.is_some());
        assert_eq!(SideFile::read(finished).unwrap(), whole);
        assert!(!mend(broken).unwrap(), "not twice");
        mend_all(&place.path().join("nowhere"));
    }
}
