//! `music_on_hold:`, what those hear who are put on hold.

use crate::problem::Position;
use crate::reader::{Field, Reader};

/// The section `music_on_hold:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MusicOnHold {
    /// Whether there is music; without it, who is held hears what the holder's phone sends. Default true.
    pub enabled: bool,
    /// The class that is heard. Default `default`.
    pub class: MusicClass,
}

/// The name of a class of music, which is a directory of tracks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MusicClass {
    /// 1 to 32 letters, digits, `-` and `_`.
    pub name: String,
    /// Where it is written; `None` where it is not.
    pub position: Option<Position>,
}

/// The class that is there without a directory.
pub const DEFAULT_MUSIC_CLASS: &str = "default";
const LONGEST_NAME: usize = 32;

impl Default for MusicOnHold {
    fn default() -> Self {
        Self { enabled: true, class: MusicClass { name: DEFAULT_MUSIC_CLASS.to_owned(), position: None } }
    }
}

/// Reads the section; what is wrong keeps its default.
pub(crate) fn read(section: &Field<'_>, reader: &mut Reader<'_>) -> MusicOnHold {
    let mut music = MusicOnHold::default();
    let Some(mut fields) = section.fields(reader) else { return music };
    if let Some(enabled) = fields.take("enabled").and_then(|field| field.boolean(reader)) {
        music.enabled = enabled;
    }
    if let Some(class) = fields.take("class").and_then(|field| read_class(&field, reader)) {
        music.class = class;
    }
    fields.finish(reader);
    music
}

/// The name of a class, which cannot lead out of the directory of all classes.
pub(crate) fn read_class(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<MusicClass> {
    let text = field.line(reader)?;
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if !(1..=LONGEST_NAME).contains(&text.value.len()) || !text.value.bytes().all(is_allowed) {
        let message = format!("{} is not 1 to {LONGEST_NAME} letters, digits, `-` and `_`", text.shown);
        field.problem(reader, message);
        return None;
    }
    Some(MusicClass { name: text.value, position: Some(field.position()) })
}
