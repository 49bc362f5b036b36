//! What is heard next: sound when its turn has come, something made up where it is missing, noise while there is none.

use std::time::Instant;

use warden_codec::comfort::Noise;

use super::adjust::{FAR_US, SPARE_US};
use super::cursor::State;
use super::delay::MOST_US;
use super::slots::{Head, Kind};
use super::{JitterBuffer, Played, duration};

/// When nothing has come for so long, the sender has fallen silent.
const STARVED_US: i64 = 80_000;
/// Sound that was left out for longer than this, besides what is lost, was silence.
pub(super) const GAP_US: i64 = 30_000;
/// A delay that is so much above the most is not made up for by leaving out periods, but at once.
const ABOVE_US: i64 = 40_000;
/// One pull takes no more steps than this. Steps that make no sound pass a number that waits.
const MOST_STEPS: usize = 100;

impl JitterBuffer {
    /// The 20 ms that come next, called every 20 ms. `frame` has as many samples as that are; what it has more stays as
    /// it is, and with less the rest is lost.
    pub fn pull(&mut self, now: Instant, frame: &mut [i16]) -> Played {
        let now_us = self.elapsed_us(now);
        let mut is_fed = false;
        for _ in 0..MOST_STEPS {
            if self.line.len() >= self.frame.len() {
                break;
            }
            is_fed = true;
            self.step(now_us);
        }
        if self.line.len() < self.frame.len() {
            self.pass_silence();
        }
        self.adjust(now_us);
        self.note_delay(now_us);
        self.line.take(&mut self.frame);
        let kind = self.cursor.kind;
        match kind {
            Played::Sound => self.background.note(&self.frame),
            Played::MadeUp => self.counts.made_up_frames += u64::from(is_fed),
            Played::Noise | Played::Silence => {}
        }
        self.give(frame);
        kind
    }

    /// Whether this is the packet for which something is being made up.
    pub(super) fn is_awaited(&self, head: Head) -> bool {
        let starves = matches!(self.cursor.state, State::Playing { starved_us } if starved_us > 0);
        starves && self.cursor.next == Some(head.extended) && self.gap_us(head) < GAP_US
    }

    /// One step on: at least one number is passed, or samples wait that did not.
    fn step(&mut self, now_us: i64) {
        let head = self.cursor.next.and_then(|next| self.slots.first(next));
        match (self.cursor.state, head) {
            (State::Waiting, None) => self.pass_silence(),
            (State::Waiting, Some(head)) => self.wait(head, now_us),
            (State::Playing { starved_us }, None) => self.starve(starved_us),
            (State::Playing { .. }, Some(head)) => self.play(head, now_us),
        }
    }

    fn wait(&mut self, head: Head, now_us: i64) {
        let waited_us = self.waited_us(head, now_us);
        match head.kind {
            Kind::Noise | Kind::Nothing => self.pass_other(head),
            // Nobody has pulled for a while.
            Kind::Sound if waited_us > self.delay.target_us() + FAR_US && self.has_fresher(head, now_us) => {
                self.drop_head(head);
            }
            Kind::Sound if waited_us >= self.delay.target_us() => {
                self.cursor.skip_to(head.extended);
                self.cursor.state = State::Playing { starved_us: 0 };
                (self.cursor.end_us, self.cursor.level_us) = (head.media_us, waited_us);
                self.decode(head);
            }
            Kind::Sound => self.pass_silence(),
        }
    }

    fn play(&mut self, head: Head, now_us: i64) {
        let waited_us = self.waited_us(head, now_us);
        if head.kind == Kind::Sound && waited_us > MOST_US + ABOVE_US && self.has_fresher(head, now_us) {
            return self.drop_to_target(head, now_us);
        }
        if Some(head.extended) != self.cursor.next {
            return self.pass_missing(head);
        }
        match head.kind {
            Kind::Noise | Kind::Nothing => self.pass_other(head),
            Kind::Sound if self.gap_us(head) > self.longest_gap_us() => self.fall_silent(None),
            Kind::Sound => {
                let level_us = self.cursor.level_us;
                self.cursor.level_us +=
                    if waited_us < level_us { waited_us - level_us } else { (waited_us - level_us) / 16 };
                self.decode(head);
            }
        }
    }

