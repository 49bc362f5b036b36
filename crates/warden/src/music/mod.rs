//! Music on hold from files: each class is a directory below `moh` of the data directory.

mod classes;
mod playlist;

use std::path::Path;

use tracing::warn;
use warden_call::music::Class;
use warden_server::music::{Music, MusicSource};

pub(crate) use classes::{Classes, missing};
use playlist::Playlist;

/// Plays the tracks of a class one after the other, from one drawn by lot.
#[derive(Debug)]
pub(crate) struct Files(Classes);

impl Files {
    /// Those of the data directory.
    pub(crate) fn new(data_dir: &Path) -> Self {
        Self(Classes::of(data_dir))
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
