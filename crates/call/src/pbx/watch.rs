//! What phones ask to be told of, and the end of each turn, when they are told.

use std::time::Instant;

use warden_sip::endpoint::{Flow, Reply, ServerId};
use warden_sip::message::Message;

use super::Pbx;
use crate::directory::Extension;
use crate::output::Output;
use crate::subscription::{Scene, Subscriptions};

impl Pbx {
    /// The subscriptions, and what they decide from.
    pub(super) fn subscriptions(&mut self, now: Instant) -> (&mut Subscriptions, Scene<'_>) {
        let Self { directory, registrar, outputs, bridge, subscriptions, .. } = self;
        (subscriptions, Scene { directory, registrar, bridge, outputs, now })
    }

    /// A phone subscribes.
    pub(super) fn subscribe(
        &mut self,
        id: ServerId,
        request: &Message,
        flow: Flow,
        now: Instant,
    ) -> Result<(), Box<Reply>> {
        let watcher = self.author(request, flow, false, now)?;
        let (subscriptions, mut scene) = self.subscriptions(now);
        subscriptions.subscribe(id, request, flow, &watcher, &mut scene);
        Ok(())
    }

    /// A phone goes on with a subscription, or ends it. From another address it must show whose it is.
    pub(super) fn resubscribe(
        &mut self,
        id: ServerId,
        request: &Message,
        flow: Flow,
        now: Instant,
    ) -> Result<(), Box<Reply>> {
        if let Some(owner) = self.subscriptions.moved(request, flow).cloned() {
            let signer = self.signer(request, flow, false, now)?;
            if signer != owner {
                return Err(self.forbid(&signer, flow, "Not Your Subscription").into());
            }
        }
        let (subscriptions, mut scene) = self.subscriptions(now);
        subscriptions.resubscribe(id, request, flow, &mut scene);
        Ok(())
    }

    /// Somebody publishes.
    pub(super) fn publish(
        &mut self,
        id: ServerId,
        request: &Message,
        flow: Flow,
        now: Instant,
    ) -> Result<(), Box<Reply>> {
        let person = self.signer(request, flow, false, now)?;
        let (subscriptions, mut scene) = self.subscriptions(now);
        subscriptions.publish(id, request, &person, &mut scene);
        Ok(())
    }

    /// Tells all phones of an extension to look whether their configuration has changed, or to `reboot`; how many phones
    /// there are. They may not obey.
    pub fn check_sync(&mut self, extension: &Extension, reboot: bool, now: Instant) -> usize {
        let (subscriptions, mut scene) = self.subscriptions(now);
        subscriptions.check_sync(extension, reboot, &mut scene)
    }

    /// The end of a turn: whoever watches what has changed in it is told.
    pub(super) fn tell_watchers(&mut self, now: Instant) {
        for output in &self.outputs {
            if let Output::Event(event) = output {
                self.subscriptions.observe(event);
                self.messages.observe(event);
            }
        }
        let (subscriptions, mut scene) = self.subscriptions(now);
        subscriptions.settle(&mut scene);
        let (messages, mut scene) = self.messages(now);
        messages.work_off(&mut scene);
    }
}
