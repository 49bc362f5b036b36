//! The quantizers of the gains (RFC 3951 §3.6.4.2): each is relative to the gain of the stage before.
#![expect(clippy::indexing_slicing, reason = "an index is masked to the length of its table, which is a power of two")]
#![expect(clippy::unreadable_literal, clippy::excessive_precision, reason = "as the RFC prints them")]

/// Vectors of the codebook that are added for one block.
pub(super) const STAGES: usize = 3;

static FIRST: [f32; 32] = [
    0.037476, 0.075012, 0.112488, 0.150024, 0.187500, 0.224976, 0.262512, 0.299988, 0.337524, 0.375000, 0.412476,
    0.450012, 0.487488, 0.525024, 0.562500, 0.599976, 0.637512, 0.674988, 0.712524, 0.750000, 0.787476, 0.825012,
    0.862488, 0.900024, 0.937500, 0.974976, 1.012512, 1.049988, 1.087524, 1.125000, 1.162476, 1.200012,
];
static SECOND: [f32; 16] = [
    -1.049988, -0.900024, -0.750000, -0.599976, -0.450012, -0.299988, -0.150024, 0.000000, 0.150024, 0.299988,
    0.450012, 0.599976, 0.750000, 0.900024, 1.049988, 1.200012,
];
static THIRD: [f32; 8] = [-1.000000, -0.659973, -0.330017, 0.000000, 0.250000, 0.500000, 0.750000, 1.000000];

/// The values of a stage, to be multiplied by the scale.
pub(super) fn table(stage: usize) -> &'static [f32] {
    match stage {
        0 => &FIRST,
        1 => &SECOND,
        _ => &THIRD,
    }
}

/// What the values of a stage are multiplied by, from the gain of the stage before.
fn scale(stage: usize, before: f32) -> f32 {
    if stage == 0 { 1. } else { before.abs().max(0.1) }
}

/// The index of the value that is nearest to `gain`, and that value.
pub(super) fn quantize(stage: usize, gain: f32, before: f32) -> (u8, f32) {
    let scale = scale(stage, before);
    let mut best = (0, 0., f32::INFINITY);
    for (index, value) in (0..).zip(table(stage)) {
        let error = (gain - scale * value) * (gain - scale * value);
        if error < best.2 {
            best = (index, scale * value, error);
        }
    }
    (best.0, best.1)
}

/// The gains of all stages.
pub(super) fn dequantize(indices: [u8; STAGES]) -> [f32; STAGES] {
    let mut gains = [0.; STAGES];
    let mut before = 1.;
    for (stage, (gain, index)) in gains.iter_mut().zip(indices).enumerate() {
        let table = table(stage);
        *gain = scale(stage, before) * table[usize::from(index) & (table.len() - 1)];
        before = *gain;
    }
    gains
}
