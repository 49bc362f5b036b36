//! How a call sounds, by the E-model of ITU-T G.107 with its default values: loss, delay and codec.

use std::time::Duration;

use warden_codec::Codec;

/// How a codec bears loss (ITU-T G.113 appendix I).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Impairment {
    /// Ie: what the codec costs without loss.
    pub equipment: f64,
    /// Bpl: the larger, the better loss is concealed.
    pub robustness: f64,
}

impl Impairment {
    /// G.711 with the loss concealment of its appendix I, which phones have.
    pub const G711: Self = Self { equipment: 0.0, robustness: 25.1 };
    /// G.729A.
    pub const G729: Self = Self { equipment: 11.0, robustness: 19.0 };

    /// Of a codec that is decoded here; `None` where the recommendation has no figures.
    #[must_use]
    pub fn of(codec: Codec) -> Option<Self> {
        match codec {
            Codec::G711(_) => Some(Self::G711),
            Codec::G729 => Some(Self::G729),
            Codec::G722 | Codec::G726(..) | Codec::Ilbc(_) | Codec::Opus(_) | Codec::Speex(_) => None,
        }
    }
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Lost packets by expected ones, 0 to 1.
    pub loss: f64,
    /// From mouth to ear.
    pub delay: Duration,
}

/// The rating factor and the mean opinion score that follows from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// R, 0 to 93.2.
    pub rating: f64,
    /// MOS, 1 to 4.41.
    pub mos: f64,
}

/// R with nothing impaired: R0 - Is of G.107 at its defaults.
const BEST: f64 = 93.2;
/// From this delay on a conversation suffers.
const NOTICED_MS: f64 = 177.3;

impl Quality {
    /// The E-model with random loss and its simplified delay impairment.
    #[must_use]
    pub fn of(measured: Measured, codec: Impairment) -> Self {
        let percent = 100.0 * measured.loss.clamp(0.0, 1.0);
        let equipment = codec.equipment + (95.0 - codec.equipment) * percent / (percent + codec.robustness);
        let rating = (BEST - delay_impairment(measured.delay) - equipment).clamp(0.0, BEST);
        Self { rating, mos: mos(rating) }
    }
}

fn delay_impairment(delay: Duration) -> f64 {
    let ms = delay.as_secs_f64() * 1000.0;
    0.024 * ms + 0.11 * (ms - NOTICED_MS).max(0.0)
}

/// G.107 annex B.
fn mos(rating: f64) -> f64 {
    (1.0 + 0.035 * rating + rating * (rating - 60.0) * (100.0 - rating) * 7e-6).clamp(1.0, 4.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn g711(loss: f64, ms: u64) -> Quality {
        Quality::of(Measured { loss, delay: Duration::from_millis(ms) }, Impairment::G711)
    }

    #[test]
    fn an_unimpaired_call_scores_the_best_that_telephony_reaches() {
        let best = g711(0.0, 0);
        assert!((best.rating - 93.2).abs() < 1e-9 && (best.mos - 4.41).abs() < 0.005, "{best:?}");
    }

    #[test]
    fn loss_and_delay_cost_what_the_model_says() {
        assert!((g711(0.05, 0).rating - 77.42).abs() < 0.01);
        assert!((g711(0.0, 300).rating - 72.50).abs() < 0.01);
        assert!((g711(0.05, 300).mos - 2.93).abs() < 0.01);
        assert!((Quality::of(Measured { loss: 0.0, delay: Duration::ZERO }, Impairment::G729).mos - 4.10).abs() < 0.02);
    }

    #[test]
    fn nothing_leaves_the_scale() {
        for loss in [-1.0, 0.0, 0.5, 1.0, 7.0, f64::INFINITY] {
            let worst = g711(loss, 100_000);
            assert!((0.0..=93.2).contains(&worst.rating) && (1.0..=4.5).contains(&worst.mos), "{worst:?}");
        }
    }
}
