//! Music on hold: classes of tracks, each a folder below `<data_dir>/moh/`.

use std::path::Path;

use crate::embedded;
use crate::error::OpenError;
use crate::library::{Library, is_word};
use crate::sound::Sound;

/// The tracks of a class, in their order: by file name.
#[derive(Debug)]
pub struct Music {
    tracks: Vec<Sound>,
    /// What is wrong with the class, for the log.
    pub problems: Vec<MusicProblem>,
}

/// Why a class is not what its folder should make it.
#[derive(Debug, thiserror::Error)]
pub enum MusicProblem {
    /// The folder of a class other than `default` has nothing that can be played.
    #[error("there is no sound file in {folder}: the default music is played instead")]
    Empty {
        /// Where it was looked for.
        folder: String,
    },
    /// A file is left out.
    #[error(transparent)]
    File(#[from] OpenError),
    /// A folder holds more than a thousand files.
    #[error("{folder} holds more than {MOST_TRACKS} files: the others are not played")]
    TooMany {
        /// Which one.
        folder: String,
    },
}

/// The class that everybody hears of whom nothing else is said.
pub const DEFAULT_CLASS: &str = "default";

const MOST_TRACKS: usize = 1000;

impl Library {
    /// The tracks of a class, each of which was opened once to see that it can be played. There is always one: the five
    /// pieces that are built in stand in for a class without files. It reads from the disk, the more the more tracks there are.
    #[must_use]
    pub fn music(&self, class: &str) -> Music {
        self.gather(class, Music::add_playable)
    }

    /// The tracks of a class by their names, whether they can be played or not. There is always one.
    #[must_use]
    pub fn listed_music(&self, class: &str) -> Music {
        self.gather(class, Music::add)
    }

    fn gather(&self, class: &str, add: impl Fn(&mut Music, Sound)) -> Music {
        let mut music = Music { tracks: Vec::new(), problems: Vec::new() };
        let folder = self.data_dir.join("moh").join(class);
        if is_word(class) {
            music.add_files(&folder, &add);
        }
        if music.tracks.is_empty() && class != DEFAULT_CLASS {
            music.problems.push(MusicProblem::Empty { folder: folder.display().to_string() });
            music.add_files(&self.data_dir.join("moh").join(DEFAULT_CLASS), &add);
        }
        if music.tracks.is_empty() {
            music.tracks.extend(embedded::MUSIC.iter().map(|(name, bytes)| Sound::Embedded { name, bytes }));
        }
        music
    }

    /// The classes that have a folder, and [`DEFAULT_CLASS`]; sorted.
    #[must_use]
    pub fn music_classes(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.data_dir.join("moh")).into_iter().flatten().flatten();
        let folders =
            entries.filter(|entry| entry.path().is_dir()).filter_map(|entry| entry.file_name().into_string().ok());
        let mut classes: Vec<String> = folders.filter(|name| is_word(name)).collect();
        classes.push(DEFAULT_CLASS.to_owned());
        classes.sort();
        classes.dedup();
        classes
    }
}

impl Music {
    /// In their order.
    #[must_use]
    pub fn tracks(&self) -> &[Sound] {
        &self.tracks
    }

    /// The tracks one after the other without an end, beginning with any of them: `random` says with which.
    pub fn in_turn(&self, random: u64) -> impl Iterator<Item = &Sound> {
        let count = u64::try_from(self.tracks.len()).unwrap_or(u64::MAX).max(1);
        self.tracks.iter().cycle().skip(usize::try_from(random % count).unwrap_or_default())
    }

    fn add_files(&mut self, folder: &Path, add: impl Fn(&mut Self, Sound)) {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let is_hidden = |path: &Path| path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        let paths = entries.map(|entry| entry.path()).filter(|path| path.is_file() && !is_hidden(path));
        let mut paths: Vec<_> = paths.take(MOST_TRACKS + 1).collect();
        if paths.len() > MOST_TRACKS {
            self.problems.push(MusicProblem::TooMany { folder: folder.display().to_string() });
            paths.truncate(MOST_TRACKS);
        }
        paths.sort();
        paths.into_iter().map(Sound::File).for_each(|sound| add(self, sound));
    }

    fn add(&mut self, sound: Sound) {
        self.tracks.push(sound);
    }

    fn add_playable(&mut self, sound: Sound) {
        match sound.open(8000) {
            Ok(_) => self.add(sound),
            Err(error) => self.problems.push(error.into()),
        }
    }
}
