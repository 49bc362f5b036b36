//! Which calls the watched extensions take part in: a fold over the events of calls.

use std::collections::{BTreeSet, HashMap};

use crate::bridge::{Bridge, WatchedDialog};
use crate::call_event::{CallEvent, CallId, Destination};
use crate::directory::{Directory, Extension};

/// Nothing is kept of extensions that nobody watches.
#[derive(Debug, Default)]
pub(super) struct Lines {
    calls_of: HashMap<Extension, BTreeSet<CallId>>,
    by_call: HashMap<CallId, BTreeSet<Extension>>,
}

impl Lines {
    /// Somebody watches this extension from now on.
    pub(super) fn watch(&mut self, extension: &Extension, bridge: &Bridge) {
        if self.calls_of.contains_key(extension) {
            return;
        }
        self.calls_of.insert(extension.clone(), BTreeSet::new());
        for call in bridge.calls_of(extension) {
            self.enter(call, extension);
        }
    }

    /// Nobody watches it any more.
    pub(super) fn forget(&mut self, extension: &Extension) {
        for call in self.calls_of.remove(extension).unwrap_or_default() {
            if let Some(others) = self.by_call.get_mut(&call) {
                others.remove(extension);
                if others.is_empty() {
                    self.by_call.remove(&call);
                }
            }
        }
    }

    /// Something has happened to a call: the watched extensions that it may matter to.
    pub(super) fn note(&mut self, call: CallId, event: &CallEvent) -> BTreeSet<Extension> {
        let named = match event {
            CallEvent::Started(started) => Some(&started.caller),
            CallEvent::Routed { destination: Destination::Extension(extension), .. }
            | CallEvent::Ringing { extension }
            | CallEvent::Declined { extension, .. }
            | CallEvent::CalledBack { extension } => Some(extension),
            CallEvent::Answered(answered) => Some(&answered.extension),
            CallEvent::Joined(joined) => Some(&joined.party.extension),
            CallEvent::Routed { .. }
            | CallEvent::Held { .. }
            | CallEvent::Resumed { .. }
            | CallEvent::Transfer(_)
            | CallEvent::TransferOver { .. }
            | CallEvent::Left { .. }
            | CallEvent::Ended(_) => None,
            CallEvent::Silent { .. }
            | CallEvent::WrongKey { .. }
            | CallEvent::AudioBack { .. }
            | CallEvent::Recording(_)
            | CallEvent::Measured(_) => return BTreeSet::new(),
        };
        if let Some(extension) = named {
            self.enter(call, extension);
        }
        if !matches!(event, CallEvent::Ended(_)) {
            return self.by_call.get(&call).cloned().unwrap_or_default();
        }
        let concerned = self.by_call.remove(&call).unwrap_or_default();
        for extension in &concerned {
            if let Some(calls) = self.calls_of.get_mut(extension) {
                calls.remove(&call);
            }
        }
        concerned
    }

    /// The dialogs that phones of a watched extension have with us, the oldest calls' as the calls are numbered.
    pub(super) fn dialogs(&self, extension: &Extension, bridge: &Bridge, directory: &Directory) -> Vec<WatchedDialog> {
        let mut found = Vec::new();
        for call in self.calls_of.get(extension).into_iter().flatten() {
            bridge.add_dialogs(*call, extension, directory, &mut found);
        }
        found
    }

    /// How many calls are known.
    pub(super) fn len(&self) -> usize {
        self.by_call.len()
    }

    fn enter(&mut self, call: CallId, extension: &Extension) {
        if let Some(calls) = self.calls_of.get_mut(extension) {
            calls.insert(call);
            self.by_call.entry(call).or_default().insert(extension.clone());
        }
    }
}
