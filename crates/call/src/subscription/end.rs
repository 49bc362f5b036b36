//! What phones answer to NOTIFY, and how subscriptions end.

use std::time::Duration;

use warden_sip::endpoint::{ClientId, Flow};
use warden_sip::message::Message;
use warden_sip::status::Status;
use warden_sip::wheel::TimerId;

use super::one::{Ending, Sending};
use super::{Package, Scene, Subscriptions, Timer};

/// The longest that a phone may ask to be left alone (`Retry-After`).
const MAX_PAUSE: Duration = Duration::from_mins(10);

/// A NOTIFY that was under way.
struct Sent {
    /// Of its subscription.
    tag: u64,
    by: Flow,
    /// There is more to tell.
    again: bool,
}

impl Subscriptions {
    /// A phone has answered a NOTIFY.
    pub(crate) fn handle_response(&mut self, id: ClientId, response: &Message, scene: &mut Scene<'_>) {
        let Some(status) = response.status().filter(|status| !status.is_provisional()) else { return };
        let Some(Sent { tag, again, .. }) = self.take_sent(id) else { return };
        if status.is_success() {
            return self.go_on_if(tag, again);
        }
        if let Some(after_s) = response.retry_after_s() {
            let until = scene.now + Duration::from_secs(after_s.into()).min(MAX_PAUSE);
            let timer = self.wheel.insert(until, Timer::Pause(tag));
            return self.set_aside(tag, timer);
        }
        if is_final(status) {
            return self.remove(tag);
        }
        // It could not take this one, and may take the next.
        self.go_on_if(tag, again);
    }

    /// A phone has not answered a NOTIFY.
    pub(crate) fn handle_failed(&mut self, id: ClientId) {
        let Some(Sent { tag, by, .. }) = self.take_sent(id) else { return };
        let Some(subscription) = self.all.get_mut(&tag) else { return };
        if subscription.flow == by {
            return self.remove(tag);
        }
        // It was lost with the way: it is told again by the one that the phone has now, or will have.
        subscription.renew();
        self.want(tag);
    }

    /// The last NOTIFY is sent, now or when the one before has been answered.
    pub(super) fn end(&mut self, tag: u64, ending: Ending, scene: &mut Scene<'_>) {
        let Some(subscription) = self.all.get_mut(&tag) else { return };
        subscription.ending.get_or_insert(ending);
        self.tell_at_once(tag, scene);
    }

    /// The same, when its turn comes.
    pub(super) fn end_in_turn(&mut self, tag: u64, ending: Ending) {
        let Some(subscription) = self.all.get_mut(&tag) else { return };
        subscription.ending.get_or_insert(ending);
        self.go_on(tag);
        self.want(tag);
    }

    /// Nothing of it is found any more.
    pub(super) fn remove(&mut self, tag: u64) {
        let Some(subscription) = self.all.remove(&tag) else { return };
        self.wheel.cancel(subscription.timer);
        match subscription.sending {
            Sending::Sent { client, .. } => drop(self.by_client.remove(&client)),
            Sending::Paused(timer) => drop(timer.map(|timer| self.wheel.cancel(timer))),
            Sending::Idle | Sending::Queued => {}
        }
        self.crowd.leave(tag, &subscription.watcher, subscription.source);
        for member in &subscription.members {
            self.unwatch(tag, subscription.package, &member.extension);
        }
    }

    fn unwatch(&mut self, tag: u64, package: Package, extension: &crate::directory::Extension) {
        let key = (package, extension.clone());
        let Some(resource) = self.resources.get_mut(&key) else { return };
        resource.watchers.remove(&tag);
        if !resource.watchers.is_empty() {
            return;
        }
        self.resources.remove(&key);
        let is_watched = |package| self.resources.contains_key(&(package, extension.clone()));
        if !is_watched(Package::Dialog) && !is_watched(Package::Presence) {
            self.lines.forget(extension);
        }
    }

    /// The NOTIFY that this was; nothing is under way any more.
    fn take_sent(&mut self, id: ClientId) -> Option<Sent> {
        let tag = self.by_client.remove(&id)?;
        let subscription = self.all.get_mut(&tag)?;
        let Sending::Sent { sent_by: by, again, .. } = subscription.sending else { return None };
        subscription.sending = Sending::Idle;
        Some(Sent { tag, by, again: again || subscription.ending.is_some() })
    }

    fn go_on_if(&mut self, tag: u64, again: bool) {
        if again {
            self.want(tag);
        }
    }

    /// What was told was not taken: all of it is told again after the timer.
    fn set_aside(&mut self, tag: u64, timer: TimerId) {
        if let Some(subscription) = self.all.get_mut(&tag) {
            subscription.renew();
            self.set_sending(tag, Sending::Paused(Some(timer)));
        }
    }
}

/// Whether the phone wants no more of it (RFC 6665 §4.2.2, RFC 5057 §5.1).
fn is_final(status: Status) -> bool {
    matches!(status.code(), 404 | 405 | 408 | 410 | 416 | 480..=485 | 489 | 501 | 604)
}
