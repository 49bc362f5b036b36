//! The simulated network: datagrams are lost, delayed, overtaken and doubled as the seed decides.

use std::collections::BTreeMap;
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
    /// By time of arrival, then in the order of sending.
    under_way: BTreeMap<(Instant, u64), Delivery>,
    sent: u64,
}

impl Network {
    pub(crate) fn new(random: Random) -> Self {
        Self { conditions: Conditions::default(), random, under_way: BTreeMap::new(), sent: 0 }
    }

    /// Takes what the sender transmits on its `flow`. A stream loses, doubles and reorders nothing.
    pub(crate) fn send(&mut self, flow: Flow, bytes: Bytes, now: Instant) -> Fate {
        let received = Flow { local: flow.remote, remote: flow.local, ..flow };
        let delivery = Delivery { flow: received, bytes };
        if flow.transport.is_reliable() {
            self.enqueue(delivery, now + self.conditions.delay);
            return Fate::Delivered;
        }
        if self.happens(self.conditions.loss_ppm) {
            return Fate::Lost;
        }
        let arrival = now + self.conditions.delay + self.jitter();
        self.enqueue(delivery.clone(), arrival);
        if self.happens(self.conditions.duplication_ppm) {
            let arrival = now + self.conditions.delay + self.jitter();
            self.enqueue(delivery, arrival);
            return Fate::Doubled;
        }
        Fate::Delivered
    }

    /// When the next message arrives.
    pub(crate) fn next_arrival(&self) -> Option<Instant> {
        self.under_way.keys().next().map(|(at, _)| *at)
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

    fn happens(&mut self, ppm: u32) -> bool {
        ppm > 0 && self.random.below(1_000_000) < ppm
    }

    fn jitter(&mut self) -> Duration {
        let span_us = u32::try_from(self.conditions.jitter.as_micros()).unwrap_or(u32::MAX);
        Duration::from_micros(u64::from(self.random.below(span_us.saturating_add(1))))
    }
}
