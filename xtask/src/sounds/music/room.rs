//! The room that the band plays in: four echoes that feed each other, and lose their brightness on the way.

/// What is heard of `dry` in the room, without `dry` itself. The tape is a ring, so its end is heard before its
/// beginning.
pub(super) fn reverberate(dry: &[f64]) -> Vec<f64> {
    const LENGTHS: [usize; 4] = [557, 743, 911, 1187]; // samples: 35 to 74 ms, without a common measure
    const FEEDBACK: f64 = 0.72;
    const DULLNESS: f64 = 0.45;
    let mut lines = LENGTHS.map(|length| vec![0.0; length]);
    let (mut places, mut dull) = ([0_usize; 4], [0.0_f64; 4]);
    let mut wet = vec![0.0; dry.len()];
    // The second time the room is already full of sound.
    for _ in 0..2 {
        for (sample, out) in dry.iter().zip(&mut wet) {
            let mut heard = [0.0; 4];
            for (at, line) in lines.iter().enumerate() {
                dull[at] += (1.0 - DULLNESS) * (line[places[at]] - dull[at]);
                heard[at] = dull[at];
            }
            let half: f64 = heard.iter().sum::<f64>() / 2.0;
            for (at, line) in lines.iter_mut().enumerate() {
                // A Householder matrix: it turns the four echoes into each other and keeps their energy.
                line[places[at]] = sample + FEEDBACK * (heard[at] - half);
                places[at] = (places[at] + 1) % line.len();
            }
            *out = heard.iter().sum::<f64>() / 4.0;
        }
    }
    wet
}
