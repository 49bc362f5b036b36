//! The mirror of what becomes of a recording.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use warden_call::call_event::RecordingEvent;

/// Mirrors [`RecordingEvent`].
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StoredRecording<'a> {
    Begun {
        #[serde(borrow)]
        file: Cow<'a, str>,
    },
    Paused,
    Resumed,
    Stopped,
    Failed {
        #[serde(borrow)]
        reason: Cow<'a, str>,
    },
}

impl<'a> From<&'a RecordingEvent> for StoredRecording<'a> {
    fn from(event: &'a RecordingEvent) -> Self {
        match event {
            RecordingEvent::Begun { file } => Self::Begun { file: file.into() },
            RecordingEvent::Paused => Self::Paused,
            RecordingEvent::Resumed => Self::Resumed,
            RecordingEvent::Stopped => Self::Stopped,
            RecordingEvent::Failed { reason } => Self::Failed { reason: reason.into() },
        }
    }
}

impl From<StoredRecording<'_>> for RecordingEvent {
    fn from(stored: StoredRecording<'_>) -> Self {
        match stored {
            StoredRecording::Begun { file } => Self::Begun { file: file.into_owned() },
            StoredRecording::Paused => Self::Paused,
            StoredRecording::Resumed => Self::Resumed,
            StoredRecording::Stopped => Self::Stopped,
            StoredRecording::Failed { reason } => Self::Failed { reason: reason.into_owned() },
        }
    }
}
