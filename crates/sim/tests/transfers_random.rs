//! Transfers of every kind begin, meet and fail at random moments on a bad network. Who is left talks to somebody in the end,
//! every wish has one outcome of which the phone is told, and nothing is kept.

#![expect(clippy::indexing_slicing, reason = "what is wrong here fails the test")]

mod support;

use std::time::Duration;

use support::{assert_all_over, registered};
use warden_call::call_event::CallEvent;
use warden_sim::{Conditions, Dial, Leaving, PhoneId, PhoneState, Reliability, World};
use warden_sip::random::Random;

const NUMBERS: [&str; 5] = ["1001", "1002", "1003", "1004", "1003"];

struct Run {
    world: World,
    random: Random,
    phones: [PhoneId; 5],
    /// A phone that has lost its power.
    dead: Option<PhoneId>,
    /// How many pairs of RTP ports there are.
    ports: u16,
    seed: u64,
}

impl Run {
    fn new(seed: u64, conditions: Conditions, has_media: bool) -> Self {
        let mut world = World::with_seed(seed);
        if has_media {
            world = world.with_media();
        }
        // Sometimes there are too few.
        let ports = if has_media || !seed.is_multiple_of(4) { 20 } else { 7 };
        world.set_ports(ports).configure(|directory| {
            directory.calls.ring_for = Duration::from_secs(30);
            directory.calls.session_expires = Duration::from_secs(100);
        });
        let phones = registered(&mut world, NUMBERS);
        world.set_conditions(conditions);
        let mut bytes = [7; 32];
        bytes.iter_mut().zip(seed.to_le_bytes()).for_each(|(to, from)| *to = from);
        Self { world, random: Random::from_seed(bytes), phones, dead: None, ports, seed }
    }

    fn below(&mut self, n: u32) -> u32 {
        self.random.below(n)
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        let index = self.below(u32::try_from(all.len()).unwrap_or(u32::MAX));
        all[index as usize]
    }

    fn wait_ms(&mut self, at_most: u32) {
        let ms = self.below(at_most);
        self.world.run_for(Duration::from_millis(ms.into()));
    }

    fn states(&self) -> [PhoneState; 5] {
        self.phones.map(|phone| self.world.phone(phone).state())
    }

    /// 1001 talks with 1002, and gives it to 1003 or 1004, or has one of these on its second line in any state.
    fn begin(&mut self) {
        let [alice, bob, carol, dave, mobile] = self.phones;
        for phone in self.phones {
            let reliability = self.one_of(&[Reliability::Unknown, Reliability::Supported, Reliability::Required]);
            let leaving = self.one_of(&[Leaving::WhenMade, Leaving::AtOnce, Leaving::Never]);
            let timer = self.one_of(&[None, Some(90), Some(120)]);
            self.world.set_reliability(phone, reliability).leave(phone, leaving).set_session_timer(phone, timer);
            if self.below(2) == 0 {
                self.world.refresh_by_invite(phone);
            }
        }
        let (from, to, number) = if self.below(2) == 0 { (alice, bob, "1002") } else { (bob, alice, "1001") };
        self.world.dial(from, number).run_for_s(8).answer(to).run_for_s(3);
        if self.below(2) == 0 {
            self.world.hold(alice).run_for_s(2);
        }
        if self.below(3) == 0 {
            let number = self.one_of(&["1003", "1004"]);
            self.world.transfer(alice, number);
            self.wait_ms(1000);
            if self.below(2) == 0 {
                let (replaces, offers) = (Some(self.world.replaces(carol)), self.below(2) == 0);
                self.world.hang_up(mobile).dial_as(mobile, "1003", &Dial { replaces, offers, ..Dial::default() });
                self.wait_ms(1000);
            }
        } else if self.below(4) > 0 {
            let (third, number) = self.one_of(&[(carol, "1003"), (dave, "1004")]);
            let offers = self.below(3) > 0;
            self.world.switch_lines(alice).dial_as(alice, number, &Dial { offers, ..Dial::default() });
            self.wait_ms(3000);
            match self.below(3) {
                0 => {
                    self.world.answer(third);
                }
                1 => {
                    self.world.answer_early(third);
                }
                _ => {}
            }
            self.wait_ms(1500);
        }
    }

