//! Which classes and tracks there are, for who reads `warden check` or the log.

use std::collections::BTreeSet;

use warden_config::{Config, DEFAULT_MUSIC_CLASS, MusicClass, Problem};
use warden_sound::{Library, Sound};

use crate::data_dir;

/// A note for each class that is named in the file and has no directory.
pub(crate) fn missing(config: &Config, file: &str) -> Vec<Problem> {
    let moh = data_dir::music(&config.server.data_dir);
    let own = (1..).zip(&config.extensions).filter_map(|(number, extension)| {
        Some((format!("extensions[{number}].music_on_hold"), extension.music_on_hold.as_ref()?))
    });
    let named = std::iter::once(("music_on_hold.class".to_owned(), &config.music_on_hold.class)).chain(own);
    let note = |(path, MusicClass { name, position }): (String, &MusicClass)| {
        let directory = moh.join(name);
        let is_missing = config.music_on_hold.enabled && name != DEFAULT_MUSIC_CLASS && !directory.is_dir();
        let message = format!("there is no directory {}: the default music is heard", directory.display());
        Some(Problem { file: file.into(), position: (*position).filter(|_| is_missing)?, path, message })
    };
    named.filter_map(note).collect()
}

/// A line for each class that is named, with how many tracks it has, and one for each file that is left out.
pub(crate) fn told(config: &Config) -> Vec<String> {
    let library = Library::new(&config.server.data_dir);
    let own = config.extensions.iter().filter_map(|extension| extension.music_on_hold.as_ref());
    let all = own.chain([&config.music_on_hold.class]).map(|class| class.name.as_str());
    let names: BTreeSet<&str> = all.filter(|_| config.music_on_hold.enabled).collect();
    names.into_iter().flat_map(|name| told_of(&library, name)).collect()
}

fn told_of(library: &Library, name: &str) -> Vec<String> {
    let music = library.music(name);
    let is_file = |sound: &Sound| matches!(sound, Sound::File(_));
    let kind = if music.tracks().iter().any(is_file) { "" } else { " that come with Warden" };
    let count = music.tracks().len();
    let tracks = if count == 1 { "track" } else { "tracks" };
    let summary = format!("music on hold, class {name}: {count} {tracks}{kind}");
    std::iter::once(summary).chain(music.problems.iter().map(|problem| format!("note: {problem}"))).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

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
        for class in ["jazz", "sales"] {
            fs::create_dir_all(place.path().join("moh").join(class)).unwrap();
        }
        assert!(notes().is_empty());
    }

    #[test]
    fn each_class_that_is_named_is_told_with_its_tracks() {
        let place = tempfile::tempdir().unwrap();
        let sales = place.path().join("moh/sales");
        fs::create_dir_all(&sales).unwrap();
        fs::write(sales.join("a.sln16"), [0; 3200]).unwrap();
        fs::write(sales.join("b.wav"), "this is no sound").unwrap();
        let text = format!(
            "server: {{data_dir: '{}'}}\nextensions:\n\
             \x20 - {{number: '1001', name: Ann, password: blue-kettle, music_on_hold: sales}}\n",
            place.path().display()
        );
        let told = told(&Config::read("config.yml", &text, &|_| None).unwrap().config);
        assert_eq!(told.len(), 3, "{told:?}");
        assert_eq!(told[0], "music on hold, class default: 5 tracks that come with Warden");
        assert_eq!(told[1], "music on hold, class sales: 1 track");
        assert!(told[2].starts_with("note: ") && told[2].contains("b.wav"), "{told:?}");
    }
}
