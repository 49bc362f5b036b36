//! Music on hold: the tracks of a class one after the other, as the library of sounds has them.

mod classes;
mod playlist;

use std::path::Path;

use tracing::warn;
use warden_call::music::Class;
use warden_server::music::{Music, MusicSource};
use warden_sound::Library;

pub(crate) use classes::{missing, told};
use playlist::Playlist;

/// Plays the classes of a data directory, each from a track drawn by lot.
#[derive(Debug)]
pub(crate) struct Files(Library);

impl Files {
    pub(crate) fn new(data_dir: &Path) -> Self {
        Self(Library::new(data_dir))
    }
}

impl MusicSource for Files {
    fn begin(&mut self, class: &Class) -> Box<dyn Music> {
        let mut lot = [0; 4];
        if let Err(error) = getrandom::fill(&mut lot) {
            warn!(%error, "music begins with the first track");
        }
        Box::new(Playlist::new(self.0.clone(), class.clone(), u32::from_le_bytes(lot)))
    }
}
