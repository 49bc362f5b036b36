//! The world: it moves time from one happening to the next and carries messages between phones.

mod look;
mod people;
mod streams;
mod switches;
mod user;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use warden_call::directory::Directory;
use warden_sip::endpoint::Flow;
use warden_sip::random::Random;

use crate::ladder::Rung;
use crate::network::{Conditions, Datagram, Fate, Network};
use crate::phone::Phone;
use crate::warden::Warden;

/// One phone of a [`World`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PhoneId(usize);

/// Phones on a simulated network. The same seed gives the same run, message by message.
pub struct World {
    start: Instant,
    now: Instant,
    random: Random,
    network: Network,
    phones: Vec<Phone>,
    warden: Warden,
    directory: Directory,
    rungs: Vec<Rung>,
    /// How many TCP connections there have been.
    connections: u32,
    /// What was sent before is not in the ladder.
    ladder_from: Duration,
}

/// Where the system under test is.
const WARDEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1)), 5060);

impl World {
    /// An empty world whose chances are drawn from `seed`.
    ///
    /// Its dialplan rings extensions of four digits that begin with 1 and knows the emergency numbers 112 and 911.
    #[must_use]
    pub fn with_seed(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes.iter_mut().zip(seed.to_le_bytes()).for_each(|(to, from)| *to = from);
        let mut random = Random::from_seed(bytes);
        let [messages, media, engine, core] = std::array::from_fn(|_| draw_seed(&mut random));
        let start = Instant::now();
        Self {
            start,
            now: start,
            random,
            network: Network::new(Random::from_seed(messages), Random::from_seed(media)),
            phones: Vec::new(),
            warden: Warden::new(WARDEN, [engine, core], start),
            directory: people::directory(),
            rungs: Vec::new(),
            connections: 0,
            ladder_from: Duration::ZERO,
        }
    }

    /// The share of datagrams lost, 0.0 to 1.0.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share times a million")]
    pub fn loss(mut self, share: f64) -> Self {
        self.network.conditions.loss_ppm = (share * 1e6) as u32;
        self
    }

    /// How long every message travels.
    #[must_use]
    pub fn delay_ms(mut self, delay_ms: u64) -> Self {
        self.network.conditions.delay = Duration::from_millis(delay_ms);
        self
    }

    /// Phones and Warden send and relay packets; without this, calls are signalling only, and run fast.
    #[must_use]
    pub fn with_media(mut self) -> Self {
        self.warden.media.is_simulated = true;
        for phone in &mut self.phones {
            phone.simulate_media(true);
        }
        self
    }

    /// All of the network's conditions, from now on.
    pub fn set_conditions(&mut self, conditions: Conditions) -> &mut Self {
        self.network.conditions = conditions;
        self
    }

    /// How many port pairs Warden has for media; to be called before time passes.
    pub fn set_ports(&mut self, count: u16) -> &mut Self {
        self.warden.media.set_ports(count);
        self
    }

    /// Sends bytes that no phone would send, from an address where nobody is.
    pub fn inject(&mut self, to: PhoneId, bytes: impl Into<Bytes>) -> &mut Self {
        let remote = self.phone(to).address();
        let local = SocketAddr::from(([198, 51, 100, 66], 5060));
        let flow = Flow { transport: warden_sip::header::Transport::Udp, local, remote, connection: None };
        self.transmit(flow, bytes.into());
        self
    }

    /// Sends Warden bytes that the phone itself would not send, from its address.
    pub fn send_as(&mut self, id: PhoneId, bytes: impl Into<Bytes>) -> &mut Self {
        let local = self.phone(id).address();
        let flow = Flow { transport: warden_sip::header::Transport::Udp, local, remote: WARDEN, connection: None };
        self.transmit(flow, bytes.into());
        self
    }

    /// Sends Warden bytes from an address where nobody is, which `number` gives apart from others.
    pub fn send_from_nowhere(&mut self, number: u8, bytes: impl Into<Bytes>) -> &mut Self {
        let local = SocketAddr::from(([198, 51, 100, number], 5060));
        let flow = Flow { transport: warden_sip::header::Transport::Udp, local, remote: WARDEN, connection: None };
        self.transmit(flow, bytes.into());
        self
    }

    /// The ladder begins here: what was sent before is not in it, and its times count from now.
    pub fn begin_ladder(&mut self) -> &mut Self {
        self.ladder_from = self.elapsed();
        self
    }

