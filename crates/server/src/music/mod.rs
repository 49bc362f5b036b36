//! Music on hold: one thread that has files decoded, for every media thread that plays them.
//!
//! A class is decoded once, however many hear it and on however many threads: chunks of a second are shared. What a class
//! is made of is somebody else's ([`MusicSource`]).

mod studio;

use std::fmt;
use std::sync::Arc;

use warden_media::station::{Class, SAMPLE_RATE_HZ};

pub(crate) use studio::{Request, Requests, Studio};

/// Some sound of a class: a second of it, at the rate of stations.
pub(crate) type Chunk = Arc<[i16]>;

/// The samples of a [`Chunk`].
pub(crate) const CHUNK: usize = SAMPLE_RATE_HZ as usize;

/// What there is to play.
pub trait MusicSource: Send + fmt::Debug {
    /// The music of a class from its beginning. It is asked when somebody begins to listen and nobody did before, and may
    /// read files.
    fn begin(&mut self, class: &Class) -> Box<dyn Music>;
}

/// Music that is being played.
pub trait Music: Send {
    /// Fills the room with what comes next, at [`SAMPLE_RATE_HZ`] and in one channel: how much of it. What is not filled is
    /// silence.
    fn read(&mut self, samples: &mut [i16]) -> usize;
}
