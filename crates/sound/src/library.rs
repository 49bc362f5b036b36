//! Prompts by their names: an administrator's file wins over the one that is built in.
//!
//! `<data_dir>/sounds/<language>/<name>.<ending>`, with the names and the languages of Asterisk's sound packs, so a pack
//! is unpacked there and is heard. A file that cannot be played is passed over, and why is told.

use std::path::{Path, PathBuf};

use crate::embedded;
use crate::error::OpenError;
use crate::sound::Sound;
use crate::track::Track;

/// Where sounds are found.
#[derive(Clone, Debug)]
pub struct Library {
    pub(crate) data_dir: PathBuf,
}

/// Why a prompt is not found.
#[derive(Debug, thiserror::Error)]
pub enum MissingPrompt {
    /// No file has the name, and nothing that is built in.
    #[error("there is no prompt {name:?} in {language:?}, nor in English")]
    Unknown {
        /// What was looked for.
        name: String,
        /// In which language first.
        language: String,
    },
    /// A name has letters, digits, `-`, `_` and `.`, with `/` between folders.
    #[error("{name:?} is not the name of a prompt")]
    Name {
        /// What was given as one.
        name: String,
    },
}

/// A prompt that was opened.
#[derive(Debug)]
pub struct Opened {
    /// To be played.
    pub track: Track,
    /// Why files were passed over that should have been played instead, for the log.
    pub passed_over: Vec<OpenError>,
}

/// In this order, if there are several: what keeps most of the sound first.
const ENDINGS: [&str; 17] = [
    "wav", "flac", "sln48", "sln32", "sln24", "sln16", "opus", "ogg", "mp3", "g722", "sln", "ulaw", "ul", "pcmu",
    "alaw", "al", "pcma",
];

const BUILT_IN_LANGUAGE: &str = "en";
const LONGEST_NAME: usize = 128;

impl Library {
    /// Sounds below `data_dir`, which need not exist, and those that are built in.
    #[must_use]
    pub fn new(data_dir: &Path) -> Self {
        Self { data_dir: data_dir.to_owned() }
    }

    /// The prompt `name` in a language such as `de` or `en-GB`: from its files, from those of the language without the
    /// country, then in English. It reads directories, and so has no place on a media thread.
    /// # Errors
    /// [`MissingPrompt`].
    pub fn find(&self, name: &str, language: &str) -> Result<Sound, MissingPrompt> {
        self.candidates(name, language)?.into_iter().next().ok_or_else(|| missing(name, language))
    }

    /// Finds the prompt and opens it. A file that cannot be played gives way to the next best.
    /// # Errors
    /// [`MissingPrompt`], if no file can be played either.
    pub fn open(&self, name: &str, language: &str, sample_rate_hz: u32) -> Result<Opened, MissingPrompt> {
        let mut passed_over = Vec::new();
        for sound in self.candidates(name, language)? {
            match sound.open(sample_rate_hz) {
                Ok(track) => return Ok(Opened { track, passed_over }),
                Err(error) => passed_over.push(error),
            }
        }
        Err(missing(name, language))
    }

    /// The names of all prompts that are built in, sorted.
    pub fn built_in() -> impl Iterator<Item = &'static str> {
        embedded::PROMPTS.iter().map(|(name, _)| *name)
    }

    /// The best one first.
    fn candidates(&self, name: &str, language: &str) -> Result<Vec<Sound>, MissingPrompt> {
        if !is_name(name) || !is_word(language) {
            return Err(MissingPrompt::Name { name: name.to_owned() });
        }
        let mut languages = vec![language];
        languages.extend(language.split(['-', '_']).next());
        languages.push(BUILT_IN_LANGUAGE);
        languages.dedup();
        let mut found = Vec::new();
        for language in languages {
            let file = self.data_dir.join("sounds").join(language).join(name);
            found.extend(
                ENDINGS.iter().map(|ending| with_ending(&file, ending)).filter(|path| path.is_file()).map(Sound::File),
            );
        }
        let embedded = embedded::PROMPTS.binary_search_by_key(&name, |(name, _)| *name).ok();
        let embedded = embedded.and_then(|at| embedded::PROMPTS.get(at));
        found.extend(embedded.map(|(name, bytes)| Sound::Embedded { name, bytes }));
        Ok(found)
    }
}

/// The name of a prompt may have a dot of its own.
fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".");
    path.push(ending);
    path.into()
}

fn missing(name: &str, language: &str) -> MissingPrompt {
    MissingPrompt::Unknown { name: name.to_owned(), language: language.to_owned() }
}

/// Names are given by configuration and by programs: none leads out of its folder.
fn is_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME && name.split('/').all(is_word)
}

/// What a file or a folder may be called.
pub(crate) fn is_word(word: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    !word.is_empty() && word.len() <= LONGEST_NAME && !word.starts_with('.') && word.chars().all(is_plain)
}
