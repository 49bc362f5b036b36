//! Traces on disk: one file for each call that has failed, readable for the server's user only.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use warden_trace::Trace;

use super::TraceSettings;

/// A file that has this name belongs to a call.
const ENDING: &str = ".json";

/// Why a trace cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum TraceFileError {
    /// The directory cannot be made or read.
    #[error("cannot use the directory {path} for traces")]
    Directory {
        /// Which.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
}

/// The directory. Its size and the age of its files have a limit.
#[derive(Debug)]
pub struct TraceFiles {
    settings: TraceSettings,
    /// The bytes of all files, as far as we know.
    used: u64,
}

/// One file of the directory.
struct Kept {
    path: PathBuf,
    written_at: SystemTime,
    length: u64,
}

impl TraceFiles {
    /// Makes the directory if it is missing, and removes what is too old or too much.
    ///
    /// # Errors
    /// [`TraceFileError::Directory`].
    pub fn open(settings: &TraceSettings) -> Result<Self, TraceFileError> {
        let failed = |source| TraceFileError::Directory { path: settings.directory.clone(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(&settings.directory).map_err(failed)?;
        let mut files = Self { settings: settings.clone(), used: 0 };
        files.prune();
        Ok(files)
    }

    /// Writes a trace, whole or not at all.
    pub(crate) fn write(&mut self, trace: &Trace) -> io::Result<()> {
        let json = trace.to_json();
        let name = self.settings.directory.join(format!("{}{ENDING}", trace.call));
        let draft = self.settings.directory.join("draft");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(&json)?;
        drop(file);
        fs::rename(&draft, name)?;
        self.used = self.used.saturating_add(json.len() as u64);
        if self.used > self.settings.max_size {
            self.prune();
        }
        Ok(())
    }

    /// Removes what is too old, and the oldest of what is too much. What cannot be removed now is tried again later.
    pub(crate) fn prune(&mut self) {
        let mut kept = list(&self.settings.directory).unwrap_or_default();
        kept.sort_by_key(|file| std::cmp::Reverse(file.written_at));
        let now = SystemTime::now();
        self.used = 0;
        for file in kept {
            let age = now.duration_since(file.written_at).unwrap_or_default();
            let used = self.used.saturating_add(file.length);
            if age > self.settings.max_age || used > self.settings.max_size {
                let _gone = fs::remove_file(&file.path);
            } else {
                self.used = used;
            }
        }
    }

    /// The trace of a call; `None` when none is kept.
    ///
    /// # Errors
    /// [`TraceFileError::Read`], also when the file is damaged.
    pub fn read(directory: &Path, call: &str) -> Result<Option<Trace>, TraceFileError> {
        let path = directory.join(format!("{call}{ENDING}"));
        match read(&path) {
            Ok(trace) => Ok(Some(trace)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(TraceFileError::Read { path, source }),
        }
    }

    /// All traces that are kept, the newest first; those that cannot be read are left out.
    ///
    /// # Errors
    /// [`TraceFileError::Directory`].
    pub fn all(directory: &Path) -> Result<Vec<Trace>, TraceFileError> {
        let mut kept = match list(directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            other => other.map_err(|source| TraceFileError::Directory { path: directory.to_owned(), source })?,
        };
        kept.sort_by_key(|file| std::cmp::Reverse(file.written_at));
        Ok(kept.iter().filter_map(|file| read(&file.path).ok()).collect())
    }
}

fn read(path: &Path) -> io::Result<Trace> {
    let mut json = Vec::new();
    io::Read::read_to_end(&mut File::open(path)?, &mut json)?;
    Ok(Trace::from_json(&json)?)
}

fn list(directory: &Path) -> io::Result<Vec<Kept>> {
    let mut kept = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if !entry.file_name().as_encoded_bytes().ends_with(ENDING.as_bytes()) {
            continue;
        }
        // One that has gone meanwhile needs no room.
        let Ok(facts) = entry.metadata() else { continue };
        let written_at = facts.modified()?;
        kept.push(Kept { path: entry.path(), written_at, length: facts.len() });
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    use super::*;

    fn trace(call: u64) -> Trace {
        Trace { call: format!("{call:016x}"), extensions: Vec::new(), lines: Vec::new(), left_out: 0 }
    }

    fn settings(place: &Path) -> TraceSettings {
        let directory = place.join("traces");
        TraceSettings { directory, max_size: 10_000, max_age: Duration::from_hours(1) }
    }

    #[test]
    fn only_the_servers_user_can_read_what_is_written_and_it_is_read_back() {
        let place = tempfile::tempdir().unwrap();
        let settings = settings(place.path());
        let mut files = TraceFiles::open(&settings).unwrap();
        files.write(&trace(0xC1)).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&settings.directory), 0o700);
        assert_eq!(mode(&settings.directory.join("00000000000000c1.json")), 0o600);
        assert_eq!(TraceFiles::read(&settings.directory, "00000000000000c1").unwrap(), Some(trace(0xC1)));
        assert_eq!(TraceFiles::read(&settings.directory, "00000000000000c2").unwrap(), None);
        fs::write(settings.directory.join("00000000000000c3.json"), "{").unwrap();
        assert!(TraceFiles::read(&settings.directory, "00000000000000c3").is_err());
        assert_eq!(TraceFiles::all(&settings.directory).unwrap(), [trace(0xC1)]);
        assert_eq!(TraceFiles::all(&place.path().join("nowhere")).unwrap(), []);
    }

    #[test]
    fn the_oldest_files_go_when_there_are_too_many_and_old_ones_go_in_any_case() {
        let place = tempfile::tempdir().unwrap();
        let settings = settings(place.path());
        let mut files = TraceFiles::open(&settings).unwrap();
        let length = trace(0).to_json().len() as u64;
        let begin = SystemTime::now() - Duration::from_mins(50);
        let path = |call: u64| settings.directory.join(format!("{call:016x}.json"));
        for call in 0..500 {
            files.write(&trace(call)).unwrap();
            let written_at = begin + Duration::from_secs(call);
            File::options().write(true).open(path(call)).unwrap().set_modified(written_at).unwrap();
        }
        assert!(!path(0).exists() && path(499).exists());
        let kept = list(&settings.directory).unwrap();
        assert!(kept.len() as u64 * length <= settings.max_size && kept.len() > 50, "{}", kept.len());
        fs::write(settings.directory.join("notes.txt"), "mine").unwrap();
        let old = TraceSettings { max_age: Duration::from_mins(1), ..settings.clone() };
        TraceFiles::open(&old).unwrap();
        assert_eq!(list(&settings.directory).unwrap().len(), 0);
        assert!(settings.directory.join("notes.txt").exists(), "not ours to remove");
    }
}