    /// Something is missing before `head`. If it has been made up already, or took no time, the numbers are passed;
    /// if it took long, it was silence.
    fn pass_missing(&mut self, head: Head) {
        let next = self.cursor.next.unwrap_or(head.extended);
        let (missing, gap_us) = (head.extended - next, self.gap_us(head));
        let packet_us = self.timeline.packet_us();
        let lost_us = i64::try_from(missing).unwrap_or_default() * packet_us;
        if gap_us < packet_us / 2 || gap_us > lost_us + MOST_US {
            self.counts.lost += missing;
            self.cursor.skip_to(head.extended);
            if gap_us > lost_us {
                return self.fall_silent(None);
            }
            self.cursor.end_us = head.media_us;
            self.cursor.state = State::Playing { starved_us: 0 };
            return;
        }
        self.settle_starved();
        self.counts.lost += 1;
        self.cursor.skip_to(next.saturating_add(1));
        self.cursor.end_us += packet_us;
        self.make_up(self.cursor.packet, (missing == 1 && head.kind == Kind::Sound).then_some(head));
    }

    /// What was made up while nothing was there has taken its time.
    fn settle_starved(&mut self) {
        if let State::Playing { starved_us } = &mut self.cursor.state {
            self.cursor.end_us += std::mem::take(starved_us);
        }
    }

    /// How much is missing before `head`.
    pub(super) fn gap_us(&self, head: Head) -> i64 {
        let made_up_us = match self.cursor.state {
            State::Playing { starved_us } => starved_us,
            State::Waiting => 0,
        };
        head.media_us - self.cursor.end_us - made_up_us
    }

    pub(super) fn longest_gap_us(&self) -> i64 {
        GAP_US.max(self.timeline.packet_us() * 3 / 2)
    }

    /// How long it has been since this could have come at the earliest.
    fn waited_us(&self, head: Head, now_us: i64) -> i64 {
        now_us - self.delay.transit_us() - head.media_us
    }

    /// Whether there is another one behind `head` that has waited for long enough.
    fn has_fresher(&self, head: Head, now_us: i64) -> bool {
        let next = self.slots.first(head.extended.saturating_add(1));
        next.is_some_and(|next| self.waited_us(next, now_us) >= self.delay.target_us())
    }

    fn drop_head(&mut self, head: Head) {
        self.slots.remove(head.extended);
        self.cursor.skip_to(head.extended.saturating_add(1));
        self.counts.dropped += 1;
    }

    /// Leaves out what makes the delay far too long; one lost packet is heard in its place.
    fn drop_to_target(&mut self, mut head: Head, now_us: i64) {
        while self.waited_us(head, now_us) > self.delay.target_us() + SPARE_US && self.has_fresher(head, now_us) {
            self.drop_head(head);
            let Some(next) = self.slots.first(head.extended.saturating_add(1)) else { break };
            head = next;
        }
        self.cursor.skip_to(head.extended);
        self.cursor.state = State::Playing { starved_us: 0 };
        (self.cursor.end_us, self.cursor.level_us) = (head.media_us, self.waited_us(head, now_us));
        self.make_up(self.cursor.packet, None);
    }

    /// Nothing is there.
    fn starve(&mut self, starved_us: i64) {
        if starved_us >= STARVED_US {
            return self.fall_silent(None);
        }
        let starved_us = starved_us + self.samples_us(self.cursor.unit);
        self.cursor.state = State::Playing { starved_us };
        self.make_up(self.cursor.unit, None);
    }

    /// A packet that is no sound: nobody speaks until one comes.
    fn pass_other(&mut self, head: Head) {
        let noise = match head.kind {
            Kind::Noise => Noise::parse(self.slots.payload(head.extended)),
            Kind::Sound | Kind::Nothing => None,
        };
        self.slots.remove(head.extended);
        self.cursor.skip_to(head.extended.saturating_add(1));
        match (self.cursor.state, noise) {
            (State::Waiting, Some(noise)) => self.background.change(noise),
            (State::Waiting, None) => {}
            (State::Playing { .. }, noise) => self.fall_silent(noise),
        }
    }

    /// How long what is heard next has been here.
    fn note_delay(&mut self, now_us: i64) {
        if let State::Playing { starved_us } = self.cursor.state {
            let heard_us = self.cursor.end_us + starved_us - self.samples_us(self.line.len());
            self.counts.delay = duration(now_us - self.delay.transit_us() - heard_us);
            self.counts.highest_delay = self.counts.highest_delay.max(self.counts.delay);
        }
    }
}
