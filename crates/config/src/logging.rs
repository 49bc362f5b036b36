//! `logging:`, how much is written down, and where.

use std::path::PathBuf;

use crate::reader::{Field, Reader};

/// The section `logging:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logging {
    /// Default [`Level::Info`].
    pub level: Level,
    /// The log file, besides standard error. Default: none.
    pub file: Option<PathBuf>,
    /// The size in bytes at which the file is put aside. Default 10485760, 10 MB.
    pub max_size: u64,
    /// How many put-aside files are kept. Default 5.
    pub backup_count: u32,
}

/// The least important message that is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Each packet.
    Trace,
    /// Each message.
    Debug,
    /// Registrations, reloads, a few lines for each call.
    #[default]
    Info,
    /// What recovers by itself.
    Warning,
    /// What somebody must act on.
    Error,
    /// Written by Warden as an error.
    Critical,
}

impl Level {
    const NAMES: [(&'static str, Self); 6] = [
        ("DEBUG", Self::Debug),
        ("INFO", Self::Info),
        ("WARNING", Self::Warning),
        ("ERROR", Self::Error),
        ("CRITICAL", Self::Critical),
        ("TRACE", Self::Trace),
    ];
}

impl Logging {
    /// Whether the file is the same and put aside in the same way, whatever the level.
    #[must_use]
    pub fn has_same_file(&self, other: &Self) -> bool {
        let Self { level: _, file, max_size, backup_count } = self;
        (file, *max_size, *backup_count) == (&other.file, other.max_size, other.backup_count)
    }
}

impl Default for Logging {
    fn default() -> Self {
        Self { level: Level::Info, file: None, max_size: 10_485_760, backup_count: 5 }
    }
}

const SMALLEST_BYTES: u64 = 1024;
const LARGEST_BYTES: u64 = 1 << 40;
const MOST_BACKUPS: u64 = 1000;

/// Reads the section; what is wrong keeps its default.
pub(crate) fn read(section: &Field<'_>, reader: &mut Reader<'_>) -> Logging {
    let mut logging = Logging::default();
    let Some(mut fields) = section.fields(reader) else { return logging };
    if let Some(level) = fields.take("level").and_then(|field| field.choice(&Level::NAMES, reader)) {
        logging.level = level;
    }
    if let Some(file) = fields.take("file").and_then(|field| field.line(reader)) {
        logging.file = Some(PathBuf::from(file.value));
    }
    if let Some(bytes) = fields.take("max_size").and_then(|field| field.whole(SMALLEST_BYTES..=LARGEST_BYTES, reader)) {
        logging.max_size = bytes;
    }
    let count = fields.take("backup_count").and_then(|field| field.whole(0..=MOST_BACKUPS, reader));
    if let Some(count) = count.and_then(|count| u32::try_from(count).ok()) {
        logging.backup_count = count;
    }
    fields.later(&["format", "output"], reader);
    fields.finish(reader);
    logging
}