    fn press(&mut self) {
        let id = self.one_of(&self.phones.clone());
        match self.world.phone(id).state() {
            PhoneState::Idle | PhoneState::Failed(_) => self.press_idle(id),
            PhoneState::Dialling | PhoneState::RingBack => match self.below(8) {
                0 => {
                    self.world.hang_up(id);
                }
                1 | 2 => {
                    self.world.switch_lines(id);
                }
                _ => {}
            },
            // So that it can pick up what rings at the other phone of its extension.
            PhoneState::Ringing if Some(&id) == self.phones.last() && self.below(2) == 0 => {
                self.world.hang_up(id);
            }
            PhoneState::Ringing => match self.below(8) {
                0 => {
                    self.world.decline(id);
                }
                1 => {
                    self.world.hang_up(id);
                }
                2 | 3 => {
                    self.world.answer_early(id);
                }
                4 => {
                    self.world.redirect(id, "sip:1004@203.0.113.1");
                }
                _ => {
                    self.world.answer(id);
                }
            },
            PhoneState::InCall => self.press_in_call(id),
        }
    }

    /// Takes the place of another phone, of its extension or not, or dials.
    fn press_idle(&mut self, id: PhoneId) {
        let [_, _, desk, _, mobile] = self.phones;
        let named = if id == mobile && self.below(2) == 0 { desk } else { self.one_of(&self.phones.clone()) };
        let replaces = Some(self.world.replaces(named)).filter(|replaces| !replaces.is_empty());
        let own = self.world.phone(id).number() == self.world.phone(named).number();
        let number = self.one_of(&["1002", "1003", "1004"]);
        let offers = self.below(2) == 0;
        if (own || self.below(8) == 0) && replaces.is_some() {
            self.world.dial_as(id, number, &Dial { replaces, offers, ..Dial::default() });
        } else if self.below(4) == 0 {
            self.world.dial_as(id, number, &Dial { offers, ..Dial::default() });
        } else if self.world.phone(id).other_state() != PhoneState::Idle {
            self.world.switch_lines(id);
        }
    }

    fn press_in_call(&mut self, id: PhoneId) {
        let number = self.one_of(&["1001", "1002", "1003", "1004", "1003", "1004", "1777"]);
        match self.below(16) {
            0..4 => self.world.transfer(id, number),
            4..7 => self.world.connect_lines(id),
            7 => self.world.switch_lines(id),
            8 => self.world.hold(id),
            9 => self.world.resume(id),
            10 => self.world.hold_by_update(id),
            11 => self.world.resume_by_update(id),
            12 => self.world.reoffer(id),
            13 => self.world.change_address(id),
            14 => self.world.send_digit(id, '5'),
            _ => self.world.hang_up(id),
        };
    }

    fn alive(&self) -> impl Iterator<Item = PhoneId> {
        let dead = self.dead;
        self.phones.into_iter().filter(move |phone| Some(*phone) != dead)
    }

    /// No key is pressed any more but those that end what has been begun.
    fn settle(&mut self) {
        for _ in 0..4 {
            for id in self.phones {
                if !matches!(self.world.phone(id).other_state(), PhoneState::Idle | PhoneState::Failed(_)) {
                    self.world.switch_lines(id).hang_up(id).switch_lines(id);
                }
                self.world.answer(id);
                // Nobody else says anything anew: what is silent stays so.
                if self.world.phone(id).is_on_hold() {
                    self.world.resume(id);
                }
            }
            self.world.run_for_s(15);
        }
    }

    /// Whoever is in a call hears one other, who hears it.
    fn assert_hear_each_other(&mut self) {
        self.world.forget_heard().run_for_s(2);
        for id in self.alive().collect::<Vec<_>>() {
            if self.world.phone(id).state() != PhoneState::InCall {
                continue;
            }
            let heard = self.world.phone(id).heard().clone();
            let own = self.world.phone(id).number();
            let is_mutual = |number: &String| {
                self.alive().any(|other| {
                    let other = self.world.phone(other);
                    other.number() == number && other.heard().contains(own)
                })
            };
            let (seed, states) = (self.seed, self.states());
            assert!(
                heard.len() == 1 && heard.iter().all(is_mutual),
                "seed {seed}: {own} hears {heard:?}, {states:?}\n{}",
                self.world.ladder()
            );
        }
    }

