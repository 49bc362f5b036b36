//! Registrar (RFC 3261 §10): which phones can be reached, where, and until when.

mod binding;
mod request;
#[cfg(test)]
mod tests;

pub use binding::Binding;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use warden_sip::endpoint::{Flow, Reply};
use warden_sip::header::HeaderName;
use warden_sip::message::Message;
use warden_sip::print::Print;
use warden_sip::status::Status;
use warden_sip::uri::OwnedUri;
use warden_sip::wheel::{TimerId, Wheel};

use self::request::{Change, Wish};
use crate::access::PerSource;
use crate::directory::{Directory, Extension, RegistrationLimits};
use crate::output::{BindingChange, Event, Output, Unregistered};

/// A binding with its timer.
struct Entry {
    binding: Binding,
    timer: TimerId,
}

/// All bindings of this node.
pub(crate) struct Registrar {
    /// In order of extension, and within one in order of registration.
    entries: BTreeMap<Extension, Vec<Entry>>,
    wheel: Wheel<(Extension, OwnedUri)>,
    /// How many phones are registered from each source.
    homes: PerSource,
}

impl Registrar {
    pub(crate) fn new(now: Instant) -> Self {
        Self { entries: BTreeMap::new(), wheel: Wheel::new(now), homes: PerSource::default() }
    }

    pub(crate) fn bindings(&self) -> impl Iterator<Item = &Binding> {
        self.entries.values().flatten().map(|entry| &entry.binding)
    }

    /// The phones of one extension, in order of registration.
    pub(crate) fn bindings_of(&self, extension: &Extension) -> impl Iterator<Item = &Binding> {
        self.entries.get(extension).into_iter().flatten().map(|entry| &entry.binding)
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        self.wheel.next_wake()
    }

    /// The sources where phones are registered.
    pub(crate) fn homes(&self) -> &PerSource {
        &self.homes
    }

    /// Takes over what an earlier run saved; what has expired meanwhile, or belongs to nobody, is dropped.
    pub(crate) fn restore(&mut self, bindings: Vec<Binding>, directory: &Directory, now: Instant) {
        for binding in bindings {
            if binding.expires_at > now && directory.people.contains_key(&binding.extension) {
                self.put(binding);
            }
        }
    }

    /// Ends the registrations of extensions that are not to be kept.
    pub(crate) fn retain(&mut self, keep: impl Fn(&Extension) -> bool, outputs: &mut VecDeque<Output>) {
        let gone: Vec<_> = self.entries.keys().filter(|extension| !keep(extension)).cloned().collect();
        for extension in gone {
            self.remove_all(&extension, Unregistered::Removed, outputs);
        }
    }

    /// Ends the registrations that came over a connection which has ended.
    ///
    /// Costs a walk over all bindings; connections end seldom.
    pub(crate) fn disconnect(&mut self, flow: &Flow, outputs: &mut VecDeque<Output>) {
        let is_over = |binding: &&Binding| binding.flow == *flow;
        let gone: Vec<_> =
            self.bindings().filter(is_over).map(|it| (it.extension.clone(), it.contact.clone())).collect();
        for (extension, contact) in gone {
            if let Some(binding) = self.take(&extension, &contact) {
                tell_end(binding, Unregistered::Disconnected, outputs);
            }
        }
    }

    pub(crate) fn expire(&mut self, now: Instant, outputs: &mut VecDeque<Output>) {
        while let Some((extension, contact)) = self.wheel.pop_expired(now) {
            if let Some(binding) = self.take(&extension, &contact) {
                tell_end(binding, Unregistered::Expired, outputs);
            }
        }
    }

    /// A REGISTER from a device of `extension`: all its wishes are granted, or none (RFC 3261 §10.3).
    pub(crate) fn register(
        &mut self,
        extension: &Extension,
        request: &Message,
        flow: Flow,
        limits: &RegistrationLimits,
        now: Instant,
        outputs: &mut VecDeque<Output>,
    ) -> Reply {
        let wish = match Wish::read(request, limits) {
            Ok(wish) => wish,
            Err(reply) => return *reply,
        };
        if let Err(reply) = self.check(extension, request, &wish, limits) {
            return *reply;
        }
        match wish {
            Wish::List => {}
            Wish::RemoveAll => self.remove_all(extension, Unregistered::ByPhone, outputs),
            Wish::Change(changes) => {
                for change in changes {
                    self.apply(extension, request, flow, change, now, outputs);
                }
            }
        }
        self.listing(extension, now)
    }

