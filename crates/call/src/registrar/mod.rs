//! Registrar (RFC 3261 §10): which phones can be reached, where, and until when.

mod binding;
mod gruu;
mod instance;
mod listing;
mod nat;
mod outbound;
mod path;
mod request;
#[cfg(test)]
mod tests;

pub use binding::{Binding, BindingId};
pub(crate) use gruu::Gruu;
pub use instance::Instance;
pub use path::Path;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use warden_sip::endpoint::{Flow, Reply};
use warden_sip::message::Message;
use warden_sip::random::Random;
use warden_sip::status::Status;
use warden_sip::wheel::{TimerId, Wheel};

use self::gruu::Gruus;
pub(crate) use self::nat::way;
use self::request::{Change, Put, Wish};
use crate::access::PerSource;
use crate::directory::{Directory, Extension, Nat, RegistrationLimits};
use crate::output::{BindingChange, Event, Output, Unregistered};

/// A binding with its timer.
struct Entry {
    /// Shared with who saves it.
    binding: Arc<Binding>,
    timer: TimerId,
}

/// A REGISTER from a device of `extension`.
#[derive(Clone, Copy)]
pub(crate) struct Registering<'a> {
    pub(crate) extension: &'a Extension,
    pub(crate) request: &'a Message,
    pub(crate) flow: Flow,
    pub(crate) nat: Nat,
}

/// All bindings of this node.
pub(crate) struct Registrar {
    /// In order of extension, and within one in order of registration.
    entries: BTreeMap<Extension, Vec<Entry>>,
    wheel: Wheel<(Extension, BindingId)>,
    gruus: Gruus,
    /// The last that was given.
    last_id: BindingId,
    /// How many phones are registered from each source.
    homes: PerSource,
}

impl Registrar {
    pub(crate) fn new(random: Random, now: Instant) -> Self {
        let (entries, wheel, gruus) = (BTreeMap::new(), Wheel::new(now), Gruus::new(random));
        Self { entries, wheel, gruus, last_id: BindingId::default(), homes: PerSource::default() }
    }

    pub(crate) fn bindings(&self) -> impl DoubleEndedIterator<Item = &Binding> {
        self.entries.values().flatten().map(|entry| &*entry.binding)
    }

    /// The ways to the phones of one extension, in order of registration.
    pub(crate) fn bindings_of(&self, extension: &Extension) -> impl DoubleEndedIterator<Item = &Binding> {
        self.entries.get(extension).into_iter().flatten().map(|entry| &*entry.binding)
    }

    /// A binding that has not ended.
    pub(crate) fn binding(&self, extension: &Extension, id: BindingId) -> Option<&Binding> {
        self.bindings_of(extension).find(|binding| binding.id == id)
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        self.wheel.next_wake()
    }

    /// The sources where phones are registered.
    pub(crate) fn homes(&self) -> &PerSource {
        &self.homes
    }

