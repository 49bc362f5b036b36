//! The world: it moves time from one happening to the next and carries messages between phones.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use warden_call::directory::{Device, Directory, Extension, Person, RegistrationLimits};
use warden_call::{Event, Input};
use warden_sip::digest::Ha1;
use warden_sip::endpoint::Flow;
use warden_sip::random::Random;

use crate::ladder::{self, Rung};
use crate::network::{Conditions, Network};
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
}

impl World {
    /// An empty world whose chances are drawn from `seed`.
    #[must_use]
    pub fn with_seed(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes.iter_mut().zip(seed.to_le_bytes()).for_each(|(to, from)| *to = from);
        let mut random = Random::from_seed(bytes);
        let network = Network::new(Random::from_seed(draw_seed(&mut random)));
        let start = Instant::now();
        let seeds = [draw_seed(&mut random), draw_seed(&mut random)];
        let warden = Warden::new(seeds, start);
        let directory = Directory { realm: "warden-pbx".into(), ..Directory::default() };
        Self { start, now: start, random, network, phones: Vec::new(), warden, directory, rungs: Vec::new() }
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

    /// All of the network's conditions, from now on.
    pub fn set_conditions(&mut self, conditions: Conditions) {
        self.network.conditions = conditions;
    }

    /// Adds phones with these numbers, each with an extension of its own whose password is [`World::password`].
    pub fn phones<const N: usize>(&mut self, numbers: [&str; N]) -> [PhoneId; N] {
        let phones = numbers.map(|number| {
            self.add_extension(number);
            let host = u8::try_from(self.phones.len() + 1).unwrap_or(u8::MAX);
            let address = SocketAddr::from(([192, 0, 2, host], 5060));
            let seed = draw_seed(&mut self.random);
            self.phones.push(Phone::new(number, address, seed, self.now));
            PhoneId(self.phones.len() - 1)
        });
        self.publish();
        phones
    }

    /// The password of an extension.
    #[must_use]
    pub fn password(number: &str) -> String {
        format!("secret of {number}")
    }

    /// Changes how long registrations last.
    pub fn set_registration_limits(&mut self, limits: RegistrationLimits) -> &mut Self {
        self.directory.registration = limits;
        self.publish()
    }

    /// Takes an extension out of the directory.
    ///
    /// # Panics
    /// When `number` is no extension.
    #[expect(clippy::expect_used, reason = "a mistake in the test")]
    pub fn remove_extension(&mut self, number: &str) -> &mut Self {
        let extension = Extension::parse(number.as_bytes()).expect("an extension");
        self.directory.people.remove(&extension);
        self.directory.devices.remove(number.as_bytes());
        self.publish()
    }

    /// Registers a phone for this many seconds, with the right password.
    pub fn register(&mut self, id: PhoneId, seconds: u64) -> &mut Self {
        let password = Self::password(self.phone(id).number());
        self.register_with(id, &password, seconds)
    }

    /// Registers a phone with any password.
    pub fn register_with(&mut self, id: PhoneId, password: &str, seconds: u64) -> &mut Self {
        self.act(id, |phone, now| phone.register(WARDEN, password, Duration::from_secs(seconds), now))
    }

    /// Gives a phone's registration back.
    pub fn unregister(&mut self, id: PhoneId) -> &mut Self {
        self.act(id, Phone::unregister)
    }

    /// Switches a phone off: it says nothing any more and hears nothing.
    pub fn unplug(&mut self, id: PhoneId) -> &mut Self {
        if let Some(phone) = self.phones.get_mut(id.0) {
            phone.unplug();
        }
        self
    }

    /// The Contact URIs that can be reached, in order of extension.
    #[must_use]
    pub fn contacts(&self) -> Vec<String> {
        let contacts = self.warden.pbx.bindings().map(|binding| binding.contact.text());
        contacts.map(|contact| String::from_utf8_lossy(contact).into_owned()).collect()
    }

    /// All that the system has told so far.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.warden.events
    }

    fn add_extension(&mut self, number: &str) {
        let Ok(extension) = Extension::parse(number.as_bytes()) else { return };
        let realm = self.directory.realm.as_bytes();
        let ha1 = Ha1::derive(number.as_bytes(), realm, Self::password(number).as_bytes());
        self.directory.people.insert(extension.clone(), Person { name: number.into() });
        self.directory.devices.insert(number.as_bytes().into(), Device { extension, ha1 });
    }

    /// Gives the directory as it is now to the system.
    fn publish(&mut self) -> &mut Self {
        self.directory.revision += 1;
        let directory = Arc::new(self.directory.clone());
        self.act_on_warden(|warden, now| warden.pbx.handle(Input::Directory(directory), now))
    }

