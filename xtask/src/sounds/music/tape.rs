//! A tape that is closed to a ring: what sounds on beyond the end is heard at the beginning, so a piece that is played
//! again and again has no seam.

/// Samples at [`RATE_HZ`](super::voice::RATE_HZ).
pub(super) struct Tape {
    pub(super) samples: Vec<f64>,
}

impl Tape {
    pub(super) fn new(length: usize) -> Self {
        Self { samples: vec![0.0; length] }
    }

    /// Adds a sound that begins at a sample, which may be before the beginning.
    pub(super) fn add(&mut self, at: i64, sound: &[f64], gain: f64) {
        let length = self.samples.len().max(1);
        let first = at.rem_euclid(length as i64) as usize;
        for (place, sample) in sound.iter().enumerate() {
            if let Some(there) = self.samples.get_mut((first + place) % length) {
                *there += gain * sample;
            }
        }
    }

    pub(super) fn add_all(&mut self, other: &[f64], gain: f64) {
        self.add(0, other, gain);
    }
}
