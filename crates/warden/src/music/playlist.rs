//! The tracks of a class, one after the other, without end.

use std::collections::BTreeSet;

use tracing::warn;
use warden_call::music::Class;
use warden_media::station::SAMPLE_RATE_HZ;
use warden_server::music::Music;
use warden_sound::{Library, Music as Tracks, Sound, Track};

/// The most problems that are remembered, so that each is in the log once.
const MOST_TOLD: usize = 1000;

pub(super) struct Playlist {
    library: Library,
    class: Class,
    /// Which track is the first.
    lot: u32,
    playing: Option<Track>,
    /// What was begun last; `None` before the first one.
    last: Option<Sound>,
    told: BTreeSet<String>,
}

impl Playlist {
    pub(super) fn new(library: Library, class: Class, lot: u32) -> Self {
        Self { library, class, lot, playing: None, last: None, told: BTreeSet::new() }
    }

    /// Opens the next track. The directory is read anew, so tracks may come and go.
    fn begin_next(&mut self) {
        let listed = self.library.listed_music(self.class.name());
        if !self.begin_one_of(&listed) {
            // Nothing in it can be played: what stands in for it is.
            self.begin_one_of(&self.library.music(self.class.name()));
        }
    }

    /// Whether one could be opened.
    fn begin_one_of(&mut self, music: &Tracks) -> bool {
        for problem in &music.problems {
            self.tell(&problem.to_string());
        }
        let tracks = music.tracks();
        let count = tracks.len().max(1);
        let first = match &self.last {
            Some(last) => tracks.iter().position(|track| track == last).map_or(0, |place| place + 1),
            None => usize::try_from(self.lot).unwrap_or(0) % count,
        };
        for track in tracks.iter().cycle().skip(first % count).take(count) {
            match track.open(SAMPLE_RATE_HZ) {
                Ok(opened) => {
                    (self.playing, self.last) = (Some(opened), Some(track.clone()));
                    return true;
                }
                Err(error) => self.tell(&error.to_string()),
            }
        }
        false
    }

    fn tell(&mut self, problem: &str) {
        if self.told.len() < MOST_TOLD && self.told.insert(problem.to_owned()) {
            warn!(class = %self.class, problem, "music on hold");
        }
    }
}

impl Music for Playlist {
    /// Tracks without sound are passed over, but not without end.
    fn read(&mut self, samples: &mut [i16]) -> usize {
        let (mut filled, mut barren) = (0, 0);
        while let Some(room) = samples.get_mut(filled..).filter(|room| !room.is_empty() && barren <= 2) {
            if self.playing.is_none() {
                self.begin_next();
            }
            let Some(track) = &mut self.playing else { break };
            match track.read(room) {
                Ok(0) => (self.playing, barren) = (None, barren + 1),
                Ok(count) => (filled, barren) = (filled + count, 0),
                Err(error) => {
                    self.playing = None;
                    self.tell(&error.to_string());
                    barren += 1;
                }
            }
        }
        filled
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// A file of so many samples with this value, at the rate of stations.
    fn write(path: &Path, value: i16, count: usize) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let bytes: Vec<u8> = std::iter::repeat_n(value.to_le_bytes(), count).flatten().collect();
        fs::write(path, bytes).unwrap();
    }

    fn playlist(place: &Path, class: &str, lot: u32) -> Playlist {
        Playlist::new(Library::new(place), Class::new(class), lot)
    }

    /// The values that are heard, each once in a row.
    fn heard(playlist: &mut Playlist, count: usize) -> Vec<i16> {
        let mut samples = vec![0; count];
        assert_eq!(playlist.read(&mut samples), count);
        samples.dedup();
        samples
    }

    #[test]
    fn tracks_follow_one_another_from_one_drawn_by_lot_and_begin_again() {
        let place = tempfile::tempdir().unwrap();
        for (name, value) in [("a", 1), ("b", 2), ("c", 3)] {
            write(&place.path().join("moh/sales").join(name).with_extension("sln16"), value, 100);
        }
        assert_eq!(heard(&mut playlist(place.path(), "sales", 0), 600), [1, 2, 3, 1, 2, 3]);
        assert_eq!(heard(&mut playlist(place.path(), "sales", 7), 500), [2, 3, 1, 2, 3]);
    }

    #[test]
    fn tracks_may_come_and_go_and_what_cannot_be_played_is_left_out() {
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join("moh/sales").join(name);
        write(&path("a.sln16"), 1, 100);
        write(&path("c.sln16"), 3, 100);
        fs::write(path("b.wav"), "this is no sound").unwrap();
        let mut playlist = playlist(place.path(), "sales", 0);
        assert_eq!(heard(&mut playlist, 150), [1, 3]);
        write(&path("d.sln16"), 4, 100);
        fs::remove_file(path("a.sln16")).unwrap();
        assert_eq!(heard(&mut playlist, 350), [3, 4, 3, 4]);
    }

    #[test]
    fn a_class_without_tracks_sounds_as_the_default_one() {
        let place = tempfile::tempdir().unwrap();
        write(&place.path().join("moh/default/a.sln16"), 5, 100);
        assert_eq!(heard(&mut playlist(place.path(), "sales", 0), 300), [5]);
    }

    #[test]
    fn without_any_file_the_music_that_comes_with_warden_is_heard() {
        let place = tempfile::tempdir().unwrap();
        for lot in 0..5 {
            let mut samples = vec![0; 16_000 * 20];
            assert_eq!(playlist(place.path(), "default", lot).read(&mut samples), samples.len());
            let loudest = samples.iter().map(|sample| sample.unsigned_abs()).max();
            assert!(loudest > Some(1000), "{loudest:?}");
        }
    }
}
