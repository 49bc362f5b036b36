//! Which classes and tracks there are.

use std::fs;
use std::path::{Path, PathBuf};

use warden_config::{Config, DEFAULT_MUSIC_CLASS, MusicClass, Problem};
use warden_sound::Track;

use super::playlist::SAMPLE_RATE_HZ;
use crate::data_dir;

/// The most tracks of a class; more are left out.
const MOST_TRACKS: usize = 1000;

/// The directory of all classes.
#[derive(Clone, Debug)]
pub(crate) struct Classes(pub(super) PathBuf);

impl Classes {
    /// Those of the data directory.
    pub(crate) fn of(data_dir: &Path) -> Self {
        Self(data_dir::music(data_dir))
    }

    /// The files of a class in the order of their names. None when there is no such directory.
    pub(crate) fn tracks(&self, class: &str) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.0.join(class)) else { return Vec::new() };
        let is_hidden = |path: &Path| path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        let files = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file() && !is_hidden(path));
        let mut tracks: Vec<PathBuf> = files.take(MOST_TRACKS).collect();
        tracks.sort();
        tracks
    }

    /// How many tracks of a class can be played, and why the others cannot.
    pub(crate) fn playable(&self, class: &str) -> (usize, Vec<String>) {
        let opened = self.tracks(class).into_iter().map(|path| Track::open(&path, SAMPLE_RATE_HZ));
        let (good, bad): (Vec<_>, Vec<_>) = opened.partition(Result::is_ok);
        (good.len(), bad.into_iter().filter_map(|opened| opened.err().map(|error| error.to_string())).collect())
    }

    fn has(&self, class: &str) -> bool {
        self.0.join(class).is_dir()
    }
}

/// A note for each class that is named in the file and has no directory.
pub(crate) fn missing(config: &Config, file: &str) -> Vec<Problem> {
    if !config.music_on_hold.enabled {
        return Vec::new();
    }
    let classes = Classes::of(&config.server.data_dir);
    let own = (1..).zip(&config.extensions).filter_map(|(number, extension)| {
        Some((format!("extensions[{number}].music_on_hold"), extension.music_on_hold.as_ref()?))
    });
    let named = std::iter::once(("music_on_hold.class".to_owned(), &config.music_on_hold.class)).chain(own);
    let note = |(path, MusicClass { name, position }): (String, &MusicClass)| {
        let is_missing = name != DEFAULT_MUSIC_CLASS && !classes.has(name);
        let directory = classes.0.join(name);
        let message = format!("there is no directory {}: the default music is heard", directory.display());
        Some(Problem { file: file.into(), position: (*position).filter(|_| is_missing)?, path, message })
    };
    named.filter_map(note).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracks_are_the_files_of_a_class_by_name() {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir_all(place.path().join("sales/more")).unwrap();
        for name in ["b.wav", "a.wav", ".hidden"] {
            fs::write(place.path().join("sales").join(name), "nothing").unwrap();
        }
        let classes = Classes(place.path().to_owned());
        let names = |class| classes.tracks(class).iter().map(|path| path.file_name().unwrap().to_owned()).collect();
        let found: Vec<_> = names("sales");
        assert_eq!(found, ["a.wav", "b.wav"]);
        assert!(classes.tracks("other").is_empty());
        let (good, bad) = classes.playable("sales");
        assert_eq!((good, bad.len()), (0, 2), "{bad:?}");
        assert!(bad[0].contains("a.wav"), "{bad:?}");
    }

    #[test]
    fn a_class_without_a_directory_is_noted_where_it_is_named() {
        let place = tempfile::tempdir().unwrap();
        let data_dir = place.path().display();
        let text = format!(
            "server: {{data_dir: '{data_dir}'}}\nmusic_on_hold:\n  class: jazz\nextensions:\n\
             \x20 - {{number: '1001', name: Ann, password: blue-kettle, music_on_hold: default}}\n\
             \x20 - {{number: '1002', name: Bob, password: blue-kettle, music_on_hold: sales}}\n"
        );
        let config = Config::read("config.yml", &text, &|_| None).unwrap().config;
        let notes = || missing(&config, "config.yml").iter().map(ToString::to_string).collect::<Vec<_>>();
        let [class, own] = ["jazz", "sales"]
            .map(|name| format!("there is no directory {data_dir}/moh/{name}: the default music is heard"));
        assert_eq!(
            notes(),
            [
                format!("config.yml:3:10: music_on_hold.class: {class}"),
                format!("config.yml:6:71: extensions[2].music_on_hold: {own}")
            ]
        );
        fs::create_dir_all(place.path().join("moh/jazz")).unwrap();
        fs::create_dir_all(place.path().join("moh/sales")).unwrap();
        assert!(notes().is_empty());
    }
}
