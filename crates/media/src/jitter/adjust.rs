//! The delay becomes what it should be, a period of the sound at a time.

use super::cursor::State;
use super::slots::{Head, Kind};
use super::{JitterBuffer, Played, duration};

/// By so much the delay may be longer than it should be.
pub(super) const SPARE_US: i64 = 20_000;
/// A delay that is further from what it should be than this is worth a seam that may be heard.
pub(super) const FAR_US: i64 = 60_000;
/// At most so often a period is put in, or left out; where it is far off, as often as one is put in.
const LENGTHEN_US: i64 = 40_000;
const SHORTEN_US: i64 = 200_000;
/// How alike periods must be.
const ALIKE: f32 = 0.8;
const HARDLY_ALIKE: f32 = 0.3;

impl JitterBuffer {
    /// Leaves a period out or puts one in when the delay is not as it should be.
    pub(super) fn adjust(&mut self, now_us: i64) {
        let is_steady = self.cursor.state == State::Playing { starved_us: 0 } && self.cursor.kind == Played::Sound;
        let above_us = self.cursor.level_us - self.delay.target_us();
        if !is_steady || now_us < self.cursor.adjust_at || (0..=SPARE_US).contains(&above_us) {
            return;
        }
        let is_far = above_us.abs() > FAR_US;
        let at_least = if is_far { HARDLY_ALIKE } else { ALIKE };
        let step = if above_us < 0 {
            self.line.lengthen(at_least)
        } else if self.decode_ahead() {
            self.line.shorten(at_least)
        } else {
            None
        };
        let Some(step_us) = step.map(|step| self.samples_us(step)) else { return };
        if above_us < 0 {
            self.cursor.level_us += step_us;
            self.counts.lengthened += duration(step_us);
        } else {
            self.cursor.level_us -= step_us;
            self.counts.shortened += duration(step_us);
        }
        self.cursor.adjust_at = now_us + if is_far || above_us < 0 { LENGTHEN_US } else { SHORTEN_US };
    }

    /// Whether enough waits to leave a period out, with packets that are there already.
    fn decode_ahead(&mut self) -> bool {
        let enough = self.line.enough_to_shorten(self.frame.len());
        while self.line.len() < enough {
            let head = self.cursor.next.and_then(|next| self.slots.first(next));
            let follows = |head: &Head| Some(head.extended) == self.cursor.next && head.kind == Kind::Sound;
            let Some(head) = head.filter(follows).filter(|head| self.gap_us(*head) <= self.longest_gap_us()) else {
                return false;
            };
            self.decode(head);
        }
        true
    }
}
