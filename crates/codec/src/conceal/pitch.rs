//! The length of the period that a voice has, or whatever repeats itself best.

use super::{PAST, Past, Times};

/// The bits that samples keep here, so that the products of 20 ms add up to no more than 31.
const BITS: u32 = 11;

/// The shift, of 5 to 15 ms, by which the last 20 ms of `past` are most like themselves. Of silence it is the longest.
pub(super) fn period(past: &Past, times: &Times) -> usize {
    let past = reduced(past);
    let begin = PAST - times.compared;
    let newest = past.get(begin..).unwrap_or_default();
    let mut best = (times.longest_period, 0.0);
    for shift in (times.shortest_period..=times.longest_period).rev() {
        let older = past.get(begin - shift..PAST - shift).unwrap_or_default();
        let likeness = likeness(newest, older);
        if likeness > best.1 {
            best = (shift, likeness);
        }
    }
    best.0
}

/// The samples with their loudest at [`BITS`], if they are louder.
fn reduced(past: &Past) -> Past {
    let loudest = past.iter().fold(0, |loudest, sample| sample.unsigned_abs().max(loudest));
    let shift = (u16::BITS - loudest.leading_zeros()).saturating_sub(BITS);
    past.map(|sample| sample >> shift)
}

/// The correlation, normalized by the energy of `older`; negative ones are 0.
#[expect(clippy::cast_precision_loss, reason = "which of two is larger matters, not the last bit")]
fn likeness(newest: &[i16], older: &[i16]) -> f32 {
    let product = dot(newest, older).max(0) as f32;
    product / (dot(older, older).max(1) as f32).sqrt()
}

/// At most 320 products of 11 bits each, so nothing wraps around.
fn dot(a: &[i16], b: &[i16]) -> i32 {
    a.iter().zip(b).fold(0, |sum: i32, (&a, &b)| sum.wrapping_add(i32::from(a) * i32::from(b)))
}
