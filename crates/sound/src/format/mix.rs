//! Several channels into one, and samples of other widths into ours.

/// Appends the mean of each frame of `channels` samples.
pub(super) fn interleaved(frames: &[i16], channels: usize, samples: &mut Vec<i16>) {
    if channels <= 1 {
        samples.extend_from_slice(frames);
        return;
    }
    samples.extend(frames.chunks_exact(channels).map(|frame| mean(frame.iter().copied())));
}

/// Appends the mean of channels that stand one behind the other, `channels` of `length` samples, each of `bits` bits.
pub(super) fn planar(planes: &[i32], length: usize, bits: u32, samples: &mut Vec<i16>) {
    if length == 0 {
        return;
    }
    samples.extend((0..length).map(|at| {
        let channels = planes.chunks_exact(length).filter_map(|plane| plane.get(at));
        mean(channels.map(|sample| narrowed(*sample, bits)))
    }));
}

/// The upper 16 of `bits` bits, or as many with zeros below them.
pub(super) fn narrowed(sample: i32, bits: u32) -> i16 {
    let narrow = if bits > 16 { sample >> (bits - 16).min(31) } else { sample.wrapping_shl(16 - bits) };
    limited(narrow)
}

/// The mean of the channels at one moment.
pub(super) fn mean(channels: impl Iterator<Item = i16>) -> i16 {
    let (sum, count) = channels.fold((0_i32, 0_i32), |(sum, count), sample| (sum + i32::from(sample), count + 1));
    limited(sum / count.max(1))
}

/// A number between -1 and 1; what is louder is cut, and what is no number is silence.
pub(super) fn from_float(sample: f64) -> i16 {
    #[expect(clippy::cast_possible_truncation, reason = "such a cast saturates")]
    let sample = (sample * 32_768.0) as i16;
    sample
}

fn limited(sample: i32) -> i16 {
    i16::try_from(sample).unwrap_or(if sample < 0 { i16::MIN } else { i16::MAX })
}
