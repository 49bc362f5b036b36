//! What happens to calls and phones, as far as somebody watches.

use warden_sip::endpoint::Flow;

use super::one::{Ending, Subscription};
use super::{MessageCounts, Package, Scene, Subscriptions, sources};
use crate::directory::{Directory, Extension};
use crate::output::Event;

impl Subscriptions {
    /// Something was told to everybody: what may have changed is looked at in [`Subscriptions::settle`].
    pub(crate) fn observe(&mut self, event: &Event) {
        match event {
            Event::Call { call, event } => {
                for extension in self.lines.note(*call, event) {
                    self.note(Package::Dialog, &extension);
                    self.note(Package::Presence, &extension);
                }
            }
            Event::Registered { extension, refreshed, .. } => {
                if !refreshed && self.mailboxes.contains_key(extension) {
                    self.waiting.insert(extension.clone());
                }
                self.note(Package::Presence, extension);
                self.note(Package::Reg, extension);
                if self.crowd.of(extension).len() > 0 {
                    self.back.insert(extension.clone());
                }
            }
            Event::Unregistered { extension, .. } => {
                self.note(Package::Presence, extension);
                self.note(Package::Reg, extension);
            }
            Event::Unrecorded { .. }
            | Event::SignInFailed { .. }
            | Event::Banned { .. }
            | Event::Account { .. }
            | Event::ExternalAddress { .. }
            | Event::Forbidden { .. }
            | Event::Scanner { .. }
            | Event::Digit { .. }
            | Event::MessageLost { .. } => {}
        }
    }

    /// The end of a turn: whoever watches what has changed is told.
    pub(crate) fn settle(&mut self, scene: &mut Scene<'_>) {
        for extension in std::mem::take(&mut self.back) {
            self.follow(&extension, scene);
        }
        for extension in std::mem::take(&mut self.waiting) {
            if let Some(counts) = self.mailboxes.get(&extension).copied() {
                self.tell_mailbox(&extension, counts, scene);
            }
        }
        for key in std::mem::take(&mut self.changed) {
            let Self { resources, lines, mailboxes, publications, .. } = self;
            let Some(resource) = resources.get_mut(&key) else { continue };
            if !resource.refresh(key.0, sources(scene, lines, mailboxes, publications)) {
                continue;
            }
            for tag in resource.watchers.clone() {
                self.mark(tag, &key.1);
                self.want(tag);
            }
        }
        self.work_off(scene);
    }

    /// A mailbox has changed.
    pub(crate) fn set_mailbox(&mut self, extension: &Extension, counts: MessageCounts) {
        if self.mailboxes.insert(extension.clone(), counts) != Some(counts) {
            self.note(Package::MessageSummary, extension);
            self.waiting.insert(extension.clone());
        }
    }

    /// A connection has ended: its phones are told when they are back.
    ///
    /// Costs a walk over all subscriptions; connections end seldom.
    pub(crate) fn disconnect(&mut self, flow: &Flow) {
        for subscription in self.all.values_mut().filter(|subscription| subscription.flow == *flow) {
            subscription.flow.connection = None;
        }
    }

    /// The configuration has changed: people are gone, have other names, or are on other lists.
    pub(crate) fn replace_directory(&mut self, directory: &Directory) {
        let is_there = |extension: &Extension| directory.people.contains_key(extension);
        let mut ended: Vec<_> = self.all.iter().filter_map(|(tag, it)| Some((*tag, ending(it, directory)?))).collect();
        ended.sort_unstable_by_key(|(tag, _)| *tag);
        for (tag, ending) in ended {
            self.end_in_turn(tag, ending);
        }
        self.mailboxes.retain(|extension, _| is_there(extension));
        self.retain_publications(is_there);
        self.changed.extend(self.resources.keys().cloned());
    }

    pub(super) fn note(&mut self, package: Package, extension: &Extension) {
        let key = (package, extension.clone());
        if self.resources.contains_key(&key) {
            self.changed.insert(key);
        }
    }

    fn mark(&mut self, tag: u64, extension: &Extension) {
        let Some(subscription) = self.all.get_mut(&tag) else { return };
        for member in subscription.members.iter_mut().filter(|member| member.extension == *extension) {
            member.is_new = true;
        }
    }

    /// A phone has registered: what it has subscribed to takes the same way to it.
    fn follow(&mut self, extension: &Extension, scene: &Scene<'_>) {
        let tags: Vec<_> = self.crowd.of(extension).collect();
        for tag in tags {
            let Some(subscription) = self.all.get_mut(&tag) else { continue };
            let mut own = scene.registrar.bindings_of(extension).filter(|binding| subscription.is_at(&binding.contact));
            let Some(flow) = own.next_back().map(|binding| binding.flow) else { continue };
            let was_cut_off = subscription.is_cut_off();
            subscription.flow = flow;
            if was_cut_off {
                self.go_on(tag);
            }
        }
    }
}

/// Why a subscription cannot go on with this directory; `None` when it can.
fn ending(subscription: &Subscription, directory: &Directory) -> Option<Ending> {
    let is_there = |extension: &Extension| directory.people.contains_key(extension);
    let members = || subscription.members.iter().map(|member| &member.extension);
    if !is_there(&subscription.watcher) {
        return Some(Ending::Rejected);
    }
    let Some(list) = &subscription.list else {
        return (!members().all(is_there)).then_some(Ending::NoResource);
    };
    let Some(now) = directory.lists.get(list) else { return Some(Ending::NoResource) };
    (!now.members.iter().eq(members())).then_some(Ending::Deactivated)
}