    /// Looks at a phone.
    ///
    /// # Panics
    /// When `id` is from another world.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "an identifier from another world is a mistake in the test")]
    pub fn phone(&self, id: PhoneId) -> &Phone {
        &self.phones[id.0]
    }

    /// `from` dials `number`; a number that no phone has goes to an address where nobody is.
    pub fn dial(&mut self, from: PhoneId, number: &str) -> &mut Self {
        let peer = self.address_of(number);
        self.act(from, |phone, now| phone.dial(number, peer, now))
    }

    /// `from` asks `number` what it can do (OPTIONS); [`Phone::answered`] tells the outcome.
    pub fn query(&mut self, from: PhoneId, number: &str) -> &mut Self {
        let peer = self.address_of(number);
        self.act(from, |phone, now| phone.query(number, peer, now))
    }

    /// Lifts the handset of a ringing phone.
    pub fn answer(&mut self, id: PhoneId) -> &mut Self {
        self.act(id, Phone::answer)
    }

    /// Puts the handset down; a ringing phone refuses the call.
    pub fn hang_up(&mut self, id: PhoneId) -> &mut Self {
        self.act(id, Phone::hang_up)
    }

    /// Sends bytes that no phone would send, from an address where nobody is.
    pub fn inject(&mut self, to: PhoneId, bytes: impl Into<Bytes>) -> &mut Self {
        let remote = self.phone(to).address();
        let local = SocketAddr::from(([198, 51, 100, 66], 5060));
        let flow = Flow { transport: warden_sip::header::Transport::Udp, local, remote, connection: None };
        self.transmit(flow, bytes.into());
        self
    }

    /// Lets `seconds` pass.
    pub fn run_for_s(&mut self, seconds: u64) -> &mut Self {
        self.run_for(Duration::from_secs(seconds))
    }

    /// Lets `span` pass: every arrival and every timer in it happens in order.
    pub fn run_for(&mut self, span: Duration) -> &mut Self {
        let end = self.now + span;
        while let Some(at) = self.next_happening().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.step();
        }
        self.now = end;
        self
    }

    /// Every message sent so far, with its time in seconds.
    #[must_use]
    pub fn ladder(&self) -> String {
        ladder::draw(&self.rungs, |address| {
            let phone = self.phones.iter().find(|phone| phone.address() == address);
            let other = if address == WARDEN { "warden" } else { "nobody" };
            phone.map_or(other, Phone::number).to_owned()
        })
    }

    fn next_happening(&mut self) -> Option<Instant> {
        let phones = self.phones.iter().filter_map(Phone::next_timeout);
        phones.chain(self.warden.next_timeout()).chain(self.network.next_arrival()).min()
    }

    fn step(&mut self) {
        let now = self.now;
        while let Some(delivery) = self.network.receive(now) {
            if delivery.flow.local == WARDEN {
                self.act_on_warden(|warden, now| warden.endpoint.receive(delivery.bytes, delivery.flow, now));
                continue;
            }
            let receiver = self.phones.iter().position(|phone| phone.address() == delivery.flow.local);
            if let Some(index) = receiver {
                self.act(PhoneId(index), |phone, now| phone.endpoint().receive(delivery.bytes, delivery.flow, now));
            }
        }
        for index in 0..self.phones.len() {
            self.act(PhoneId(index), |phone, now| {
                if phone.next_timeout().is_some_and(|at| at <= now) {
                    phone.handle_timeout(now);
                }
            });
        }
        if self.warden.next_timeout().is_some_and(|at| at <= now) {
            self.act_on_warden(Warden::handle_timeout);
        }
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
        for (flow, bytes) in phone.drain(now) {
            self.transmit(flow, bytes);
        }
        self
    }

    fn transmit(&mut self, flow: Flow, bytes: Bytes) {
        let fate = self.network.send(flow, bytes.clone(), self.now);
        let at = self.now - self.start;
        self.rungs.push(Rung { at, from: flow.local, to: flow.remote, bytes, fate });
    }

    fn address_of(&self, number: &str) -> SocketAddr {
        let phone = self.phones.iter().find(|phone| phone.number() == number);
        phone.map_or_else(|| SocketAddr::from(([192, 0, 2, 254], 5060)), Phone::address)
    }
}

/// Where the system under test is.
const WARDEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1)), 5060);

fn draw_seed(random: &mut Random) -> [u8; 32] {
    let mut seed = [0; 32];
    random.fill(&mut seed);
    seed
}
