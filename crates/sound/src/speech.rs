//! Text that is spoken: by espeak-ng, once, and from then on from a file.
//!
//! The program is run as it is, never through a shell; the text goes to its input, where no other user of the machine
//! sees it. It may be missing: everything else works without it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime};

use sha2::{Digest, Sha256};

use crate::sound::Sound;

/// Makes sounds of text, and keeps them in `<data_dir>/cache/speech`.
#[derive(Debug)]
pub struct Speech {
    program: PathBuf,
    cache: PathBuf,
    most_files: usize,
}

/// How a text is spoken.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Voice {
    /// As espeak-ng names it: `en-us`, `de`, `fr+f3`.
    pub name: String,
    /// 80 to 450; what is less or more is made so.
    pub words_per_minute: u16,
}

/// Why a text is not spoken.
#[derive(Debug, thiserror::Error)]
pub enum SpeechError {
    /// There is nothing to say in it.
    #[error("there is no word in the text to be spoken")]
    Empty,
    /// It would last several minutes.
    #[error("a text of {length} bytes is too long to be spoken: {LONGEST_TEXT} are the most")]
    TooLong {
        /// Of the text, in bytes.
        length: usize,
    },
    /// Not the name of a voice.
    #[error("{name:?} is not the name of a voice")]
    Voice {
        /// What was given as one.
        name: String,
    },
    /// The program is not installed, or cannot be started.
    #[error("cannot start {program}: texts are spoken if espeak-ng is installed")]
    Program {
        /// What was to be started.
        program: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The program did not say it: it does not know the voice, or took longer than ten seconds.
    #[error("espeak-ng did not speak: {said}")]
    Refused {
        /// What it said instead.
        said: String,
    },
    /// What was spoken cannot be kept.
    #[error("cannot keep speech in {folder}")]
    Keep {
        /// Where.
        folder: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

const LONGEST_TEXT: usize = 2000;
/// Some 100 MB when all are as long as people make them; the one that was not heard for longest goes first.
const MOST_FILES: usize = 1000;
const TIME_LIMIT: Duration = Duration::from_secs(10);

impl Speech {
    /// Keeps what is spoken below `data_dir`; a folder is made when it is needed.
    #[must_use]
    pub fn new(data_dir: &Path) -> Self {
        Self::with(Path::new("espeak-ng"), data_dir, MOST_FILES)
    }

    /// With another program that takes espeak-ng's arguments, and room for so many texts.
    #[must_use]
    pub fn with(program: &Path, data_dir: &Path, most_files: usize) -> Self {
        Self { program: program.to_owned(), cache: data_dir.join("cache/speech"), most_files: most_files.max(1) }
    }

    /// The sound of a text. It is made the first time, which takes about 100 ms and at most ten seconds: do not wait for
    /// it on a thread that has calls.
    /// # Errors
    /// [`SpeechError`].
    pub fn say(&self, text: &str, voice: &Voice) -> Result<Sound, SpeechError> {
        if text.len() > LONGEST_TEXT {
            return Err(SpeechError::TooLong { length: text.len() });
        }
        let text: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        if !text.chars().any(char::is_alphanumeric) {
            return Err(SpeechError::Empty);
        }
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "+-_".contains(letter);
        let name = &voice.name;
        if name.is_empty() || name.len() > 64 || name.starts_with('-') || !name.chars().all(is_plain) {
            return Err(SpeechError::Voice { name: name.clone() });
        }
        let speed = voice.words_per_minute.clamp(80, 450).to_string();
        let file = self.cache.join(format!("{}.wav", key(&[name, &speed, &text])));
        if is_kept(&file) {
            return Ok(Sound::File(file));
        }
        let failed = |source| SpeechError::Keep { folder: self.cache.display().to_string(), source };
        std::fs::create_dir_all(&self.cache).map_err(failed)?;
        let sound = self.run(&text, name, &speed)?;
        self.make_room();
        keep(&file, &sound).map_err(failed)?;
        Ok(Sound::File(file))
    }

    /// What the program writes.
    fn run(&self, text: &str, voice: &str, speed: &str) -> Result<Vec<u8>, SpeechError> {
        let cannot = |source| SpeechError::Program { program: self.program.display().to_string(), source };
        let mut child = Command::new(&self.program)
            .args(["-v", voice, "-s", speed, "-b", "1", "--stdin", "--stdout"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(cannot)?;
        if let Some(mut input) = child.stdin.take() {
            // Shorter than a pipe holds, so this waits for nobody. A program that ended at once says why below.
            let _unread = input.write_all(text.as_bytes());
        }
        let child = Guard::over(child);
        let (sound, said, is_well) = child.finish().map_err(cannot)?;
        if is_well && sound.len() > 44 {
            return Ok(sound);
        }
        let said = String::from_utf8_lossy(&said);
        let said = said.lines().next().unwrap_or_default().trim();
        Err(SpeechError::Refused { said: if said.is_empty() { "nothing was heard".into() } else { said.into() } })
    }

    /// Takes away what was not heard for longest, so that one more can be kept. Other files in the folder count, too.
    fn make_room(&self) {
        let entries = std::fs::read_dir(&self.cache).into_iter().flatten().flatten();
        let mut files: Vec<(SystemTime, PathBuf)> =
            entries.filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path()))).collect();
        files.sort();
        let too_many = (files.len() + 1).saturating_sub(self.most_files);
        for (_, file) in files.into_iter().take(too_many) {
            // What cannot be removed is tried again the next time.
            let _kept = std::fs::remove_file(file);
        }
    }
}

/// A program that does not outlive its time.
struct Guard {
    child: Child,
    end_by: Instant,
}

impl Guard {
    fn over(child: Child) -> Self {
        Self { child, end_by: Instant::now() + TIME_LIMIT }
    }

    /// What it wrote, what it complained about, and whether it ended well.
    fn finish(mut self) -> io::Result<(Vec<u8>, Vec<u8>, bool)> {
        let (sound, said) = (drain(self.child.stdout.take()), drain(self.child.stderr.take()));
        let is_well = loop {
            if let Some(status) = self.child.try_wait()? {
                break status.success();
            }
            if Instant::now() >= self.end_by {
                self.child.kill()?;
                self.child.wait()?;
                break false;
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        Ok((sound.join().unwrap_or_default(), said.join().unwrap_or_default(), is_well))
    }
}

/// Four minutes of speech; a program that writes more has lost its way.
const MOST_BYTES: u64 = 16 << 20;

/// Reads on a thread of its own, so that the program never waits for us.
fn drain(pipe: Option<impl io::Read + Send + 'static>) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read until an error is what there is.
        let _count = pipe.map(|pipe| io::Read::read_to_end(&mut io::Read::take(pipe, MOST_BYTES), &mut bytes));
        bytes
    })
}

/// Whether it was spoken before; it is then the last that is taken away.
fn is_kept(file: &Path) -> bool {
    let Ok(file) = std::fs::File::options().append(true).open(file) else { return false };
    let _untouched = file.set_modified(SystemTime::now());
    true
}

/// Nobody ever sees half of a file.
fn keep(file: &Path, sound: &[u8]) -> io::Result<()> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let unfinished = file.with_extension(format!("{}-{number}.tmp", std::process::id()));
    let written = std::fs::write(&unfinished, sound).and_then(|()| std::fs::rename(&unfinished, file));
    if written.is_err() {
        let _gone = std::fs::remove_file(&unfinished);
    }
    written
}

/// The name of the file for these words: other words have another one.
fn key(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().fold(String::new(), |name, byte| format!("{name}{byte:02x}"))
}
