//! How long sound must wait so that nearly every packet is there in time.
//!
//! Of each packet it is noted how much longer it took than the fastest one of late. The delay is what 98 of 100 keep to,
//! where those of long ago count less. Two packets in a short time that come too late raise it at once to what they
//! would have needed; that is forgotten by and by.

const STEP_US: i64 = 5000;
/// The last one counts all that is later.
const STEPS: usize = 40;
const LEAST_US: i64 = 20_000;
/// The most that sound is delayed on purpose.
pub(super) const MOST_US: i64 = 200_000;
/// So much of the packets is to be in time.
const IN_TIME: f32 = 0.98;
/// What has been seen weighs so much less with each packet: half in 7 s.
const KEPT: f32 = 0.998;
/// The same for the count of late ones: half in 35 packets.
const LATE_KEPT: f32 = 0.98;
/// So many late ones of late raise the delay at once.
const MANY_LATE: f32 = 1.5;
/// A raised delay falls by so much in a second.
const FALL_US: i64 = 10_000;
/// The fastest packet is looked for over one to two of these.
const WINDOW_US: i64 = 2_000_000;

/// The transit of the fastest packet of the last seconds, in microseconds.
#[derive(Clone, Copy, Debug)]
struct Fastest {
    before: i64,
    present: i64,
    began: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Delay {
    fastest: Option<Fastest>,
    /// The share of packets that took so many steps longer.
    shares: [f32; STEPS],
    noted: u16,
    late: f32,
    raised_us: i64,
    raised_at: i64,
    quantile_us: i64,
}

impl Delay {
    pub(super) fn new() -> Self {
        let shares = [0.0; STEPS];
        Self { fastest: None, shares, noted: 0, late: 0.0, raised_us: 0, raised_at: 0, quantile_us: 0 }
    }

    /// The least time from the taking of sound, by the sender's clock, to its arrival, by ours.
    pub(super) fn transit_us(&self) -> i64 {
        self.fastest.map_or(0, |it| it.before.min(it.present))
    }

    /// A packet has come at `now_us` and took so long; `is_late` when it was needed before.
    pub(super) fn note(&mut self, now_us: i64, transit_us: i64, is_late: bool) {
        let before_us = self.transit_us();
        self.note_fastest(now_us, transit_us);
        self.shift((self.transit_us() - before_us) / STEP_US);
        let longer_us = (transit_us - self.transit_us()).max(0);
        self.count(longer_us);
        self.late *= LATE_KEPT;
        self.raised_us -= (now_us - self.raised_at).clamp(0, MOST_US / FALL_US * 1_000_000) * FALL_US / 1_000_000;
        (self.raised_us, self.raised_at) = (self.raised_us.max(0), now_us);
        if is_late {
            self.late += 1.0;
            if self.late > MANY_LATE {
                self.raised_us = self.raised_us.max((longer_us + STEP_US).min(MOST_US));
            }
        }
    }

    /// How long sound should wait.
    pub(super) fn target_us(&self) -> i64 {
        self.quantile_us.max(self.raised_us).clamp(LEAST_US, MOST_US)
    }

    fn note_fastest(&mut self, now_us: i64, transit_us: i64) {
        let new = Fastest { before: transit_us, present: transit_us, began: now_us };
        let fastest = self.fastest.get_or_insert(new);
        let age_us = now_us - fastest.began;
        if age_us >= 2 * WINDOW_US {
            *fastest = new;
        } else if age_us >= WINDOW_US {
            *fastest = Fastest { before: fastest.present, ..new };
        }
        fastest.present = fastest.present.min(transit_us);
    }

    /// The way has become longer by so many steps: what was late on the shorter one is not.
    fn shift(&mut self, steps: i64) {
        let Some(steps) = usize::try_from(steps).ok().filter(|steps| *steps > 0) else { return };
        let sooner: f32 = self.shares.iter().take(steps + 1).sum();
        self.shares.copy_within(steps.min(STEPS).., 0);
        self.shares.iter_mut().rev().take(steps).for_each(|share| *share = 0.0);
        if let Some(first) = self.shares.first_mut() {
            *first = sooner;
        }
        self.raised_us = 0;
    }

    fn count(&mut self, longer_us: i64) {
        let kept = KEPT.min(f32::from(self.noted) / f32::from(self.noted.saturating_add(1)));
        self.noted = self.noted.saturating_add(1);
        let at = usize::try_from(longer_us / STEP_US).unwrap_or(STEPS).min(STEPS - 1);
        let (mut sum, mut steps) = (0.0, 0);
        for (step, share) in self.shares.iter_mut().enumerate() {
            *share = *share * kept + if step == at { 1.0 - kept } else { 0.0 };
            if sum < IN_TIME {
                sum += *share;
                steps += 1;
            }
        }
        self.quantile_us = steps * STEP_US;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many packets in time, from `now_us` on.
    fn in_time(delay: &mut Delay, now_us: i64, packets: i64) {
        (0..packets).for_each(|number| delay.note(now_us + number * 20_000, 0, false));
    }

    #[test]
    fn two_late_packets_raise_the_delay_at_once_and_one_does_not() {
        let mut delay = Delay::new();
        in_time(&mut delay, 0, 500);
        delay.note(10_000_000, 100_000, true);
        assert_eq!(delay.target_us(), LEAST_US);
        delay.note(10_020_000, 90_000, true);
        assert_eq!(delay.target_us(), 95_000);
        in_time(&mut delay, 10_040_000, 250);
        assert!((40_000..=50_000).contains(&delay.target_us()), "{}", delay.target_us());
        in_time(&mut delay, 15_040_000, 250);
        assert_eq!(delay.target_us(), LEAST_US);
    }

    #[test]
    fn the_delay_is_what_98_of_100_packets_keep_to() {
        let mut delay = Delay::new();
        for number in 0..2000 {
            let longer_us = if number % 100 == 99 { 150_000 } else { number % 10 * 6000 };
            delay.note(number * 20_000, longer_us, false);
        }
        assert_eq!(delay.target_us(), 55_000);
        assert_eq!(delay.transit_us(), 0);
    }

    #[test]
    fn no_way_is_so_bad_that_sound_waits_for_more_than_200_ms() {
        let mut delay = Delay::new();
        (0..500).for_each(|number| delay.note(number * 20_000, number % 7 * 400_000, true));
        assert_eq!(delay.target_us(), MOST_US);
    }
}