    /// Takes over what an earlier run saved; what has expired meanwhile, or belongs to nobody, is not kept any more.
    pub(crate) fn restore(
        &mut self,
        bindings: Vec<Binding>,
        directory: &Directory,
        now: Instant,
        outputs: &mut VecDeque<Output>,
    ) {
        for mut binding in bindings {
            if binding.expires_at > now && directory.people.contains_key(&binding.extension) {
                binding.id = self.new_id();
                self.put(Arc::new(binding));
            } else {
                outputs.push_back(remove_saved(&binding));
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
        let gone: Vec<_> = self.bindings().filter(is_over).map(|it| (it.extension.clone(), it.id)).collect();
        for (extension, id) in gone {
            if let Some(binding) = self.take(&extension, |binding| binding.id == id) {
                tell_end(&binding, Unregistered::Disconnected, outputs);
            }
        }
    }

    pub(crate) fn expire(&mut self, now: Instant, outputs: &mut VecDeque<Output>) {
        while let Some((extension, id)) = self.wheel.pop_expired(now) {
            if let Some(binding) = self.take(&extension, |binding| binding.id == id) {
                tell_end(&binding, Unregistered::Expired, outputs);
            }
        }
    }

    /// All that a REGISTER wishes is granted, or nothing (RFC 3261 §10.3).
    pub(crate) fn register(
        &mut self,
        registering: Registering<'_>,
        limits: &RegistrationLimits,
        now: Instant,
        outputs: &mut VecDeque<Output>,
    ) -> Reply {
        self.grant(&registering, limits, now, outputs).unwrap_or_else(|refusal| *refusal)
    }

    fn grant(
        &mut self,
        registering: &Registering<'_>,
        limits: &RegistrationLimits,
        now: Instant,
        outputs: &mut VecDeque<Output>,
    ) -> Result<Reply, Box<Reply>> {
        let Registering { extension, request, flow, .. } = *registering;
        let path = Path::read(request)?;
        let wish = Wish::read(request, limits)?;
        self.check(registering, &wish, limits)?;
        let is_for_flow = wish.is_for_flow();
        match wish {
            Wish::List => {}
            Wish::RemoveAll => self.remove_all(extension, Unregistered::ByPhone, outputs),
            Wish::Change(changes) => {
                for change in changes {
                    match change {
                        Change::Put(put) => self.apply(registering, put, &path, now, outputs),
                        Change::Remove(identity) => {
                            let is_meant = |binding: &Binding| binding.concerns(&identity, flow.remote);
                            while let Some(binding) = self.take(extension, is_meant) {
                                tell_end(&binding, Unregistered::ByPhone, outputs);
                            }
                        }
                    }
                }
            }
        }
        let mut reply = self.listing(registering, now);
        if is_for_flow {
            outbound::confirm(request, flow.transport.is_reliable(), &mut reply);
        }
        Ok(reply)
    }

    /// Refuses what came too late, and more contacts than allowed.
    fn check(&self, registering: &Registering<'_>, wish: &Wish, limits: &RegistrationLimits) -> Result<(), Box<Reply>> {
        let Registering { extension, request, flow, .. } = *registering;
        let known = self.entries.get(extension).map(Vec::as_slice).unwrap_or_default();
        let is_about = |change: &Change, entry: &Entry| entry.binding.concerns(change.identity(), flow.remote);
        let concerns = |entry: &Entry| match wish {
            Wish::List => false,
            Wish::RemoveAll => true,
            Wish::Change(changes) => changes.iter().any(|change| is_about(change, entry)),
        };
        if known.iter().any(|entry| concerns(entry) && entry.binding.is_newer_than(request)) {
            let reason = Some("Registration Out of Order");
            return Err(Box::new(Reply { reason, ..Reply::new(Status::SERVER_INTERNAL_ERROR) }));
        }
        let Wish::Change(changes) = wish else { return Ok(()) };
        let is_new = |change: &&Change| change.is_put() && !known.iter().any(|entry| is_about(change, entry));
        if known.len() + changes.iter().filter(is_new).count() > limits.contacts {
            let reason = Some("Too Many Registrations");
            return Err(Box::new(Reply { reason, ..Reply::new(Status::FORBIDDEN) }));
        }
        Ok(())
    }

    /// Makes a binding in place of those that it is about.
    fn apply(
        &mut self,
        registering: &Registering<'_>,
        put: Put,
        path: &Path,
        now: Instant,
        outputs: &mut VecDeque<Output>,
    ) {
        let Registering { extension, request, flow, .. } = *registering;
        let expires = put.expires;
        let mut known = Vec::new();
        while let Some(binding) = self.take(extension, |binding| binding.concerns(&put.identity, flow.remote)) {
            known.push(binding);
        }
        let refreshed = known.iter().find(|known| *known.call_id == *request.call_id()).map(|known| known.id);
        let id = refreshed.unwrap_or_else(|| self.new_id());
        let binding = Arc::new(Binding::new(id, registering, put, path.clone(), now));
        let refreshed = !known.is_empty();
        for known in known {
            if !known.is_at(&binding.contact) {
                tell_end(&known, Unregistered::Replaced, outputs);
            } else if known.key() != binding.key() {
                outputs.push_back(remove_saved(&known));
            }
        }
        outputs.push_back(Output::Event(Event::Registered {
            extension: extension.clone(),
            contact: binding.contact.text().into(),
            source: binding.source,
            user_agent: binding.user_agent.clone(),
            expires,
            refreshed,
        }));
        outputs.push_back(Output::Save(BindingChange::Put(Arc::clone(&binding))));
        self.put(binding);
    }

    fn remove_all(&mut self, extension: &Extension, reason: Unregistered, outputs: &mut VecDeque<Output>) {
        for entry in self.entries.remove(extension).unwrap_or_default() {
            self.wheel.cancel(entry.timer);
            self.homes.leave(entry.binding.source.ip());
            tell_end(&entry.binding, reason, outputs);
        }
    }

    fn new_id(&mut self) -> BindingId {
        self.last_id.0 += 1;
        self.last_id
    }

    fn put(&mut self, binding: Arc<Binding>) {
        self.homes.enter(binding.source.ip());
        let timer = self.wheel.insert(binding.expires_at, (binding.extension.clone(), binding.id));
        self.entries.entry(binding.extension.clone()).or_default().push(Entry { binding, timer });
    }

    /// The first that `is_meant` is taken out.
    fn take(&mut self, extension: &Extension, is_meant: impl Fn(&Binding) -> bool) -> Option<Arc<Binding>> {
        let entries = self.entries.get_mut(extension)?;
        let index = entries.iter().position(|entry| is_meant(&entry.binding))?;
        let entry = entries.remove(index);
        if entries.is_empty() {
            self.entries.remove(extension);
        }
        self.wheel.cancel(entry.timer);
        self.homes.leave(entry.binding.source.ip());
        Some(entry.binding)
    }
}

fn tell_end(binding: &Binding, reason: Unregistered, outputs: &mut VecDeque<Output>) {
    outputs.push_back(remove_saved(binding));
    let (extension, contact) = (binding.extension.clone(), binding.contact.text().into());
    outputs.push_back(Output::Event(Event::Unregistered { extension, contact, reason }));
}

fn remove_saved(binding: &Binding) -> Output {
    Output::Save(BindingChange::Remove { extension: binding.extension.clone(), key: binding.key().into() })
}
