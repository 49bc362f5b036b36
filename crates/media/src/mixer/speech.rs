//! Who speaks, and how loud: by the level over the noise where one is.

/// Louder than the noise by so much is speech, in dB.
const OVER_NOISE_DB: f32 = 9.0;
/// Softer than this is never speech, in dBov.
const SOFTEST_DBOV: f32 = -50.0;
/// Noise is no louder than this, in dBov: what lasts is not noise for that.
const LOUDEST_NOISE_DBOV: f32 = -45.0;
/// The noise is taken to be so much louder with each frame, in dB, until a softer one comes.
const RISE_DB: f32 = 0.06;
/// Speech begins with so many frames, and lasts so many frames longer than it is heard.
const BEGIN: u8 = 2;
const HANG_OVER: u8 = 20;
/// Digital silence, in dBov.
pub(super) const SILENCE_DBOV: f32 = -96.0;
/// The loudness by which speakers are chosen falls by so much with each frame, in dB.
const FALL_DB: f32 = 0.5;

/// What one participant's frames say about them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Speech {
    noise_dbov: f32,
    /// Frames of speech in a row, then frames since.
    begun: u8,
    left: u8,
    /// Follows the level up at once, and down slowly.
    loudness_dbov: f32,
}

impl Speech {
    pub(super) fn new() -> Self {
        Self { noise_dbov: LOUDEST_NOISE_DBOV, begun: 0, left: 0, loudness_dbov: SILENCE_DBOV }
    }

    /// Hears a frame of this level.
    pub(super) fn hear(&mut self, level_dbov: f32) {
        let is_speech = level_dbov > SOFTEST_DBOV.max(self.noise_dbov + OVER_NOISE_DB);
        self.noise_dbov = level_dbov.min(self.noise_dbov + RISE_DB).min(LOUDEST_NOISE_DBOV);
        self.loudness_dbov = level_dbov.max(self.loudness_dbov - FALL_DB);
        self.begun = if is_speech { self.begun.saturating_add(1) } else { 0 };
        self.left = if self.begun >= BEGIN { HANG_OVER } else { self.left.saturating_sub(1) };
    }

    /// Nothing more is heard: as if it were over.
    pub(super) fn end(&mut self) {
        (self.begun, self.left, self.loudness_dbov) = (0, 0, SILENCE_DBOV);
    }

    pub(super) fn is_talking(&self) -> bool {
        self.left > 0
    }

    pub(super) fn loudness_dbov(&self) -> f32 {
        self.loudness_dbov
    }
}

/// The level of a frame and its loudest sample, in dBov: 0 is a square wave that fills the range.
#[expect(clippy::cast_precision_loss, reason = "a level")]
pub(super) fn levels_dbov(frame: &[i16]) -> (f32, f32) {
    let (mut sum, mut peak) = (0i64, 0);
    for part in frame.chunks(16) {
        let squares: i64 = part.iter().map(|sample| i64::from(i32::from(*sample).pow(2))).sum();
        sum += squares;
        peak = part.iter().fold(peak, |peak, sample| sample.unsigned_abs().max(peak));
    }
    let mean = sum as f32 / frame.len().max(1) as f32;
    (decibels(mean), decibels(f32::from(peak) * f32::from(peak)))
}

/// Of a square.
fn decibels(square: f32) -> f32 {
    (10.0 * (square / (32_768.0 * 32_768.0)).max(1e-12).log10()).max(SILENCE_DBOV)
}
