//! A file that lines are added to. When it has grown it is put aside: `warden.log.1` is the latest, then `.2`, and so on.
//!
//! A line that cannot be written, as on a full disk, is dropped and counted; the next one is tried again. A thread of
//! its own must do the writing, since a disk may take long.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tracing::error;

/// A disk that fails with every line is complained about this seldom.
const COMPLAIN_EVERY: Duration = Duration::from_mins(1);

/// What others know of a file and want from it, while a thread has it.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared {
    /// Whether to open the file anew with the next line: somebody has put it aside.
    pub(super) reopen: Arc<AtomicBool>,
    /// How many lines could not be written.
    pub(super) lost: Arc<AtomicUsize>,
}

/// The file. It is opened with the first line; an empty line is enough.
#[derive(Debug)]
pub(super) struct RotatedFile {
    path: PathBuf,
    max_size: u64,
    /// Without any, the file begins anew instead.
    backup_count: u32,
    file: Option<File>,
    shared: Shared,
    complained: Option<Instant>,
}

impl RotatedFile {
    pub(super) fn new(path: &Path, max_size: u64, backup_count: u32, shared: Shared) -> Self {
        Self { path: path.to_owned(), max_size, backup_count, file: None, shared, complained: None }
    }

    fn add(&mut self, line: &[u8]) -> io::Result<()> {
        if self.shared.reopen.swap(false, Ordering::Relaxed) {
            self.file = None;
        }
        let mut file = self.take_or_open()?;
        let mut length = file.metadata()?.len();
        if length > 0 && length.saturating_add(line.len() as u64) > self.max_size {
            if self.put_aside().is_ok() {
                file = self.take_or_open()?;
            } else {
                // It must not grow without end, so it begins anew.
                file.set_len(0)?;
            }
            length = 0;
        }
        let written = file.write_all(line);
        if written.is_err() {
            // Half a line would spoil the next one.
            let _cut = file.set_len(length);
        }
        self.file = Some(file);
        written
    }

    fn take_or_open(&mut self) -> io::Result<File> {
        if let Some(file) = self.file.take() {
            return Ok(file);
        }
        if fs::metadata(&self.path).is_ok_and(|there| !there.is_file()) {
            return Err(io::Error::other("is there and not a file"));
        }
        if let Some(folder) = self.path.parent() {
            DirBuilder::new().recursive(true).mode(0o750).create(folder)?;
        }
        OpenOptions::new().append(true).create(true).mode(0o640).open(&self.path)
    }

    fn put_aside(&self) -> io::Result<()> {
        for number in (1..self.backup_count).rev() {
            // Most often there are fewer.
            let _moved = fs::rename(self.backup(number), self.backup(number + 1));
        }
        match self.backup_count {
            0 => fs::remove_file(&self.path),
            _ => fs::rename(&self.path, self.backup(1)),
        }
    }

    fn backup(&self, number: u32) -> PathBuf {
        let mut name = OsString::from(&self.path);
        name.push(format!(".{number}"));
        name.into()
    }

    fn complain(&mut self, error: &io::Error) {
        let lost = self.shared.lost.fetch_add(1, Ordering::Relaxed) + 1;
        if self.complained.is_none_or(|at| at.elapsed() >= COMPLAIN_EVERY) {
            self.complained = Some(Instant::now());
            let file = self.path.display();
            error!(%file, error = error as &dyn std::error::Error, lines_lost = lost, "cannot write a log file");
        }
    }
}

