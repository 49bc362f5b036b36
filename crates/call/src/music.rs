//! Which music is heard by those who are put on hold.

use std::collections::HashMap;

pub use warden_media::station::Class;

use crate::directory::Extension;

/// The classes of music on hold, by who puts somebody on hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MusicOnHold {
    /// What partners of everybody hear; `None`: who is put on hold hears what its holder sends.
    pub usual: Option<Class>,
    /// What partners of these hear instead. Without a usual one nobody hears music.
    pub own: HashMap<Extension, Class>,
}

impl MusicOnHold {
    /// What those hear whom this extension puts on hold.
    #[must_use]
    pub fn of(&self, holder: &Extension) -> Option<&Class> {
        let usual = self.usual.as_ref()?;
        Some(self.own.get(holder).unwrap_or(usual))
    }
}
