//! The tracks of a class, one after the other, without end.

use std::collections::BTreeSet;
use std::path::PathBuf;

use tracing::warn;
use warden_call::music::Class;
use warden_config::DEFAULT_MUSIC_CLASS;
use warden_server::music::Music;
use warden_sound::Track;

use super::Classes;

/// The rate that tracks are wanted at.
pub(super) const SAMPLE_RATE_HZ: u32 = warden_media::station::SAMPLE_RATE_HZ;

/// The most files that are remembered as not playable, so that each is named in the log once.
const MOST_REFUSED: usize = 1000;

pub(super) struct Playlist {
    classes: Classes,
    class: Class,
    /// Which track is the first.
    lot: u32,
    playing: Option<Track>,
    /// The file that was begun last; `None` before the first one.
    last: Option<PathBuf>,
    refused: BTreeSet<PathBuf>,
}

impl Playlist {
    pub(super) fn new(classes: Classes, class: Class, lot: u32) -> Self {
        Self { classes, class, lot, playing: None, last: None, refused: BTreeSet::new() }
    }

    /// Opens the next track that can be played. The directory is read anew, so tracks may come and go.
    fn begin_next(&mut self) {
        let tracks = match self.classes.tracks(self.class.name()) {
            none if none.is_empty() => self.classes.tracks(DEFAULT_MUSIC_CLASS),
            tracks => tracks,
        };
        let count = tracks.len();
        let first = match &self.last {
            Some(last) => tracks.iter().position(|path| path > last).unwrap_or(0),
            None => usize::try_from(self.lot).unwrap_or(0) % count.max(1),
        };
        self.playing = tracks.into_iter().cycle().skip(first).take(count).find_map(|path| self.open(path));
    }

    fn open(&mut self, path: PathBuf) -> Option<Track> {
        match Track::open(&path, SAMPLE_RATE_HZ) {
            Ok(track) => {
                self.last = Some(path);
                Some(track)
            }
            Err(error) => {
                if self.refused.len() < MOST_REFUSED && self.refused.insert(path) {
                    warn!(class = %self.class, %error, "a track is left out");
                }
                None
            }
        }
    }
}

impl Music for Playlist {
    /// Tracks without sound are not asked for more than once in a piece.
    fn read(&mut self, samples: &mut [i16]) -> usize {
        let (mut filled, mut barren) = (0, 0);
        while let Some(room) = samples.get_mut(filled..).filter(|room| !room.is_empty()) {
            if self.playing.is_none() {
                self.begin_next();
            }
            let Some(track) = &mut self.playing else { break };
            let count = track.read(room).unwrap_or_else(|error| {
                warn!(class = %self.class, %error, "a track has broken off");
                0
            });
            filled += count;
            if count == 0 {
                (self.playing, barren) = (None, barren + 1);
            } else {
                barren = 0;
            }
            if barren > 2 {
                break;
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
        Playlist::new(Classes(place.to_owned()), Class::new(class), lot)
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
            write(&place.path().join("sales").join(name).with_extension("sln16"), value, 100);
        }
        assert_eq!(heard(&mut playlist(place.path(), "sales", 0), 600), [1, 2, 3, 1, 2, 3]);
        assert_eq!(heard(&mut playlist(place.path(), "sales", 7), 500), [2, 3, 1, 2, 3]);
    }

    #[test]
    fn tracks_may_come_and_go_and_what_cannot_be_played_is_left_out() {
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join("sales").join(name);
        write(&path("a.sln16"), 1, 100);
        write(&path("c.sln16"), 3, 100);
        fs::write(path("b.wav"), "this is no sound").unwrap();
        fs::write(path("empty.sln16"), "").unwrap();
        let mut playlist = playlist(place.path(), "sales", 0);
        assert_eq!(heard(&mut playlist, 150), [1, 3]);
        write(&path("d.sln16"), 4, 100);
        fs::remove_file(path("a.sln16")).unwrap();
        assert_eq!(heard(&mut playlist, 350), [3, 4, 3, 4]);
    }

    #[test]
    fn a_class_without_tracks_sounds_as_the_default_one() {
        let place = tempfile::tempdir().unwrap();
        write(&place.path().join("default/a.sln16"), 5, 100);
        assert_eq!(heard(&mut playlist(place.path(), "sales", 0), 300), [5]);
    }

    #[test]
    fn where_nothing_can_be_played_there_is_silence() {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir_all(place.path().join("default")).unwrap();
        fs::write(place.path().join("default/empty.sln16"), "").unwrap();
        assert_eq!(playlist(place.path(), "default", 0).read(&mut [0; 100]), 0);
    }
}
