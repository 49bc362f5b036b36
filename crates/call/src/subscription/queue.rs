//! NOTIFYs one after the other: two hundred lamps for one busy extension are not to hold up calls, nor to arrive at a
//! switch as one burst. Forty leave in each turn, and the next ones 10 ms later.

use std::collections::VecDeque;
use std::time::Duration;

use warden_sip::write::Body;

use super::list::{self, ListBody};
use super::one::Sending;
use super::{Scene, Subscriptions, Timer};
use crate::output::Output;

/// The most that leave together.
const AT_ONCE: usize = 40;
/// The time between two lots.
const GAP: Duration = Duration::from_millis(10);

/// Whose turn comes, by our tags. It has each subscription at most once, so it is bounded as they are.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<u64>,
    /// A lot has left just now; a timer runs.
    is_resting: bool,
}

impl Queue {
    pub(super) fn may_go_on(&mut self) {
        self.is_resting = false;
    }
}

impl Subscriptions {
    /// There is something new to tell.
    pub(super) fn want(&mut self, tag: u64) {
        let Some(subscription) = self.all.get_mut(&tag) else { return };
        match &mut subscription.sending {
            sending @ Sending::Idle => {
                *sending = Sending::Queued;
                self.queue.waiting.push_back(tag);
            }
            Sending::Sent { again, .. } => *again = true,
            Sending::Queued | Sending::Paused(_) => {}
        }
    }

    /// The phone can be told again.
    pub(super) fn go_on(&mut self, tag: u64) {
        if self.all.get(&tag).is_some_and(|it| matches!(it.sending, Sending::Paused(_))) {
            self.set_sending(tag, Sending::Idle);
            self.want(tag);
        }
    }

    /// Sends what may leave in this turn.
    pub(super) fn work_off(&mut self, scene: &mut Scene<'_>) {
        let mut left = AT_ONCE;
        while left > 0 && !self.queue.is_resting {
            let Some(tag) = self.queue.waiting.pop_front() else { return };
            if self.all.get(&tag).is_some_and(|subscription| subscription.sending == Sending::Queued) {
                self.send(tag, scene);
                left -= 1;
            }
        }
        if !self.queue.is_resting && !self.queue.waiting.is_empty() {
            self.queue.is_resting = true;
            self.wheel.insert(scene.now + GAP, Timer::Queue);
        }
    }

    /// Tells now, unless something is under way: then as soon as that is answered.
    pub(super) fn tell_at_once(&mut self, tag: u64, scene: &mut Scene<'_>) {
        let Some(subscription) = self.all.get_mut(&tag) else { return };
        match &mut subscription.sending {
            Sending::Sent { again, .. } => *again = true,
            Sending::Idle | Sending::Queued | Sending::Paused(_) => self.send(tag, scene),
        }
    }

    fn send(&mut self, tag: u64, scene: &mut Scene<'_>) {
        let Some(subscription) = self.all.get_mut(&tag) else { return };
        if subscription.is_cut_off() {
            // Nobody is there to hear that it is over.
            return if subscription.ending.is_some() {
                self.remove(tag);
            } else {
                self.set_sending(tag, Sending::Paused(None));
            };
        }
        let mut request = subscription.notify(scene.directory, scene.now);
        let (flow, is_last) = (subscription.flow, subscription.ending.is_some());
        request.body = self.body(tag, scene);
        let client = self.numbers.next();
        scene.outputs.push_back(Output::Send { id: client, request: Box::new(request), flow });
        if is_last {
            // Nothing depends on its answer.
            return self.remove(tag);
        }
        self.set_sending(tag, Sending::Sent { client, sent_by: flow, again: false });
        self.by_client.insert(client, tag);
    }

    pub(super) fn set_sending(&mut self, tag: u64, sending: Sending) {
        let Some(subscription) = self.all.get_mut(&tag) else { return };
        if let Sending::Paused(Some(timer)) = std::mem::replace(&mut subscription.sending, sending) {
            self.wheel.cancel(timer);
        }
    }

    /// What a subscription tells now; `None` when there is nothing left that it could tell of.
    fn body(&mut self, tag: u64, scene: &Scene<'_>) -> Option<Body> {
        let subscription = self.all.get_mut(&tag)?;
        let (package, host, list) = (subscription.package, subscription.host.clone(), subscription.list.clone());
        let is_full = subscription.members.iter().all(|member| member.is_new);
        let is_list = list.is_some();
        let mut members = Vec::with_capacity(subscription.members.len());
        for (place, member) in (1..).zip(&mut subscription.members) {
            let is_told = std::mem::take(&mut member.is_new) || !is_list;
            let resource = self.resources.get_mut(&(package, member.extension.clone())).filter(|_| is_told);
            let Some(resource) = resource else { continue };
            let body = resource.draft(&host, &subscription.watcher, scene.now).with_version(member.version);
            member.version = member.version.saturating_add(1);
            members.push((place, &member.extension, body));
        }
        let Some(list) = &list else {
            let (_, _, content) = members.pop()?;
            return Some(Body { content_type: package.content_type(), content });
        };
        let version = subscription.version;
        subscription.version = version.saturating_add(1);
        let content = ListBody { list, package, host: &host, version, is_full, members }.write(scene.directory);
        Some(Body { content_type: list::CONTENT_TYPE, content })
    }
}
