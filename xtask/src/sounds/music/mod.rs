//! Five pieces for those who wait, composed for the telephone: between 300 and 3400 Hz there is all that matters, no tone
//! is held long or trembles, which a phone's codec would make harsh, and none is ever silent, which would seem the end.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    reason = "positions and samples of two minutes, in a tool that nobody else's bytes reach"
)]

mod band;
mod chord;
mod noise;
mod pieces;
mod room;
mod score;
mod tape;
mod voice;

use std::path::Path;

use anyhow::Context;

use super::opus::{self, Kind};

/// Writes every piece to a file of its name.
pub(super) fn make(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for piece in pieces::all() {
        let file = folder.join(format!("{}.opus", piece.name));
        opus::write(&band::play(&piece), Kind::Music, &file)?;
    }
    Ok(())
}