    /// Refuses what came too late, and more contacts than allowed.
    fn check(
        &self,
        extension: &Extension,
        request: &Message,
        wish: &Wish,
        limits: &RegistrationLimits,
    ) -> Result<(), Box<Reply>> {
        let known = self.entries.get(extension).map(Vec::as_slice).unwrap_or_default();
        let concerns = |entry: &Entry| match wish {
            Wish::List => false,
            Wish::RemoveAll => true,
            Wish::Change(changes) => changes.iter().any(|change| entry.binding.is_at(change.contact())),
        };
        if known.iter().any(|entry| concerns(entry) && entry.binding.is_newer_than(request)) {
            let reason = Some("Registration Out of Order");
            return Err(Box::new(Reply { reason, ..Reply::new(Status::SERVER_INTERNAL_ERROR) }));
        }
        let Wish::Change(changes) = wish else { return Ok(()) };
        let is_known = |contact: &OwnedUri| known.iter().any(|entry| entry.binding.is_at(contact));
        let added = changes.iter().filter(|change| change.is_put() && !is_known(change.contact())).count();
        if known.len() + added > limits.contacts {
            let reason = Some("Too Many Registrations");
            return Err(Box::new(Reply { reason, ..Reply::new(Status::FORBIDDEN) }));
        }
        Ok(())
    }

    fn apply(
        &mut self,
        extension: &Extension,
        request: &Message,
        flow: Flow,
        change: Change,
        now: Instant,
        outputs: &mut VecDeque<Output>,
    ) {
        let known = self.take(extension, change.contact());
        match change {
            Change::Remove { .. } => {
                if let Some(binding) = known {
                    tell_end(binding, Unregistered::ByPhone, outputs);
                }
            }
            Change::Put { contact, expires, q_permille } => {
                let binding = Binding::new(extension, request, flow, contact, now + expires, q_permille);
                outputs.push_back(Output::Event(Event::Registered {
                    extension: extension.clone(),
                    contact: binding.contact.text().into(),
                    source: flow.remote,
                    user_agent: binding.user_agent.clone(),
                    expires,
                    refreshed: known.is_some(),
                }));
                // What is saved is found by the text of the Contact, and an equivalent one may be written otherwise.
                if let Some(known) = known.filter(|known| known.contact.text() != binding.contact.text()) {
                    let (extension, contact) = (known.extension, known.contact.text().into());
                    outputs.push_back(Output::Save(BindingChange::Remove { extension, contact }));
                }
                outputs.push_back(Output::Save(BindingChange::Put(binding.clone())));
                self.put(binding);
            }
        }
    }

    fn remove_all(&mut self, extension: &Extension, reason: Unregistered, outputs: &mut VecDeque<Output>) {
        for entry in self.entries.remove(extension).unwrap_or_default() {
            self.wheel.cancel(entry.timer);
            self.homes.leave(entry.binding.flow.remote.ip());
            tell_end(entry.binding, reason, outputs);
        }
    }

    fn put(&mut self, binding: Binding) {
        self.homes.enter(binding.flow.remote.ip());
        let timer = self.wheel.insert(binding.expires_at, (binding.extension.clone(), binding.contact.clone()));
        self.entries.entry(binding.extension.clone()).or_default().push(Entry { binding, timer });
    }

    fn take(&mut self, extension: &Extension, contact: &OwnedUri) -> Option<Binding> {
        let entries = self.entries.get_mut(extension)?;
        let index = entries.iter().position(|entry| entry.binding.is_at(contact))?;
        let entry = entries.remove(index);
        if entries.is_empty() {
            self.entries.remove(extension);
        }
        self.wheel.cancel(entry.timer);
        self.homes.leave(entry.binding.flow.remote.ip());
        Some(entry.binding)
    }

    /// 200 with every contact and the seconds it has left (RFC 3261 §10.3 step 8).
    fn listing(&self, extension: &Extension, now: Instant) -> Reply {
        let mut reply = Reply::new(Status::OK);
        for entry in self.entries.get(extension).map(Vec::as_slice).unwrap_or_default() {
            reply.headers.add_with(HeaderName::Contact, |out| {
                out.push(b'<');
                out.extend_from_slice(entry.binding.contact.text());
                out.extend_from_slice(b">;expires=");
                seconds_left(&entry.binding, now).print(out);
            });
        }
        reply
    }
}

/// Rounded up, so that a phone never finds less than it was granted.
fn seconds_left(binding: &Binding, now: Instant) -> u32 {
    let left = binding.expires_at.saturating_duration_since(now) + Duration::from_millis(999);
    u32::try_from(left.as_secs()).unwrap_or(u32::MAX)
}

fn tell_end(binding: Binding, reason: Unregistered, outputs: &mut VecDeque<Output>) {
    let (extension, contact) = (binding.extension, Box::<[u8]>::from(binding.contact.text()));
    outputs.push_back(Output::Save(BindingChange::Remove { extension: extension.clone(), contact: contact.clone() }));
    outputs.push_back(Output::Event(Event::Unregistered { extension, contact, reason }));
}
