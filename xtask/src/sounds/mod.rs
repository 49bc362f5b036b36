//! The sounds that are shipped: made by us, from what is written here and in `sounds/`.
//!
//! Nothing of this runs in the tests. Who changes a piece or a sentence makes the sounds again and commits them.

mod music;
mod opus;
mod prompts;

use std::path::Path;

/// Makes the music on hold again.
pub(crate) fn make_music(root: &Path) -> anyhow::Result<()> {
    music::make(&root.join("sounds/moh/default"))
}

/// Makes the spoken prompts again.
pub(crate) fn make_prompts(root: &Path) -> anyhow::Result<()> {
    prompts::make(&root.join("sounds/prompts"))
}