    fn end(&mut self) {
        if self.below(3) == 0 {
            self.world.end_calls();
        }
        for _ in 0..4 {
            for id in self.phones {
                self.world.hang_up(id).switch_lines(id).hang_up(id);
            }
            self.world.run_for_s(70);
        }
        let seed = self.seed;
        for id in self.alive() {
            let phone = self.world.phone(id);
            for state in [phone.state(), phone.other_state()] {
                let is_over = matches!(state, PhoneState::Idle | PhoneState::Failed(_));
                assert!(is_over, "seed {seed}: {state:?}\n{}", self.world.ladder());
            }
        }
        assert_all_over(&mut self.world);
        assert_eq!(self.world.free_ports(), usize::from(self.ports), "seed {seed}\n{}", self.world.ladder());
        self.assert_every_wish_has_one_outcome();
        for id in self.alive() {
            assert_eq!(self.world.phone(id).transactions(), (0, 0), "seed {seed}\n{}", self.world.ladder());
            self.assert_told_every_end(id);
        }
    }

    fn assert_every_wish_has_one_outcome(&self) {
        for call in self.world.calls() {
            let mut is_open = false;
            for (_, event) in self.world.call_events(call) {
                let (begins, ends) = match_wish(&event);
                let is_right = if begins { !is_open } else { !ends || is_open };
                let is_left = matches!(event, CallEvent::Ended(_)) && is_open;
                is_open = begins || (is_open && !ends);
                assert!(is_right && !is_left, "seed {}: {call} {event:?}\n{}", self.seed, self.world.ladder());
            }
        }
    }

    /// Each REFER that was accepted has a last NOTIFY.
    fn assert_told_every_end(&self, id: PhoneId) {
        let sent = self.world.sent_to(id);
        // A repeated NOTIFY may have another number.
        let distinct = |wanted: fn(&String) -> bool, name: &str| {
            let line = |text: &str, name: &str| text.lines().find(|line| line.starts_with(name)).map(str::to_owned);
            let mut found: Vec<_> = sent.iter().filter(|text| wanted(text)).collect();
            found.sort_by_key(|text| (line(text, "Call-ID: "), line(text, name)));
            found.dedup_by_key(|text| (line(text, "Call-ID: "), line(text, name)));
            found.len()
        };
        let accepted = distinct(|text| text.starts_with("SIP/2.0 202 ") && text.contains(" REFER\r\n"), "CSeq: ");
        let ended = distinct(
            |text| text.starts_with("NOTIFY ") && text.contains("Subscription-State: terminated"),
            "Event: refer",
        );
        let number = self.world.phone(id).number();
        assert_eq!(accepted, ended, "seed {}: {number}\n{}", self.seed, self.world.ladder());
    }
}

/// Whether a wish begins, and whether it ends.
fn match_wish(event: &CallEvent) -> (bool, bool) {
    (matches!(event, CallEvent::Transfer(_)), matches!(event, CallEvent::TransferOver { .. }))
}

const BAD: Conditions = Conditions {
    loss_ppm: 80_000,
    duplication_ppm: 50_000,
    delay: Duration::from_millis(40),
    jitter: Duration::from_millis(60),
};

fn run(seed: u64, conditions: Conditions, has_media: bool) {
    let mut run = Run::new(seed, conditions, has_media);
    run.begin();
    // After a few keys, what was done wrong is not mended by the next.
    for _ in 0..=run.below(20) {
        run.press();
        run.wait_ms(1000);
        if !has_media && run.below(100) == 0 && run.dead.is_none() {
            let id = run.one_of(&run.phones.clone());
            run.world.unplug(id);
            run.dead = Some(id);
        }
    }
    if has_media {
        run.settle();
        run.assert_hear_each_other();
    }
    run.end();
}

/// How many runs; `SEEDS=1000 cargo test -p warden-sim --test transfers_random` looks further.
fn seeds(usual: u64) -> std::ops::Range<u64> {
    let asked = std::env::var("SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    let from = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    from..from + asked.unwrap_or(usual)
}

#[test]
fn whoever_is_left_after_random_transfers_is_heard_on_a_good_network() {
    for seed in seeds(6) {
        run(seed, Conditions { delay: Duration::from_millis(20), ..Conditions::default() }, true);
    }
}

#[test]
fn whoever_is_left_after_random_transfers_is_heard_on_a_bad_network() {
    for seed in seeds(6) {
        run(seed, BAD, true);
    }
}

#[test]
fn nothing_is_left_after_random_transfers_on_a_good_network() {
    for seed in seeds(25) {
        run(seed, Conditions { delay: Duration::from_millis(20), ..Conditions::default() }, false);
    }
}

#[test]
fn nothing_is_left_after_random_transfers_on_a_bad_network() {
    for seed in seeds(25) {
        run(seed, BAD, false);
    }
}
