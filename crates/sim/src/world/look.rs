//! What a test can see of the world.

use std::net::SocketAddr;
use std::time::Duration;

use warden_call::call_event::{CallEvent, CallId};
use warden_call::cdr::Cdr;
use warden_call::instant_message::InstantMessage;
use warden_call::media::MediaCommand;
use warden_call::{CallView, Event, Health, Kept};
use warden_media::relay::Side;

use super::{PhoneId, WARDEN, World};
use crate::ladder;
use crate::media_node::Tape;
use crate::phone::{Errand, Phone};

impl World {
    /// Looks at a phone.
    ///
    /// # Panics
    /// When `id` is from another world.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "an identifier from another world is a mistake in the test")]
    pub fn phone(&self, id: PhoneId) -> &Phone {
        &self.phones[id.0]
    }

    /// What a phone has asked for, from 0 in the order in which it did.
    ///
    /// # Panics
    /// When it has asked for less.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "an errand that there is not is a mistake in the test")]
    pub fn errand(&self, id: PhoneId, index: usize) -> &Errand {
        &self.phone(id).errands()[index]
    }

    /// Every message sent since [`World::begin_ladder`], else since the start, with its time in seconds.
    #[must_use]
    pub fn ladder(&self) -> String {
        ladder::draw(&self.rungs, self.ladder_from, |address| self.name_of(address))
    }

    /// The number of the phone there; the second phone of extension 1001 is `1001.2`.
    fn name_of(&self, address: SocketAddr) -> String {
        let Some(index) = self.phones.iter().position(|phone| phone.address() == address) else {
            return if address == WARDEN { "warden" } else { "nobody" }.into();
        };
        let number = self.phone(PhoneId(index)).number();
        let earlier = self.phones.iter().take(index).filter(|phone| phone.number() == number).count();
        if earlier == 0 { number.into() } else { format!("{number}.{}", earlier + 1) }
    }

    /// The messages that a phone has sent, whole, in their order.
    #[must_use]
    pub fn sent_by(&self, id: PhoneId) -> Vec<String> {
        let address = self.phone(id).address();
        self.texts(|rung| rung.from == address)
    }

    /// The messages that were sent to a phone, lost ones too, whole and in their order.
    #[must_use]
    pub fn sent_to(&self, id: PhoneId) -> Vec<String> {
        let address = self.phone(id).address();
        self.texts(|rung| rung.to == address)
    }

    /// The messages that were sent to addresses of [`World::send_from_nowhere`].
    #[must_use]
    pub fn sent_to_nowhere(&self) -> Vec<String> {
        self.texts(|rung| matches!(rung.to.ip(), std::net::IpAddr::V4(ip) if ip.octets().starts_with(&[198, 51, 100])))
    }

    /// The time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.now - self.start
    }

    /// The Contact URIs that can be reached, in order of extension.
    #[must_use]
    pub fn contacts(&self) -> Vec<String> {
        let contacts = self.warden.pbx.bindings().map(|binding| binding.contact.text());
        contacts.map(|contact| String::from_utf8_lossy(contact).into_owned()).collect()
    }

    /// What is known of each binding's phone, in order of extension.
    #[must_use]
    pub fn health(&self) -> Vec<Option<Health>> {
        let pbx = &self.warden.pbx;
        pbx.bindings().map(|binding| pbx.health(binding)).collect()
    }

    /// All that the system has told so far.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.warden.events
    }

    /// All calls, in the order in which they began.
    #[must_use]
    pub fn calls(&self) -> Vec<CallId> {
        self.warden.calls()
    }

    /// What has happened to a call, with the time since the start.
    #[must_use]
    pub fn call_events(&self, call: CallId) -> Vec<(Duration, CallEvent)> {
        self.warden.call_events(call)
    }

    /// The records of the calls that have ended, in the order in which they began; times are since the start.
    #[must_use]
    pub fn records(&self) -> Vec<Cdr> {
        self.warden.records()
    }

    /// All that the media threads were told to do.
    #[must_use]
    pub fn media_commands(&self) -> &[MediaCommand] {
        &self.warden.media.commands
    }

    /// Commands that made no sense: a port that is in use, a call that is not open. There should be none.
    #[must_use]
    pub fn media_faults(&self) -> &[String] {
        &self.warden.media.faults
    }

    /// What was recorded, in the order in which it began.
    #[must_use]
    pub fn tapes(&self) -> &[Tape] {
        &self.warden.media.tapes
    }

    /// The number of the phone that is heard in a recording in the middle of this **second**; `None` for silence.
    #[must_use]
    pub fn recorded(&self, tape: &Tape, side: Side, second: usize) -> Option<String> {
        tape.level(side, second).filter(|level| *level > 50).and_then(|level| self.number_at_level(level))
    }

    /// The calls whose media session is open now.
    #[must_use]
    pub fn media_sessions(&self) -> Vec<CallId> {
        self.warden.media.open().collect()
    }

    /// How many port pairs have been told to the core and are in no open session.
    #[must_use]
    pub fn free_ports(&self) -> usize {
        self.warden.media.free_ports()
    }

    /// The calls that are not over, as others see them.
    #[must_use]
    pub fn views(&self) -> Vec<CallView> {
        self.warden.pbx.calls()
    }

    /// A Replaces header that names the call on a phone's line.
    #[must_use]
    pub fn replaces(&self, id: PhoneId) -> String {
        self.phone(id).replaces().unwrap_or_default()
    }

    /// What the call core keeps of calls; nothing when all are over.
    #[must_use]
    pub fn kept(&self) -> Kept {
        self.warden.pbx.kept()
    }

    /// What the call core keeps of subscriptions: themselves, what they watch, calls, requests, timers.
    #[must_use]
    pub fn kept_subscriptions(&self) -> [usize; 5] {
        self.warden.pbx.kept_subscriptions()
    }

    /// How many messages wait, are under way, and have somebody who waits for an answer.
    #[must_use]
    pub fn message_counts(&self) -> [usize; 3] {
        self.warden.pbx.message_counts()
    }

    /// The messages that wait on disk.
    pub fn saved_messages(&self) -> impl Iterator<Item = &InstantMessage> {
        self.warden.saved.values()
    }

    /// How many port pairs the call core believes to be free.
    #[must_use]
    pub fn pooled_ports(&self) -> usize {
        self.warden.pbx.free_ports()
    }

    /// How many transactions Warden keeps: those received, those sent.
    #[must_use]
    pub fn transactions(&self) -> (usize, usize) {
        self.warden.endpoint.transactions()
    }

    fn texts(&self, wanted: impl Fn(&ladder::Rung) -> bool) -> Vec<String> {
        let rungs = self.rungs.iter().filter(|rung| wanted(rung));
        rungs.map(|rung| String::from_utf8_lossy(&rung.bytes).into_owned()).collect()
    }
}