    /// Lets `seconds` pass.
    pub fn run_for_s(&mut self, seconds: u64) -> &mut Self {
        self.run_for(Duration::from_secs(seconds))
    }

    /// Lets `span` pass: every arrival and every timer in it happens in order.
    pub fn run_for(&mut self, span: Duration) -> &mut Self {
        self.act_on_warden(|warden, _| warden.media.begin());
        let end = self.now + span;
        while let Some(at) = self.next_happening().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.step();
        }
        self.now = end;
        self
    }

    fn next_happening(&mut self) -> Option<Instant> {
        let phones = self.phones.iter().filter_map(Phone::next_timeout);
        phones.chain(self.warden.next_timeout()).chain(self.network.next_arrival()).min()
    }

    fn step(&mut self) {
        let now = self.now;
        while let Some(delivery) = self.network.receive(now) {
            if !self.is_open(&delivery.flow) {
                continue;
            }
            if delivery.flow.local == WARDEN {
                self.act_on_warden(|warden, now| warden.receive(delivery.bytes, delivery.flow, now));
                continue;
            }
            let receiver = self.phones.iter().position(|phone| phone.address() == delivery.flow.local);
            if let Some(index) = receiver {
                self.act(PhoneId(index), |phone, now| phone.endpoint().receive(delivery.bytes, delivery.flow, now));
            }
        }
        while let Some(datagram) = self.network.receive_media(now) {
            self.deliver_media(datagram);
        }
        for index in 0..self.phones.len() {
            if self.phones.get(index).and_then(Phone::next_timeout).is_some_and(|at| at <= now) {
                self.act(PhoneId(index), Phone::handle_timeout);
            }
        }
        if self.warden.next_timeout().is_some_and(|at| at <= now) {
            let mut sent = Vec::new();
            self.act_on_warden(|warden, now| sent = warden.handle_timeout(now));
            self.send_media(&sent);
        }
    }

    fn deliver_media(&mut self, datagram: Datagram) {
        if datagram.to.ip() == WARDEN.ip() {
            let mut sent = Vec::new();
            self.act_on_warden(|warden, now| sent = warden.media.receive(datagram, now));
            self.send_media(&sent);
            return;
        }
        let (to, now) = (datagram.to, self.now);
        let Some(index) = self.phones.iter().position(|phone| phone.address().ip() == to.ip()) else { return };
        let Some(phone) = self.phones.get_mut(index) else { return };
        let Some(level) = phone.listen(to.port(), &datagram.bytes, now) else { return };
        let heard = self.number_at_level(level);
        if let (Some(number), Some(phone)) = (heard, self.phones.get_mut(index)) {
            phone.hear(&number);
        }
    }

    /// Who speaks at this level, give or take what a codec does to it.
    pub(super) fn number_at_level(&self, level: i16) -> Option<String> {
        let distance = |index: usize| i32::from(crate::phone::level(index)).abs_diff(i32::from(level));
        let nearest = (0..self.phones.len()).min_by_key(|index| distance(*index))?;
        self.phones.get(nearest).map(|phone| phone.number().to_owned())
    }

    fn act_on_warden(&mut self, input: impl FnOnce(&mut Warden, Instant)) -> &mut Self {
        let now = self.now;
        input(&mut self.warden, now);
        for (flow, bytes) in self.warden.drain(now) {
            self.transmit(flow, bytes);
        }
        self
    }

    /// One input to one phone, then all its outputs.
    fn act(&mut self, id: PhoneId, input: impl FnOnce(&mut Phone, Instant)) -> &mut Self {
        let now = self.now;
        let Some(phone) = self.phones.get_mut(id.0) else { return self };
        input(phone, now);
        let (messages, media) = phone.drain(now);
        for (flow, bytes) in messages {
            self.transmit(flow, bytes);
        }
        self.send_media(&media);
        self
    }

    fn transmit(&mut self, flow: Flow, bytes: Bytes) {
        let is_open = self.is_open(&flow);
        let fate = if is_open { self.network.send(flow, bytes.clone(), self.now) } else { Fate::Lost };
        let at = self.now - self.start;
        self.rungs.push(Rung { at, from: flow.local, to: flow.remote, bytes, fate });
    }

    fn send_media(&mut self, datagrams: &[Datagram]) {
        for datagram in datagrams {
            self.network.send_media(datagram, self.now);
        }
    }
}

fn draw_seed(random: &mut Random) -> [u8; 32] {
    let mut seed = [0; 32];
    random.fill(&mut seed);
    seed
}
