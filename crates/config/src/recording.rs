//! `recording:`, which calls are written to sound files, and where.

use std::path::PathBuf;

use crate::reader::{Field, Reader};

/// The section `recording:`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// Whether every answered call is recorded. Default false.
    pub auto_record: bool,
    /// The directory for recordings; `None`: `recordings` in the data directory.
    pub storage_path: Option<PathBuf>,
    /// What files are written.
    pub format: RecordingFormat,
}

/// How sound is written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecordingFormat {
    /// WAV, every sample as it is.
    #[default]
    Wav,
}

/// Reads the section; what is wrong keeps its default.
pub(crate) fn read(section: &Field<'_>, reader: &mut Reader<'_>) -> Recording {
    let mut recording = Recording::default();
    let Some(mut fields) = section.fields(reader) else { return recording };
    if let Some(records) = fields.take("auto_record").and_then(|field| field.boolean(reader)) {
        recording.auto_record = records;
    }
    recording.storage_path =
        fields.take("storage_path").and_then(|field| field.line(reader)).map(|text| PathBuf::from(text.value));
    let choices = [("wav", RecordingFormat::Wav)];
    if let Some(format) = fields.take("format").and_then(|field| field.choice(&choices, reader)) {
        recording.format = format;
    }
    fields.finish(reader);
    recording
}
