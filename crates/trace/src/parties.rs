//! Whose phones a call has to do with, so that the calls of one extension can be found.

use warden_call::call_event::{CallEvent, Destination};
use warden_call::directory::Extension;

use crate::recording::Item;

/// The extensions that called, were called, answered, joined, or asked for a transfer, each once, the caller first.
pub(crate) fn extensions(items: &[Item]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let events = items.iter().filter_map(|item| match item {
        Item::Message(_) => None,
        Item::Decision { event, .. } => extension(event),
    });
    for extension in events {
        if !all.iter().any(|known| known == extension.text()) {
            all.push(extension.text().to_owned());
        }
    }
    all
}

fn extension(event: &CallEvent) -> Option<&Extension> {
    match event {
        CallEvent::Started(started) => Some(&started.caller),
        CallEvent::Routed { destination, .. } => match destination {
            Destination::Extension(extension) => Some(extension),
            Destination::Rejected | Destination::NotBuilt | Destination::Unknown | Destination::EmergencyServices => {
                None
            }
        },
        CallEvent::Ringing { extension }
        | CallEvent::Declined { extension, .. }
        | CallEvent::CalledBack { extension } => Some(extension),
        CallEvent::Answered(answered) => Some(&answered.extension),
        CallEvent::Transfer(transfer) => Some(&transfer.referrer),
        CallEvent::Joined(joined) => Some(&joined.party.extension),
        CallEvent::Held { .. }
        | CallEvent::Resumed { .. }
        | CallEvent::Silent { .. }
        | CallEvent::WrongKey { .. }
        | CallEvent::AudioBack { .. }
        | CallEvent::Recording(_)
        | CallEvent::Left { .. }
        | CallEvent::TransferOver { .. }
        | CallEvent::Ended(_)
        | CallEvent::Measured(_) => None,
    }
}