impl Write for RotatedFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.write_all(line).map(|()| line.len())
    }

    fn write_all(&mut self, line: &[u8]) -> io::Result<()> {
        if let Err(error) = self.add(line) {
            self.complain(&error);
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;

    use super::*;

    struct Bench {
        place: TempDir,
        shared: Shared,
        file: RotatedFile,
    }

    impl Bench {
        fn new(max_size: u64, backup_count: u32) -> Self {
            let (place, shared) = (tempfile::tempdir().unwrap(), Shared::default());
            let file = RotatedFile::new(&place.path().join("a/log"), max_size, backup_count, shared.clone());
            Self { place, shared, file }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.place.path().join("a").join(name)
        }

        fn write(&mut self, lines: &[&str]) {
            for line in lines {
                self.file.write_all(line.as_bytes()).unwrap();
            }
        }

        /// What each file holds, by name.
        fn files(&self) -> Vec<(String, String)> {
            let entries = fs::read_dir(self.place.path().join("a")).unwrap().map(Result::unwrap);
            let name = |entry: &fs::DirEntry| entry.file_name().into_string().unwrap();
            let mut files: Vec<_> =
                entries.map(|entry| (name(&entry), fs::read_to_string(entry.path()).unwrap())).collect();
            files.sort();
            files
        }

        fn assert_files(&self, expected: &[(&str, &str)]) {
            let files = self.files();
            let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
            assert_eq!(files, expected);
        }

        fn lost(&self) -> usize {
            self.shared.lost.load(Ordering::Relaxed)
        }
    }

    #[test]
    fn a_full_file_is_put_aside_and_the_oldest_is_forgotten() {
        let mut bench = Bench::new(8, 3);
        bench.write(&["one\n", "two\n", "three\n", "four\n", "five\n", "six, too long\n"]);
        let expected = [("log", "six, too long\n"), ("log.1", "five\n"), ("log.2", "four\n"), ("log.3", "three\n")];
        bench.assert_files(&expected);
        assert_eq!(fs::metadata(bench.path("log")).unwrap().permissions().mode() & 0o777, 0o640);
    }

    #[test]
    fn without_backups_the_file_begins_anew() {
        let mut bench = Bench::new(8, 0);
        bench.write(&["one\n", "two\n", "three\n"]);
        bench.assert_files(&[("log", "three\n")]);
    }

    #[test]
    fn a_file_that_cannot_be_put_aside_stays_within_its_size() {
        let mut bench = Bench::new(8, 1);
        fs::create_dir_all(bench.path("log.1/in the way")).unwrap();
        bench.write(&["one\n", "two\n", "three\n"]);
        assert_eq!((fs::read_to_string(bench.path("log")).unwrap(), bench.lost()), ("three\n".into(), 0));
    }

    #[test]
    fn what_was_there_counts_and_stays() {
        let mut bench = Bench::new(8, 1);
        fs::create_dir(bench.path("")).unwrap();
        fs::write(bench.path("log"), "before\n").unwrap();
        bench.write(&["one\n"]);
        bench.assert_files(&[("log", "one\n"), ("log.1", "before\n")]);
    }

    #[test]
    fn a_file_that_was_put_aside_by_others_is_opened_again_when_told() {
        let mut bench = Bench::new(100, 1);
        bench.write(&["one\n"]);
        fs::rename(bench.path("log"), bench.path("theirs")).unwrap();
        bench.write(&["two\n"]);
        bench.shared.reopen.store(true, Ordering::Relaxed);
        bench.write(&[""]);
        bench.assert_files(&[("log", ""), ("theirs", "one\ntwo\n")]);
    }

    #[test]
    fn lines_for_a_full_disk_are_counted_and_later_ones_are_written() {
        let mut bench = Bench::new(100, 1);
        bench.file.file = Some(OpenOptions::new().append(true).open("/dev/full").unwrap());
        bench.write(&["one\n", "two\n"]);
        assert_eq!(bench.lost(), 2);
        bench.shared.reopen.store(true, Ordering::Relaxed);
        bench.write(&["three\n"]);
        bench.assert_files(&[("log", "three\n")]);
        assert_eq!(bench.lost(), 2);
    }

    #[test]
    fn a_folder_or_a_device_is_not_written_to() {
        let mut bench = Bench::new(100, 1);
        fs::create_dir_all(bench.path("log")).unwrap();
        bench.write(&["one\n"]);
        let mut null = RotatedFile::new(Path::new("/dev/null"), 1, 1, bench.shared.clone());
        null.write_all(b"two\n").unwrap();
        assert_eq!(bench.lost(), 2);
    }
}
