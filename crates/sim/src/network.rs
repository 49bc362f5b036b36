//! The simulated network: datagrams are lost, delayed, overtaken and doubled as the seed decides.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use warden_sip::endpoint::Flow;
use warden_sip::random::Random;

/// How bad the network is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Conditions {
    /// Datagrams lost, in **millionths**.
    pub loss_ppm: u32,
    /// Datagrams that arrive twice, in **millionths**.
    pub duplication_ppm: u32,
    /// How long every datagram travels.
    pub delay: Duration,
    /// Added at random, from nothing to this; enough of it lets one datagram overtake another.
    pub jitter: Duration,
}

/// A message on its way. The flow is the receiver's: its own address is `local`.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) flow: Flow,
    pub(crate) bytes: Bytes,
}

/// An RTP or RTCP packet; the ladder does not show it.
#[derive(Clone, Debug)]
pub(crate) struct Datagram {
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) bytes: Vec<u8>,
}

/// What the network did with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Delivered,
    Doubled,
    Lost,
}

pub(crate) struct Network {
    pub(crate) conditions: Conditions,
    random: Random,
    /// Media has chances of its own, so that signalling runs the same with and without it.
    media_random: Random,
    media: BTreeMap<(Instant, u64), Datagram>,
    /// By time of arrival, then in the order of sending.
    under_way: BTreeMap<(Instant, u64), Delivery>,
    sent: u64,
}

impl Network {
    pub(crate) fn new(random: Random, media_random: Random) -> Self {
        Self {
            conditions: Conditions::default(),
            random,
            media_random,
            media: BTreeMap::new(),
            under_way: BTreeMap::new(),
            sent: 0,
        }
    }

    /// Takes what the sender transmits on its `flow`. A stream loses, doubles and reorders nothing.
    pub(crate) fn send(&mut self, flow: Flow, bytes: Bytes, now: Instant) -> Fate {
        let received = Flow { local: flow.remote, remote: flow.local, ..flow };
        let delivery = Delivery { flow: received, bytes };
        if flow.transport.is_reliable() {
            self.enqueue(delivery, now + self.conditions.delay);
            return Fate::Delivered;
        }
        let conditions = self.conditions;
        if happens(&mut self.random, conditions.loss_ppm) {
            return Fate::Lost;
        }
        let arrival = now + travel(&mut self.random, conditions);
        self.enqueue(delivery.clone(), arrival);
        if happens(&mut self.random, conditions.duplication_ppm) {
            let arrival = now + travel(&mut self.random, conditions);
            self.enqueue(delivery, arrival);
            return Fate::Doubled;
        }
        Fate::Delivered
    }

    /// Takes a media packet; it may be lost or doubled like any other.
    pub(crate) fn send_media(&mut self, datagram: &Datagram, now: Instant) {
        let conditions = self.conditions;
        if happens(&mut self.media_random, conditions.loss_ppm) {
            return;
        }
        let copies = 1 + u8::from(happens(&mut self.media_random, conditions.duplication_ppm));
        for _ in 0..copies {
            let arrival = now + travel(&mut self.media_random, conditions);
            self.sent += 1;
            self.media.insert((arrival, self.sent), datagram.clone());
        }
    }

    /// When the next message arrives.
    pub(crate) fn next_arrival(&self) -> Option<Instant> {
        let (message, media) = (self.under_way.keys().next(), self.media.keys().next());
        message.into_iter().chain(media).map(|(at, _)| *at).min()
    }

    /// The next media packet that has arrived by `now`.
    pub(crate) fn receive_media(&mut self, now: Instant) -> Option<Datagram> {
        let entry = self.media.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some(entry.remove())
    }

    /// The next message that has arrived by `now`.
    pub(crate) fn receive(&mut self, now: Instant) -> Option<Delivery> {
        let entry = self.under_way.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some(entry.remove())
    }

    fn enqueue(&mut self, delivery: Delivery, at: Instant) {
        self.sent += 1;
        self.under_way.insert((at, self.sent), delivery);
    }
}

fn happens(random: &mut Random, ppm: u32) -> bool {
    ppm > 0 && random.below(1_000_000) < ppm
}

/// How long one datagram is under way.
fn travel(random: &mut Random, conditions: Conditions) -> Duration {
    let span_us = u32::try_from(conditions.jitter.as_micros()).unwrap_or(u32::MAX);
    conditions.delay + Duration::from_micros(u64::from(random.below(span_us.saturating_add(1))))
}
