//! What is watched: one package of one extension, its state, and who watches it.

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use super::body::Draft;
use super::dialog::Calls;
use super::lines::Lines;
use super::message_summary::MessageCounts;
use super::package::Package;
use super::presence::Presence;
use super::publish::Publications;
use super::reg::Contacts;
use crate::bridge::{Bridge, Progress};
use crate::directory::{Directory, Extension};
use crate::registrar::Registrar;

/// So many bodies are remembered; there are seldom more than two names of ours, each with one for the extension's own
/// phones and one for others.
const MAX_DRAFTS: usize = 8;

/// Where states are read from.
#[derive(Clone, Copy)]
pub(super) struct Sources<'a> {
    pub(super) directory: &'a Directory,
    pub(super) registrar: &'a Registrar,
    pub(super) bridge: &'a Bridge,
    pub(super) lines: &'a Lines,
    pub(super) mailboxes: &'a HashMap<Extension, MessageCounts>,
    pub(super) publications: &'a Publications,
}

/// What there is to tell.
#[derive(Debug)]
enum State {
    Dialog(Calls),
    Presence(Presence),
    MessageSummary(MessageCounts),
    Reg(Contacts),
}

impl State {
    fn read(package: Package, extension: &Extension, before: Option<&Self>, sources: Sources<'_>) -> Self {
        let Sources { directory, registrar, bridge, lines, mailboxes, publications } = sources;
        match package {
            Package::Dialog => {
                let before = match before {
                    Some(Self::Dialog(before)) => Some(before),
                    Some(Self::Presence(_) | Self::MessageSummary(_) | Self::Reg(_)) | None => None,
                };
                Self::Dialog(Calls::after(before, lines.dialogs(extension, bridge, directory), extension, directory))
            }
            Package::Presence => {
                let dialogs = lines.dialogs(extension, bridge, directory);
                Self::Presence(Presence {
                    is_registered: registrar.bindings_of(extension).next().is_some(),
                    is_on_the_phone: dialogs.iter().any(|dialog| dialog.progress == Progress::Confirmed),
                    published: publications.of(extension).cloned(),
                })
            }
            Package::MessageSummary => Self::MessageSummary(mailboxes.get(extension).copied().unwrap_or_default()),
            Package::Reg => Self::Reg(Contacts::of(extension, registrar)),
        }
    }

    /// Whether watchers are told nothing new.
    fn is_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Dialog(one), Self::Dialog(other)) => one.is_as(other),
            (Self::Presence(one), Self::Presence(other)) => one == other,
            (Self::MessageSummary(one), Self::MessageSummary(other)) => one == other,
            (Self::Reg(one), Self::Reg(other)) => one == other,
            (Self::Dialog(_) | Self::Presence(_) | Self::MessageSummary(_) | Self::Reg(_), _) => false,
        }
    }

    fn draft(&self, extension: &Extension, host: &str, is_own: bool, now: Instant) -> Draft {
        match self {
            Self::Dialog(calls) => calls.draft(extension, host, is_own),
            Self::Presence(presence) => presence.draft(extension, host),
            Self::MessageSummary(counts) => counts.draft(extension, host),
            Self::Reg(contacts) => contacts.draft(extension, host, now),
        }
    }
}

/// One package of one extension.
#[derive(Debug)]
pub(super) struct Resource {
    extension: Extension,
    state: State,
    /// The subscriptions to it, by our tags.
    pub(super) watchers: BTreeSet<u64>,
    /// What is told, by the name under which the watchers know us, and by whether they are phones of this extension.
    drafts: Vec<(Box<str>, bool, Draft)>,
}

impl Resource {
    pub(super) fn new(package: Package, extension: &Extension, sources: Sources<'_>) -> Self {
        let state = State::read(package, extension, None, sources);
        Self { extension: extension.clone(), state, watchers: BTreeSet::new(), drafts: Vec::new() }
    }

    /// Reads the state again; whether there is something new to tell.
    pub(super) fn refresh(&mut self, package: Package, sources: Sources<'_>) -> bool {
        let state = State::read(package, &self.extension, Some(&self.state), sources);
        if state.is_as(&self.state) {
            return false;
        }
        self.state = state;
        self.drafts.clear();
        true
    }

    /// The body for a phone of `watcher` that knows us as `host`, but for its version.
    pub(super) fn draft(&mut self, host: &str, watcher: &Extension, now: Instant) -> Draft {
        let is_own = *watcher == self.extension;
        // What is left of a registration changes with each second.
        if matches!(self.state, State::Reg(_)) {
            return self.state.draft(&self.extension, host, is_own, now);
        }
        let is_for = |(known, own, _): &&(Box<str>, bool, Draft)| **known == *host && *own == is_own;
        if let Some((.., draft)) = self.drafts.iter().find(is_for) {
            return draft.clone();
        }
        let draft = self.state.draft(&self.extension, host, is_own, now);
        if self.drafts.len() >= MAX_DRAFTS {
            self.drafts.clear();
        }
        self.drafts.push((host.into(), is_own, draft.clone()));
        draft
    }
}
