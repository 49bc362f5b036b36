//! Messages between people.

use std::time::Instant;

use warden_sip::endpoint::{Flow, Reply, ServerId};
use warden_sip::message::Message;

use super::Pbx;
use crate::instant_message::{InstantMessages, Scene};

impl Pbx {
    /// The messages, and what they decide from.
    pub(super) fn messages(&mut self, now: Instant) -> (&mut InstantMessages, Scene<'_>) {
        let Self { directory, registrar, outputs, messages, .. } = self;
        (messages, Scene { directory, registrar, outputs, now })
    }

    /// Somebody sends a message.
    pub(super) fn message(
        &mut self,
        id: ServerId,
        request: &Message,
        flow: Flow,
        now: Instant,
    ) -> Result<(), Box<Reply>> {
        let sender = self.author(request, flow, false, now)?;
        let (messages, mut scene) = self.messages(now);
        messages.receive(id, request, &sender, &mut scene)
    }
}
